using System.Text;
using Sandgate.Core.Decode.Names;
using static Sandgate.Core.Tests.Names.Wire;

namespace Sandgate.Core.Tests.Names;

public class NamesFuzzTests
{
    private static readonly byte[][] s_seeds =
    [
        Answer("www.good.example", Entry(Pointer(QuestionName), DnsQuestion.CName, [4, .. "edge"u8, .. Pointer(16)]), A([4, .. "edge"u8, .. Pointer(16)], "192.0.2.1"), A(Pointer(QuestionName), "2001:db8::1")),
        Answer("good.example", DnsQuestion.Https, 0x8180, Entry(Pointer(QuestionName), DnsQuestion.Https, [0, 1, 0, 0, 4, 0, 4, 192, 0, 2, 1])),
        DnsMessage.Ask(1, new("good.example", DnsQuestion.A)),
        Hello("www.example.com"),
        Hello("www.example.com", 11),
        "127.0.0.1 localhost\n::1 ip6 # x\nnameserver 192.0.2.1\n"u8.ToArray(),
    ];

    [Fact]
    public void No_bytes_bring_the_readers_down()
    {
        Random random = new(20260731);
        NameBook book = new(TimeProvider.System);
        int parsed = 0;
        for (int i = 0; i < 200_000; i++)
        {
            byte[] bytes = [.. s_seeds[i % s_seeds.Length]];
            for (int n = random.Next(0, 4); n > 0; n--)
                bytes[random.Next(bytes.Length)] = random.Next(4) == 0 ? (byte)0xc0 : (byte)random.Next(256);
            if (random.Next(4) == 0)
                bytes = bytes[..random.Next(bytes.Length)];
            if (DnsMessage.TryParse(bytes, out DnsMessage message))
            {
                parsed++;
                Assert.All(message.Names, name => Assert.Equal(name, HostName.Normalize(name)));
                book.Learn(message);
            }

            if (ClientHello.ServerName(bytes) is { } server)
                Assert.Equal(server, HostName.Normalize(server));
            if (i % 50 == 5)
            {
                book.SetHosts(Encoding.Latin1.GetString(bytes));
                Assert.NotEmpty(ResolverConfig.Parse(Encoding.Latin1.GetString(bytes)));
            }
        }

        Assert.InRange(parsed, 10_000, 190_000);
    }
}
