using Sandgate.Core;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// Whom a socket of the program is connected to, or where it is bound: asked on a copy of the
/// descriptor (pidfd_getfd(2)). Containers forbid that call; then only the socket's number is known.
/// </summary>
internal static unsafe class SocketNames
{
    private const int AddressRoom = SocketAddress.MaxLength, ENOTCONN = 107, ENOTSOCK = 88;

    /// <summary>Asks for the address; false when it can't be told.</summary>
    /// <param name="threadId">A thread of the program.</param>
    /// <param name="descriptor">Its socket.</param>
    /// <param name="peer">True for the other end, false for the socket's own address.</param>
    /// <param name="address">The address; null when the socket is known to have none.</param>
    public static bool TryAsk(int threadId, int descriptor, bool peer, out Argument? address)
    {
        address = null;
        int copy = Copy(threadId, descriptor);
        if (copy < 0)
            return false;
        bool told = TryAsk(copy, peer, out address, out _);
        Files.Close(copy);
        return told;
    }

    /// <summary>Asks on a socket of the supervisor.</summary>
    public static bool TryAsk(int socket, bool peer, out Argument? address, out byte[] raw)
    {
        address = null;
        raw = [];
        byte* bytes = stackalloc byte[AddressRoom];
        int length = AddressRoom;

        // SAFETY: bytes is as long as length says; both live for the whole call.
        long result = Libc.Call(peer ? SyscallNumbers.getpeername : SyscallNumbers.getsockname, socket, (long)bytes, (long)(&length));
        if (result == 0)
        {
            raw = new ReadOnlySpan<byte>(bytes, Math.Min(length, AddressRoom)).ToArray();
            address = SocketAddress.Decode(raw, PathOf);
        }

        return result is 0 or -ENOTCONN or -ENOTSOCK;
    }

    /// <summary>A copy of one of the program's descriptors, to be closed by the caller; below 0 when the supervisor may not have one.</summary>
    public static int Copy(int threadId, int descriptor)
    {
        int process = (int)Libc.Call(SyscallNumbers.pidfd_open, ProcessFacts.ProcessOf(threadId), 0);
        if (process < 0)
            return process;
        int copy = (int)Libc.Call(SyscallNumbers.pidfd_getfd, process, descriptor, 0);
        Files.Close(process);
        return copy;
    }

    /// <summary>A path in an address that the kernel tells: it keeps the one that the socket was bound by, which is not resolved again.</summary>
    public static Argument PathOf(byte[] path)
    {
        string text = Core.Decode.TargetText.FromBytes(path.AsSpan(0, path.Length - 1));
        return Argument.FromPath(text, text);
    }
}
