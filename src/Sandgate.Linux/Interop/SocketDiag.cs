using System.Buffers.Binary;

namespace Sandgate.Linux.Interop;

/// <summary>Asks the kernel about sockets by their inodes (sock_diag(7)), in the supervisor's network namespace.</summary>
internal static unsafe class SocketDiag
{
    private const int NETLINK_SOCK_DIAG = 4, SOCK_DIAG_BY_FAMILY = 20, AF_UNIX = 1, AF_NETLINK = 16, SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private const int HeaderLength = 16, RequestLength = 24, MessageLength = 16, NLM_F_REQUEST = 1;
    private const uint UDIAG_SHOW_PEER = 4, AnyCookie = uint.MaxValue;
    private const int UNIX_DIAG_PEER = 2;

    /// <summary>The inode of the socket at the other end of a connected Unix socket; 0 when it is closed, or the kernel doesn't tell.</summary>
    public static uint PeerOf(uint inode)
    {
        int socket = (int)Libc.Call(SyscallNumbers.socket, AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
        if (socket < 0)
            return 0;
        try
        {
            return Ask(socket, inode);
        }
        finally
        {
            Files.Close(socket);
        }
    }

    // struct nlmsghdr, struct unix_diag_req (linux/unix_diag.h). The kernel answers within the call that sends.
    private static uint Ask(int socket, uint inode)
    {
        const int MSG_DONTWAIT = 0x40;
        Span<byte> request = stackalloc byte[HeaderLength + RequestLength], answer = stackalloc byte[512];
        request.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
        BinaryPrimitives.WriteInt16LittleEndian(request[4..], SOCK_DIAG_BY_FAMILY);
        BinaryPrimitives.WriteInt16LittleEndian(request[6..], NLM_F_REQUEST);
        request[HeaderLength] = AF_UNIX;
        BinaryPrimitives.WriteUInt32LittleEndian(request[(HeaderLength + 4)..], uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(request[(HeaderLength + 8)..], inode);
        BinaryPrimitives.WriteUInt32LittleEndian(request[(HeaderLength + 12)..], UDIAG_SHOW_PEER);
        BinaryPrimitives.WriteUInt32LittleEndian(request[(HeaderLength + 16)..], AnyCookie);
        BinaryPrimitives.WriteUInt32LittleEndian(request[(HeaderLength + 20)..], AnyCookie);

        // SAFETY: both are as long as said, and live on this stack for both calls.
        fixed (byte* ask = request, told = answer)
        {
            if (Libc.Call(SyscallNumbers.sendto, socket, (long)ask, request.Length) < 0)
                return 0;
            long length = Libc.Call(SyscallNumbers.recvfrom, socket, (long)told, answer.Length, MSG_DONTWAIT);
            return length >= HeaderLength + MessageLength && BinaryPrimitives.ReadInt16LittleEndian(answer[4..]) == SOCK_DIAG_BY_FAMILY
                ? PeerIn(answer[(HeaderLength + MessageLength)..(int)length]) : 0;
        }
    }

    // struct rtattr: length, type, and what it is, in steps of four bytes.
    private static uint PeerIn(ReadOnlySpan<byte> attributes)
    {
        while (attributes.Length >= 8)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < 4 || length > attributes.Length)
                return 0;
            if (BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) == UNIX_DIAG_PEER && length >= 8)
                return BinaryPrimitives.ReadUInt32LittleEndian(attributes[4..]);
            attributes = attributes[Math.Min(attributes.Length, (length + 3) & ~3)..];
        }

        return 0;
    }
}
