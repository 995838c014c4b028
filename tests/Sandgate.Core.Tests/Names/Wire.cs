using System.Net;
using System.Text;
using Sandgate.Core.Decode.Names;

namespace Sandgate.Core.Tests.Names;

/// <summary>Puts DNS messages and TLS greetings together by hand, byte for byte.</summary>
internal static class Wire
{
    public const int QuestionName = 12;

    public static byte[] Name(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.Latin1.GetBytes(label)]), 0];

    public static byte[] Pointer(int to) => [(byte)(0xc0 | to >> 8), (byte)to];

    public static byte[] Number(int value) => [(byte)(value >> 8), (byte)value];

    public static byte[] Entry(byte[] owner, ushort type, byte[] data, int lifetime = 60) =>
        [.. owner, .. Number(type), .. Number(1), 0, 0, .. Number(lifetime), .. Number(data.Length), .. data];

    public static byte[] A(byte[] owner, string address, int lifetime = 60)
    {
        byte[] bytes = IPAddress.Parse(address).GetAddressBytes();
        return Entry(owner, bytes.Length == 4 ? DnsQuestion.A : DnsQuestion.Aaaa, bytes, lifetime);
    }

    public static byte[] Answer(string name, ushort type, ushort flags, params byte[][] records) =>
        [0x12, 0x34, .. Number(flags), 0, 1, .. Number(records.Length), 0, 0, 0, 0, .. Name(name), .. Number(type), .. Number(1), .. records.SelectMany(r => r)];

    public static byte[] Answer(string name, params byte[][] records) => Answer(name, DnsQuestion.A, 0x8180, records);

    public static DnsMessage Parse(byte[] bytes)
    {
        Assert.True(DnsMessage.TryParse(bytes, out DnsMessage message));
        return message;
    }

    /// <summary>A greeting in one record, or in records of so many bytes.</summary>
    public static byte[] Hello(string? server, int perRecord = 16384)
    {
        byte[] name = server is null ? [] : Encoding.Latin1.GetBytes(server);
        byte[] sni = server is null ? [] : [0, 0, .. Number(name.Length + 5), .. Number(name.Length + 3), 0, .. Number(name.Length), .. name];
        byte[] other = [0, 43, 0, 3, 2, 3, 4];
        byte[] body = [3, 3, .. new byte[32], 32, .. new byte[32], 0, 4, 0x13, 1, 0x13, 2, 1, 0, .. Number(other.Length + sni.Length), .. other, .. sni];
        byte[] message = [1, 0, .. Number(body.Length), .. body];
        return [.. message.Chunk(perRecord).SelectMany(c => (byte[])[22, 3, 1, .. Number(c.Length), .. c])];
    }
}
