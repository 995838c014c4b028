using System.Buffers.Binary;
using System.Text;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>Addresses as the kernel takes them (ip(7), ipv6(7), unix(7)).</summary>
internal static class SocketAddresses
{
    public const int Unix = 1, Internet = 2, Internet6 = 10, Stream = 1, Datagram = 2;

    /// <summary>127.0.0.1.</summary>
    public static byte[] Loopback(int port)
    {
        byte[] address = new byte[16];
        address[0] = Internet;
        BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(2), (ushort)port);
        ((ReadOnlySpan<byte>)[127, 0, 0, 1]).CopyTo(address.AsSpan(4));
        return address;
    }

    /// <summary>::ffff:127.0.0.1.</summary>
    public static byte[] Mapped(int port)
    {
        byte[] address = new byte[28];
        address[0] = Internet6;
        BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(2), (ushort)port);
        ((ReadOnlySpan<byte>)[0xff, 0xff, 127, 0, 0, 1]).CopyTo(address.AsSpan(18));
        return address;
    }

    /// <summary>A socket in the file system.</summary>
    public static byte[] Named(string path) => [Unix, 0, .. Encoding.UTF8.GetBytes(path), 0];
}
