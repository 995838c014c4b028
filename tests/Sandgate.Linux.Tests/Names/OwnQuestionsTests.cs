using System.Net;
using System.Net.Sockets;
using Sandgate.Core.Decode.Names;
using Sandgate.Linux.Decode.Names;

namespace Sandgate.Linux.Tests.Names;

/// <summary>The supervisor's own questions, put to a server that lies, is slow, or is not there.</summary>
public class OwnQuestionsTests
{
    private static readonly byte[] s_good = [192, 0, 2, 1], s_evil = [192, 0, 2, 66];

    private readonly NameBook _book = new(TimeProvider.System);

    private static byte[] Answer(ReadOnlySpan<byte> question, byte[] address)
    {
        byte[] answer = [.. question, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, .. address];
        (answer[2], answer[3], answer[7]) = (0x81, 0x80, 1);
        return answer;
    }

    // As if it stood far away: then datagrams are used.
    private TimeSpan Ask(string server, int questions, Func<byte[], IEnumerable<byte[]>>? datagram, Func<byte[], byte[]>? stream = null, bool isHere = false)
    {
        IPAddress address = IPAddress.Parse(server);
        using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp), tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Thread? serving = null;
        if (datagram is not null)
        {
            udp.Bind(new IPEndPoint(address, 53));
            serving = new(() => Serve(udp, datagram));
            serving.Start();
        }

        if (stream is not null)
        {
            tcp.Bind(new IPEndPoint(address, 53));
            tcp.Listen();
            new Thread(() => Serve(tcp, stream)) { IsBackground = true }.Start();
        }

        for (int i = 0; i < questions; i++)
            _book.Asked(new($"n{i}.good.example", DnsQuestion.A), address);
        OwnQuestions own = new(_book, a => a.Equals(address) ? new NameServer(a, isHere) : null, TimeProvider.System);
        long start = TimeProvider.System.GetTimestamp();
        own.Ask(() => false);
        TimeSpan taken = TimeProvider.System.GetElapsedTime(start);
        if (serving is not null)
        {
            using Socket end = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            end.SendTo(new byte[1], udp.LocalEndPoint!);
            serving.Join();
        }

        return taken;
    }

    private static void Serve(Socket udp, Func<byte[], IEnumerable<byte[]>> datagram)
    {
        byte[] bytes = new byte[2000];
        EndPoint source = new IPEndPoint(IPAddress.Any, 0);
        while (udp.ReceiveFrom(bytes, ref source) is > 1 and var count)
        {
            foreach (byte[] answer in datagram(bytes[..count]))
                udp.SendTo(answer, source);
        }
    }

    private static void Serve(Socket tcp, Func<byte[], byte[]> stream)
    {
        byte[] bytes = new byte[2000];
        using Socket client = tcp.Accept();
        int count = client.Receive(bytes);
        byte[] answer = stream(bytes[2..count]);
        client.Send([(byte)(answer.Length >> 8)]);
        client.Send([(byte)answer.Length, .. answer]);
    }

    private IReadOnlyList<string> NamesOf(byte[] address) => _book.NamesOf(new(address));

    private static byte[] With(byte[] message, int at, byte change)
    {
        byte[] other = [.. message];
        other[at] ^= change;
        return other;
    }

    [Fact]
    public void Only_the_answer_to_the_question_is_believed()
    {
        TimeSpan taken = Ask("127.0.0.61", 1, q =>
        [
            With(Answer(q, s_evil), 1, 1), // another number
            With(Answer(q, s_evil), 14, 1), // another name
            With(Answer(q, s_evil), 2, 0x80), // a question
            [1, 2, 3],
            Answer(q, s_good),
            Answer(q, s_evil), // too late
        ]);
        Assert.Equal(["n0.good.example"], NamesOf(s_good));
        Assert.Empty(NamesOf(s_evil));
        Assert.InRange(taken.TotalSeconds, 0, 1);
    }

    [Fact]
    public void An_answer_with_other_letters_is_asked_for_again_by_a_stream()
    {
        Ask("127.0.0.62", 1, q => [With(Answer(q, s_evil), 13, 0x20)], q => Answer(q, s_good));
        Assert.Equal(["n0.good.example"], NamesOf(s_good));
        Assert.Empty(NamesOf(s_evil));
    }

    [Fact]
    public void A_part_is_asked_for_again_by_a_stream()
    {
        Ask("127.0.0.63", 1, q => [With(q, 2, 0x82)], q => Answer(q, s_good));
        Assert.Equal(["n0.good.example"], NamesOf(s_good));
    }

    [Fact]
    public void On_this_machine_a_stream_comes_first()
    {
        Ask("127.0.0.64", 1, q => [Answer(q, s_evil)], q => Answer(q, s_good), isHere: true);
        Assert.Equal(["n0.good.example"], NamesOf(s_good));
        Assert.Empty(NamesOf(s_evil));
    }

    [Fact]
    public void Who_is_silent_is_not_waited_for_long_and_asked_no_more_than_a_few_things()
    {
        List<byte[]> asked = [];
        TimeSpan taken = Ask("127.0.0.65", 100, q =>
        {
            asked.Add(q);
            return [];
        });
        Assert.InRange(taken.TotalSeconds, 1.5, 4);
        Assert.InRange(asked.Count, 16, 48);
        Assert.Equal(84, _book.TakeQuestions(1000).Count);
    }

    [Fact]
    public void Where_nobody_listens_nothing_is_waited_for()
    {
        Assert.InRange(Ask("127.0.0.66", 3, null).TotalSeconds, 0, 1);
        Assert.False(_book.HasQuestions);
    }

    [Fact]
    public void What_may_be_asked_in_a_while_is_limited()
    {
        OwnQuestions own = new(_book, _ => null, TimeProvider.System);
        int times = 0;
        for (int i = 0; i < 1000; i++)
        {
            _book.Asked(new($"n{i}.good.example", DnsQuestion.A), IPAddress.Loopback);
            if (own.MayAsk)
            {
                own.Ask(() => false);
                times++;
            }
        }

        Assert.InRange(times, 64, 200);
    }
}
