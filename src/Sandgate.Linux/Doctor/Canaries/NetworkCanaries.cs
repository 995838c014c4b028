using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>Ways to a server that may not be reached.</summary>
internal static class NetworkCanaries
{
    private const int ENOTCONN = 107;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Canary> All { get; } =
    [
        new("connect", "connect(2) to a denied address", s => s.TcpPort == 0 ? -ENOTCONN : Connect(SocketAddresses.Internet, SocketAddresses.Loopback(s.TcpPort))),
        new("connect-mapped", "connect(2) to the same address written as IPv6", s => s.TcpPort == 0 ? -ENOTCONN : Connect(SocketAddresses.Internet6, SocketAddresses.Mapped(s.TcpPort))),
        new("connect-unix", "connect(2) to a denied unix socket", s => Connect(SocketAddresses.Unix, SocketAddresses.Named(s.Socket))),
        new("send", "sendto(2) to a denied address", Send),
    ];

    private static unsafe long Connect(int family, byte[] address)
    {
        long socket = Libc.Call(SyscallNumbers.socket, family, SocketAddresses.Stream, 0);
        if (socket < 0)
            return socket;

        // SAFETY: the length is the address's own.
        fixed (byte* given = address)
            return Libc.CallBlocking(SyscallNumbers.connect, socket, (long)given, address.Length);
    }

    private static unsafe long Send(Scene scene)
    {
        if (scene.UdpPort == 0)
            return -ENOTCONN;
        long socket = Libc.Call(SyscallNumbers.socket, SocketAddresses.Internet, SocketAddresses.Datagram, 0);
        if (socket < 0)
            return socket;
        byte[] address = SocketAddresses.Loopback(scene.UdpPort);

        // SAFETY: the lengths are those of the text and the address.
        fixed (byte* given = address)
            return Libc.CallBlocking(SyscallNumbers.sendto, socket, Scene.Text("canary"), 6, 0, (long)given, address.Length);
    }
}
