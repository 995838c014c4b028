using Sandgate.Core;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// Whom a socket of the program is connected to, or where it is bound: asked on a copy of the
/// descriptor (pidfd_getfd(2)). Containers forbid that call; then only the socket's number is known.
/// </summary>
internal static unsafe class SocketNames
{
    private const int ENOTCONN = 107;
    private const int AddressRoom = SocketAddress.MaxLength;

    /// <summary>The address, or null when it can't be told.</summary>
    /// <param name="threadId">A thread of the program.</param>
    /// <param name="descriptor">Its socket.</param>
    /// <param name="peer">True for the other end, false for the socket's own address.</param>
    public static Argument? Of(int threadId, int descriptor, bool peer)
    {
        int process = (int)Libc.Call(SyscallNumbers.pidfd_open, ProcessFacts.ProcessOf(threadId), 0);
        if (process < 0)
            return null;
        int copy = (int)Libc.Call(SyscallNumbers.pidfd_getfd, process, descriptor, 0);
        Files.Close(process);
        if (copy < 0)
            return null;
        byte* address = stackalloc byte[AddressRoom];
        int length = AddressRoom;

        // SAFETY: address is as long as length says; both live for the whole call.
        long result = Libc.Call(peer ? SyscallNumbers.getpeername : SyscallNumbers.getsockname, copy, (long)address, (long)(&length));
        Files.Close(copy);
        return result == -ENOTCONN ? Argument.FromText("none") : result < 0 ? null : SocketAddress.Decode(new ReadOnlySpan<byte>(address, Math.Min(length, AddressRoom)), PathOf);
    }

    // The kernel keeps the path that the socket was bound by; it is not resolved again.
    private static Argument PathOf(byte[] path)
    {
        string text = Core.Decode.TargetText.FromBytes(path.AsSpan(0, path.Length - 1));
        return Argument.FromPath(text, text);
    }
}
