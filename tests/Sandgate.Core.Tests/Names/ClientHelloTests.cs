using Sandgate.Core.Decode.Names;

namespace Sandgate.Core.Tests.Names;

public class ClientHelloTests
{
    [Theory]
    [InlineData("www.Example.COM", "www.example.com")]
    [InlineData("example.com.", "example.com")]
    [InlineData("evil\0.example", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_servers_name_is_found(string? sent, string? found)
    {
        Assert.Equal(found, ClientHello.ServerName(Wire.Hello(sent)));
        Assert.Equal(found, ClientHello.ServerName([.. Wire.Hello(sent), 20, 3, 3, 0, 1, 1]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public void A_greeting_cut_into_records_is_read_all_the_same(int length) =>
        Assert.Equal("www.example.com", ClientHello.ServerName(Wire.Hello("www.example.com", length)));

    [Fact]
    public void What_ends_too_early_names_nobody()
    {
        byte[] hello = Wire.Hello("www.example.com");
        for (int i = 0; i < hello.Length; i++)
            Assert.Null(ClientHello.ServerName(hello.AsSpan(0, i)));
    }

    [Fact]
    public void Other_data_is_no_greeting()
    {
        Assert.Null(ClientHello.ServerName("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"u8));
        Assert.False(ClientHello.MayBegin("GET"u8));
        Assert.True(ClientHello.MayBegin(Wire.Hello("a").AsSpan(0, 3)));
    }
}
