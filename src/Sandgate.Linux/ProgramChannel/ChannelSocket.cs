using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Enforce.Sockets;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.ProgramChannel;

/// <summary>
/// The two ends of the channel: a pair of unix sockets that keep messages apart. The kernel tells with each who sent it. The
/// program's end is inherited under one high number, so that the program's own descriptors get the numbers they always get.
/// </summary>
internal sealed unsafe class ChannelSocket : IDisposable
{
    /// <summary>The variable that tells the program its descriptor's number.</summary>
    public const string Variable = "SANDGATE_FD";

    private const int AF_UNIX = 1, SOCK_SEQPACKET_CLOEXEC = 0x80005, SOL_SOCKET = 1, SO_PASSCRED = 16, SO_PASSPIDFD = 76, F_GETFD = 1, EBADF = 9;
    private const int MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000;

    // select(2) can't look at more; and what is far below the limit would be in the way of the program's own.
    private const int Most = 1024, Fewest = 32;

    private static volatile string? s_programEnd;

    private readonly SafeFileHandle _own, _programs;
    private int _offered = -1;

    /// <summary>Makes the ends.</summary>
    /// <exception cref="SandboxException">The kernel refuses.</exception>
    public ChannelSocket()
    {
        int* ends = stackalloc int[2];

        // SAFETY: ends has room for two descriptors and lives on this stack for the whole call.
        if (Libc.Call(SyscallNumbers.socketpair, AF_UNIX, SOCK_SEQPACKET_CLOEXEC, 0, (long)ends) is < 0 and var errno)
            throw new SandboxException("make the channel", (int)-errno, "nothing was run");
        (_own, _programs) = (new(ends[0], ownsHandle: true), new(ends[1], ownsHandle: true));
        Switch(SO_PASSCRED);

        // From 6.5 on; without it, a process that has ended can't be told from the next one of its number.
        Switch(SO_PASSPIDFD);
        Span<byte> name = stackalloc byte[ProcPath.Room];
        int count = Files.ReadDescriptorName(ends[1], name);
        s_programEnd = count > 0 ? TargetText.FromBytes(name[..count]) : null;
    }

    /// <summary>True for the end that the program has: what the supervisor sends on it for the program needs to say for whom.</summary>
    public static bool IsProgramEnd(ProgramSocket socket) => s_programEnd is { } name && socket.Name == name;

    /// <summary>The supervisor's end.</summary>
    public int Descriptor => (int)_own.DangerousGetHandle();

    /// <summary>Puts the program's end where the program will inherit it. Returns the number.</summary>
    /// <param name="limits">Limits of open files that the program will have beside the supervisor's own; null for none.</param>
    /// <exception cref="SandboxException">There is no room.</exception>
    public int Offer(IEnumerable<ulong?> limits)
    {
        const int RLIMIT_NOFILE = 7;
        ulong* own = stackalloc ulong[2];

        // SAFETY: struct rlimit64 is two 64-bit numbers, on this stack for the whole call.
        ulong limit = Libc.Call(SyscallNumbers.prlimit64, 0, RLIMIT_NOFILE, 0, (long)own) == 0 ? Math.Min(Most, own[0]) : Most;
        foreach (ulong? one in limits)
            limit = Math.Min(limit, one ?? limit);
        for (int number = (int)limit - 1; number >= Fewest; number--)
        {
            if (Libc.Call(SyscallNumbers.fcntl, number, F_GETFD) != -EBADF)
                continue;
            long made = Libc.Call(SyscallNumbers.dup3, _programs.DangerousGetHandle(), number, 0);
            if (made < 0)
                throw new SandboxException("give the program its channel", (int)-made, "nothing was run");
            return _offered = number;
        }

        throw new SandboxException(string.Create(CultureInfo.InvariantCulture, $"a limit of {limit} open files leaves no room for the channel; nothing was run"));
    }

    /// <summary>The program has its end, or there will be no program: here it is closed.</summary>
    public void IsTaken()
    {
        if (_offered >= 0)
            Files.Close(_offered);
        _offered = -1;
        _programs.Dispose();
    }

    /// <summary>Takes the next message if there is one. Returns its length, or a negative errno.</summary>
    public int Receive(ReceivedMessage into) => into.Receive(Descriptor);

    /// <summary>Sends to whichever process of the tree reads first, if there is room.</summary>
    public void Send(ReadOnlySpan<byte> message) => Send(Descriptor, message);

    /// <summary>Sends on a socket without waiting for room.</summary>
    public static void Send(int socket, ReadOnlySpan<byte> message)
    {
        // SAFETY: message lives for the whole call; the length is its own.
        fixed (byte* bytes = message)
            Libc.Call(SyscallNumbers.sendto, socket, (long)bytes, message.Length, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
    }

    private void Switch(int option)
    {
        int on = 1;

        // SAFETY: on lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.setsockopt, _own.DangerousGetHandle(), SOL_SOCKET, option, (long)(&on), sizeof(int));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        IsTaken();
        _own.Dispose();
    }
}
