using Sandgate.Core.Decode.Names;
using static Sandgate.Core.Tests.Names.Wire;

namespace Sandgate.Core.Tests.Names;

public class DnsMessageTests
{
    private static readonly byte[] s_question = Pointer(QuestionName);

    [Fact]
    public void An_answer_gives_its_name_its_addresses()
    {
        DnsMessage message = Parse(Answer("Good.EXAMPLE", A(s_question, "192.0.2.1", 30), A(s_question, "2001:db8::1", 90)));
        Assert.Equal(["good.example"], message.Names);
        Assert.Equal(["192.0.2.1", "2001:db8::1"], message.Addresses.Select(a => a.ToString()));
        Assert.Equal((30u, true, 0x1234), (message.TimeToLive, message.IsFinal, message.Id));
    }

    [Fact]
    public void Every_alias_on_the_way_means_the_address()
    {
        // Out of order, as some servers send them.
        DnsMessage message = Parse(Answer("www.good.example", A(Name("edge.cdn.example"), "192.0.2.1"),
            Entry(Name("good.cdn.example"), DnsQuestion.CName, Name("edge.cdn.example"), 20),
            Entry(s_question, DnsQuestion.CName, Name("good.cdn.example"))));
        Assert.Equal(["www.good.example", "good.cdn.example", "edge.cdn.example"], message.Names);
        Assert.Equal("192.0.2.1", Assert.Single(message.Addresses).ToString());
        Assert.Equal(20u, message.TimeToLive);
    }

    [Fact]
    public void What_the_answer_says_of_other_names_nobody_asked()
    {
        DnsMessage message = Parse(Answer("evil.example", A(Name("good.example"), "192.0.2.66"),
            Entry(Name("other.example"), DnsQuestion.CName, s_question), A(s_question, "192.0.2.1")));
        Assert.Equal(["evil.example"], message.Names);
        Assert.Equal("192.0.2.1", Assert.Single(message.Addresses).ToString());
    }

    [Fact]
    public void Hints_are_the_owners_and_never_its_targets()
    {
        byte[] data = [.. Number(1), .. Name("good.example"), 0, 1, 0, 3, 2, (byte)'h', (byte)'2', 0, 4, 0, 8, 192, 0, 2, 1, 192, 0, 2, 2, 0, 6, 0, 16, .. new byte[15], 1];
        DnsMessage message = Parse(Answer("evil.example", DnsQuestion.Https, 0x8180, Entry(s_question, DnsQuestion.Https, data)));
        Assert.Equal(["evil.example"], message.Names);
        Assert.Equal(["192.0.2.1", "192.0.2.2", "::1"], message.Addresses.Select(a => a.ToString()));
    }

    [Theory]
    [InlineData(0x0100)] // a question
    [InlineData(0x8182)] // the server failed
    [InlineData(0x8183)] // no such name
    public void Only_a_good_answer_teaches_anything(int flags) =>
        Assert.Empty(Parse(Answer("good.example", DnsQuestion.A, (ushort)flags, A(s_question, "192.0.2.1"))).Addresses);

    [Fact]
    public void An_answer_about_no_addresses_teaches_nothing() =>
        Assert.Empty(Parse(Answer("good.example", 16, 0x8180, A(s_question, "192.0.2.1"))).Addresses);

    [Fact]
    public void No_such_name_is_final_and_a_part_is_not()
    {
        Assert.True(Parse(Answer("good.example", DnsQuestion.A, 0x8183)).IsFinal);
        Assert.False(Parse(Answer("good.example", DnsQuestion.A, 0x8380)).IsFinal);
        Assert.False(Parse(Answer("good.example", DnsQuestion.A, 0x8182)).IsFinal);
    }

    [Fact]
    public void Aliases_that_lead_in_a_circle_end()
    {
        DnsMessage message = Parse(Answer("a.example", Entry(s_question, DnsQuestion.CName, Name("b.example")), Entry(Name("b.example"), DnsQuestion.CName, s_question)));
        Assert.Equal(["a.example", "b.example"], message.Names);
    }

    [Fact]
    public void A_dot_inside_a_label_is_not_a_dot_between_labels()
    {
        byte[] owner = [12, .. "good.example"u8, 0];
        Assert.False(DnsMessage.TryParse([.. Answer("", [])[..12], .. owner, 0, 1, 0, 1], out _));
        Assert.Empty(Parse(Answer("evil.example", Entry(s_question, DnsQuestion.CName, owner), A(owner, "192.0.2.1"))).Addresses);
    }

    [Theory]
    [InlineData("0000")]
    [InlineData("123481800001000000000000")] // no question
    [InlineData("123481800002000000000000016100000100010161000001000100")] // two
    [InlineData("12348180000100000000000001610000010003")] // not the internet
    [InlineData("123401000001000000000000c00c00010001")] // points at itself
    [InlineData("1234010000010000000000000161c00c00010001")]
    [InlineData("1234010000010000000000004161000001000100")] // a label of an unknown kind
    [InlineData("12340100000100000000000001")]
    public void What_is_malformed_is_refused(string hex) => Assert.False(DnsMessage.TryParse(Convert.FromHexString(hex), out _));

    [Fact]
    public void Names_that_point_at_each_other_end()
    {
        byte[] forward = Answer("a.example", A(Pointer(40), "192.0.2.1"));
        Assert.False(DnsMessage.TryParse(forward, out _));

        // A long row of pointers, each to the one before.
        byte[] row = [.. Pointer(QuestionName), .. Enumerable.Range(0, 40).SelectMany(i => Pointer(41 + (i * 2)))];
        byte[] message = Answer("good.example", Entry(s_question, 16, row), A(Pointer(41 + 60), "192.0.2.1"));
        Assert.False(DnsMessage.TryParse(message, out _));
    }

    [Fact]
    public void A_question_is_read_as_it_is_asked()
    {
        DnsMessage asked = Parse(DnsMessage.Ask(7, new("good.example", DnsQuestion.Aaaa)));
        Assert.Equal((7, false, new DnsQuestion("good.example", DnsQuestion.Aaaa)), (asked.Id, asked.IsAnswer, asked.Question));
    }

    [Fact]
    public void The_costliest_message_is_read_quickly()
    {
        // As many records as fit, each with a name as long as can be.
        byte[] longest = Name(string.Join('.', Enumerable.Repeat(new string('a', 62), 4)));
        List<byte[]> records = [Entry(s_question, DnsQuestion.CName, longest)];
        for (int i = 0; i < 4000; i++)
            records.Add(A(Pointer(42), "192.0.2.1"));
        byte[] message = Answer("good.example", [.. records]);
        long start = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < 20; i++)
            Assert.True(DnsMessage.TryParse(message, out _));
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 0, 5);
    }
}
