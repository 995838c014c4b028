using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Sandgate.Core;
using Sandgate.Core.Decode;

namespace Sandgate.Linux.Decode;

/// <summary>Socket addresses as rules see them: <c>1.2.3.4:443</c>, <c>[::1]:53</c>, <c>unix:/path</c>, <c>unix:@name</c>.</summary>
internal static class SocketAddress
{
    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>struct sockaddr_storage: the kernel takes no longer address (linux/socket.h).</summary>
    public const int MaxLength = 128;

    private const int AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16, AF_PACKET = 17;

    /// <summary>The text of an address; a file system socket's path is handed to <paramref name="resolve"/>.</summary>
    public static Argument Decode(ReadOnlySpan<byte> address, Func<byte[], Argument> resolve)
    {
        if (address.Length < 2)
            return Argument.FromText("none");
        int family = BinaryPrimitives.ReadUInt16LittleEndian(address);
        ReadOnlySpan<byte> body = address[2..];
        return family switch
        {
            AF_UNSPEC => Argument.FromText("unspecified"),
            AF_INET when body.Length >= 6 => Argument.FromText($"{new IPAddress(body.Slice(2, 4))}:{Port(body)}"),
            AF_INET6 when body.Length >= 22 => Inet6(body),
            AF_UNIX => Unix(body, resolve),
            AF_NETLINK when body.Length >= 6 => Argument.FromText(Number("netlink:", BinaryPrimitives.ReadUInt32LittleEndian(body[2..]))),
            AF_PACKET when body.Length >= 6 => Argument.FromText(Number("packet:", BinaryPrimitives.ReadUInt32LittleEndian(body[2..]))),
            _ => Argument.FromText(Number("family:", (uint)family)),
        };
    }

    private static Argument Inet6(ReadOnlySpan<byte> body)
    {
        IPAddress ip = new(body.Slice(6, 16));

        // The same host, whichever family of socket the program reaches it through.
        return Argument.FromText(ip.IsIPv4MappedToIPv6 ? $"{ip.MapToIPv4()}:{Port(body)}" : $"[{ip}]:{Port(body)}");
    }

    private static Argument Unix(ReadOnlySpan<byte> body, Func<byte[], Argument> resolve)
    {
        if (body.IsEmpty)
            return Argument.FromText("unix:");
        if (body[0] == 0)
            return Argument.FromText("unix:@" + TargetText.FromBytes(body[1..]));
        int end = body.IndexOf((byte)0);
        Argument path = resolve([.. end < 0 ? body : body[..end], 0]);
        return path.Given is null ? path
            : Argument.FromPath("unix:" + path.Given, path.Resolved is null ? null : "unix:" + path.Resolved,
                path.Entry is null ? null : "unix:" + path.Entry);
    }

    /// <summary>True for a name like those that the kernel gives to Unix sockets without one (unix(7), "Autobind feature").</summary>
    public static bool IsChosenByKernel(string address)
    {
        const string Abstract = "unix:@";
        const int Digits = 5;
        return address.StartsWith(Abstract, StringComparison.Ordinal) && address.Length == Abstract.Length + Digits
            && address.AsSpan(Abstract.Length).IndexOfAnyExcept(s_hexadecimal) < 0;
    }

    private static string Number(string kind, uint number) => kind + number.ToString(CultureInfo.InvariantCulture);

    private static int Port(ReadOnlySpan<byte> body) => BinaryPrimitives.ReadUInt16BigEndian(body);
}
