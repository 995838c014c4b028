using System.Buffers.Binary;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>Servers that listen and never answer, for as long as this lives.</summary>
internal sealed unsafe class Servers : IDisposable
{
    private const int CloseOnExec = 0x80000, Backlog = 8;

    private readonly List<int> _sockets = [];

    /// <summary>The TCP server's port; 0 when there is none.</summary>
    public int TcpPort { get; }

    /// <summary>The UDP server's port; 0 when there is none.</summary>
    public int UdpPort { get; }

    /// <summary>Starts the servers of 127.0.0.1.</summary>
    public Servers()
    {
        TcpPort = PortOf(Bind(SocketAddresses.Internet, SocketAddresses.Stream, SocketAddresses.Loopback(0)));
        UdpPort = PortOf(Bind(SocketAddresses.Internet, SocketAddresses.Datagram, SocketAddresses.Loopback(0)));
    }

    /// <summary>Starts a server on a socket in the file system.</summary>
    public void ListenAt(string path) => Bind(SocketAddresses.Unix, SocketAddresses.Stream, SocketAddresses.Named(path));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (int socket in _sockets)
            Files.Close(socket);
    }

    private int Bind(int family, int type, byte[] address)
    {
        int socket = (int)Libc.Call(SyscallNumbers.socket, family, type | CloseOnExec, 0);
        if (socket < 0)
            return socket;
        _sockets.Add(socket);

        // SAFETY: the length is the address's own. Who can't listen isn't connected to: then that canary proves nothing, and says so.
        fixed (byte* given = address)
        {
            if (Libc.Call(SyscallNumbers.bind, socket, (long)given, address.Length) is < 0 and var failed)
                return (int)failed;
        }

        if (type == SocketAddresses.Stream)
            Libc.Call(SyscallNumbers.listen, socket, Backlog);
        return socket;
    }

    private static int PortOf(int socket)
    {
        byte* address = stackalloc byte[16];
        uint length = 16;

        // SAFETY: both live on this stack for the whole call; struct sockaddr_in has 16 bytes.
        return socket >= 0 && Libc.Call(SyscallNumbers.getsockname, socket, (long)address, (long)(&length)) == 0
            ? BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(address + 2, 2))
            : 0;
    }
}
