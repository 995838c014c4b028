using System.Net;
using Sandgate.Core.Decode.Names;
using static Sandgate.Core.Tests.Names.Wire;

namespace Sandgate.Core.Tests.Names;

public class NameBookTests
{
    private sealed class Clock : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override long GetTimestamp() => Passed.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    }

    private readonly Clock _clock = new();
    private readonly NameBook _book;

    public NameBookTests() => _book = new(_clock);

    private IReadOnlyList<string> NamesOf(string address) => _book.NamesOf(IPAddress.Parse(address));

    private void Learn(string name, string address, int lifetime = 60) => _book.Learn(Parse(Answer(name, A(Pointer(QuestionName), address, lifetime))));

    [Fact]
    public void The_hosts_file_names_addresses()
    {
        _book.SetHosts("127.0.0.1 localhost LOCAL.Host # 192.0.2.1 x\n::1\tlocalhost\r\n#192.0.2.9 y\nnonsense z\n192.0.2.3\n::ffff:192.0.2.4 four\n192.0.2.5 a..b bad\x01 ok");
        Assert.Equal(["localhost", "local.host"], NamesOf("127.0.0.1"));
        Assert.Equal(["localhost"], NamesOf("::1"));
        Assert.Equal(["four"], NamesOf("192.0.2.4"));
        Assert.Equal(["ok"], NamesOf("192.0.2.5"));
        Assert.Empty(NamesOf("192.0.2.1"));
        _book.SetHosts("");
        Assert.Empty(NamesOf("127.0.0.1"));
    }

    [Fact]
    public void IPv4_inside_IPv6_is_the_same_host()
    {
        Learn("good.example", "192.0.2.1");
        Assert.Equal(["good.example"], NamesOf("::ffff:192.0.2.1"));
        Learn("link.example", "fe80::1");
        Assert.Equal(["link.example"], NamesOf("fe80::1%3"));
    }

    [Fact]
    public void An_answer_holds_as_long_as_it_says_but_not_less_than_programs_keep_it()
    {
        Learn("short.example", "192.0.2.1", 1);
        Learn("long.example", "192.0.2.1", 3600);
        _clock.Passed = TimeSpan.FromMinutes(9);
        Assert.Equal(2, NamesOf("192.0.2.1").Count);
        _clock.Passed = TimeSpan.FromMinutes(59);
        Assert.Equal(["long.example"], NamesOf("192.0.2.1"));
        _clock.Passed = TimeSpan.FromMinutes(61);
        Assert.Empty(NamesOf("192.0.2.1"));
    }

    [Fact]
    public void A_question_waits_until_it_is_answered_or_taken()
    {
        IPAddress server = IPAddress.Loopback;
        _book.Asked(new("good.example", DnsQuestion.A), server);
        _book.Asked(new("good.example", DnsQuestion.A), server);
        _book.Asked(new("good.example", DnsQuestion.Aaaa), server);
        _book.Asked(new("good.example", 16), server);
        Learn("GOOD.example", "192.0.2.1");
        Assert.Equal(new DnsQuestion("good.example", DnsQuestion.Aaaa), Assert.Single(_book.TakeQuestions(9)).Question);
        Assert.False(_book.HasQuestions);
        for (int i = 0; i < 1000; i++)
            _book.Asked(new($"n{i}.example", DnsQuestion.A), server);
        Assert.Equal(["n998.example", "n999.example"], _book.TakeQuestions(2).Select(q => q.Question.Name));
        Assert.Equal(NameBook.MaxQuestions - 2, _book.TakeQuestions(int.MaxValue).Count);
    }

    [Fact]
    public void The_book_is_bounded()
    {
        for (int i = 0; i < NameBook.MaxPairs + 10; i++)
            Learn($"n{i}.example", $"10.{i >> 16}.{i >> 8 & 255}.{i & 255}");
        Assert.Empty(NamesOf("10.0.0.9"));
        Assert.NotEmpty(NamesOf("10.0.0.10"));
        for (int i = 0; i < 1000; i++)
            Learn($"n{i}.example", "192.0.2.1");
        Assert.Equal(256, NamesOf("192.0.2.1").Count);
    }

    [Theory]
    [InlineData("", "127.0.0.1")]
    [InlineData("search a.example\n#nameserver 192.0.2.9\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 # x\nnameserver no\n", "192.0.2.1,2001:db8::1")]
    [InlineData("nameserver fe80::1%1\nnameserver ::ffff:192.0.2.1", "fe80::1,192.0.2.1")]
    public void The_resolvers_are_those_of_the_configuration(string text, string servers) =>
        Assert.Equal(servers, string.Join(',', ResolverConfig.Parse(text)));
}
