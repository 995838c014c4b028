using System.Buffers.Binary;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Control;

/// <summary>Who is at a socket's other end (SO_PEERCRED in unix(7)).</summary>
/// <param name="ProcessId">Its process; 0 when it isn't visible here.</param>
/// <param name="UserId">Its effective user when it connected.</param>
internal readonly record struct PeerCredentials(int ProcessId, uint UserId);

/// <summary>Stream sockets with a path, by the kernel's calls: the runtime's own would take longer to load than the program to start.</summary>
internal static unsafe class UnixSocket
{
    public const int EAGAIN = 11, ECONNREFUSED = 111;

    private const int AF_UNIX = 1, SOCK_STREAM = 1, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000, SOL_SOCKET = 1, SO_PEERCRED = 17, SO_PEERPIDFD = 77, MSG_NOSIGNAL = 0x4000;
    private const int PathRoom = 108, Backlog = 16;

    /// <summary>The address of a path.</summary>
    /// <exception cref="IOException">It is too long for one.</exception>
    public static byte[] Address(string path)
    {
        byte[] name = TargetText.ToBytes(path);
        if (name.Length >= PathRoom)
            throw new IOException($"{path} is too long for a socket");
        byte[] address = new byte[2 + name.Length + 1];
        BinaryPrimitives.WriteUInt16LittleEndian(address, AF_UNIX);
        name.CopyTo(address.AsSpan(2));
        return address;
    }

    /// <summary>A socket that listens, with mode 0600; a negative errno when there can be none.</summary>
    public static int Listen(byte[] address)
    {
        int made = (int)Libc.Call(SyscallNumbers.socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (made < 0)
            return made;
        fixed (byte* start = address)
        {
            // SAFETY: the pinned address, its own length; its path ends in NUL. The mode of a socket is taken over by the file that binding makes (unix(7)).
            Libc.Call(SyscallNumbers.fchmod, made, 0x180 /* 0600 */);
            long done = Libc.CallBlocking(SyscallNumbers.bind, made, (long)start, address.Length);
            if (done == 0)
                done = Libc.CallBlocking(SyscallNumbers.chmod, (long)(start + 2), 0x180);
            if (done == 0)
                done = Libc.Call(SyscallNumbers.listen, made, Backlog);
            if (done == 0)
                return made;
            Files.Close(made);
            return (int)done;
        }
    }

    /// <summary>A connection; -1 when there is none.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="waits">True when its calls wait for the other end, connecting too.</param>
    /// <param name="errno">Why there is none.</param>
    public static int Connect(byte[] address, bool waits, out int errno)
    {
        int made = (int)Libc.Call(SyscallNumbers.socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (waits ? 0 : SOCK_NONBLOCK), 0);
        errno = made < 0 ? -made : 0;
        if (made < 0)
            return -1;
        fixed (byte* start = address)
        {
            // SAFETY: the pinned address and its own length.
            errno = (int)-Libc.CallBlocking(SyscallNumbers.connect, made, (long)start, address.Length);
        }

        if (errno == 0)
            return made;
        Files.Close(made);
        return -1;
    }

    /// <summary>The next connection; negative when none waits.</summary>
    public static int Accept(int listener) => (int)Libc.Call(SyscallNumbers.accept4, listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);

    /// <summary>Two sockets that are each other's ends.</summary>
    public static (int Ours, int Theirs) Pair()
    {
        int* two = stackalloc int[2];

        // SAFETY: room for both descriptors.
        long made = Libc.Call(SyscallNumbers.socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, (long)two);
        return made == 0 ? (two[0], two[1]) : throw new IOException("no more sockets: " + Core.Decide.Errnos.NameOf((int)-made));
    }

    /// <summary>Reads what has come: the number of bytes, 0 at the end, or a negative errno.</summary>
    public static int Receive(int socket, Span<byte> into)
    {
        // SAFETY: into lives for the whole call, and the length is its own.
        fixed (byte* start = into)
            return (int)Libc.Call(SyscallNumbers.recvfrom, socket, (long)start, into.Length, 0, 0, 0);
    }

    /// <summary>Writes as much as there is room for: the number of bytes, or a negative errno.</summary>
    public static int Send(int socket, ReadOnlySpan<byte> bytes)
    {
        // SAFETY: bytes live for the whole call, and the length is their own.
        fixed (byte* start = bytes)
            return (int)Libc.Call(SyscallNumbers.sendto, socket, (long)start, bytes.Length, MSG_NOSIGNAL, 0, 0);
    }

    /// <summary>Who has connected; null when the kernel doesn't tell.</summary>
    public static PeerCredentials? PeerOf(int socket)
    {
        uint* credentials = stackalloc uint[3];
        int length = 3 * sizeof(uint);

        // SAFETY: room for struct ucred, and its length.
        long done = Libc.Call(SyscallNumbers.getsockopt, socket, SOL_SOCKET, SO_PEERCRED, (long)credentials, (long)(&length));
        return done == 0 ? new((int)credentials[0], credentials[1]) : null;
    }

    /// <summary>A descriptor of the very process that has connected (Linux 6.5); negative when there is none.</summary>
    public static int PeerProcess(int socket)
    {
        int descriptor, length = sizeof(int);

        // SAFETY: room for a descriptor, and its length.
        long done = Libc.Call(SyscallNumbers.getsockopt, socket, SOL_SOCKET, SO_PEERPIDFD, (long)(&descriptor), (long)(&length));
        return done == 0 ? descriptor : (int)done;
    }

    /// <summary>Waits until one of these is ready, or time is up (in ms; -1 for ever).</summary>
    public static void Poll(Span<PollDescriptor> polls, int patience)
    {
        // SAFETY: polls live for the whole call, and the number is their own.
        fixed (PollDescriptor* start = polls)
        {
            if (Libc.CallBlocking(SyscallNumbers.poll, (long)start, polls.Length, patience) >= 0)
                return;
        }

        foreach (ref PollDescriptor poll in polls)
            poll.Returned = 0;
    }
}
