using System.Runtime.InteropServices;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Decode.Names;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// Has the program hand over copies of its descriptors, where pidfd_getfd(2) is forbidden (default containers) and ptrace(2) isn't. The
/// stopped thread is taken out of its call, held, and makes a second thread that shares everything with it but the table of descriptors. That
/// thread, held from its first moment, sends them through a socket of the supervisor's, and ends. Then the first makes its call again.
/// </summary>
/// <remarks>
/// Why a second thread: the sending call passes the gate unjudged, so its socket must be the supervisor's for certain. In the program's own table
/// others could put another under the number; the second thread's table is nobody else's, and is looked at after it was made. Each call is compared
/// register for register where it begins, because others can rewrite the program's instructions, too. What they do to the message in memory can only
/// make it fail: the socket is connected, and what arrives is used only if it is what was asked for.
/// </remarks>
internal sealed unsafe class Borrowing
{
    private const int EPERM = 1, AF_UNIX = 1, SOCK_DGRAM_CLOEXEC = 2 | 0x80000, SOL_SOCKET = 1, SCM_RIGHTS = 1;
    private const int O_TRACECLONE = 8, EVENT_CLONE = 3;
    private const ulong ThreadFlags = 0x100 | 0x200 | 0x800 | 0x10000 | 0x40000;       // VM, FS, SIGHAND, THREAD, SYSVSEM; not FILES
    private const int MostAtOnce = 250, PageSize = 4096, HeaderAt = 16, ByteAt = 80, ControlAt = 96;

    private readonly int _thread;
    private readonly ulong[] _call;
    private readonly List<int> _wanted;
    private readonly Injection _injection;

    private Borrowing(int thread, ulong[] call, List<int> wanted, Injection injection) => (_thread, _call, _wanted, _injection) = (thread, call, wanted, injection);

    /// <summary>
    /// Takes the thread out of its call, which answers the stop, and keeps what it hands over for when it comes back. False when it can't
    /// be held; then the stop is not answered.
    /// </summary>
    public static bool From(SeccompStop stop, List<int> wanted)
    {
        int thread = stop.ThreadId;
        if (wanted.Count > MostAtOnce || Escort.Seize(thread, Ptrace.O_TRACESYSGOOD | O_TRACECLONE) != 0)
            return false;
        int* pair = stackalloc int[2];

        // SAFETY: pair has room for two descriptors.
        if (Libc.Call(SyscallNumbers.socketpair, AF_UNIX, SOCK_DGRAM_CLOEXEC, 0, (long)pair) != 0)
            return false;
        long lent = stop.Lend(pair[1]);
        if (Injection.InsteadOf(stop) is { } injection)
            new Borrowing(thread, stop.Call, wanted, injection).Run((int)lent, pair[1], pair[0]);
        Files.Close(pair[0]);
        Files.Close(pair[1]);
        return true;
    }

    private void Run(int lent, int own, int receiver)
    {
        Dictionary<int, int> got = [];
        ulong mask = Injection.BlockSignals(_thread);
        int second = 0;
        if (lent >= 0 && _injection.Begin(_thread, SyscallNumbers.clone, ThreadFlags) && Injection.Await(_thread, out ChildReport report) && report.Event == EVENT_CLONE
            && Ptrace.EventMessage(_thread, out ulong made) == 0)
        {
            second = (int)made;
            InjectedCalls.Forget(_thread);
            HandOver(second, lent, own, receiver, got);
            Ptrace.ContinueToSyscall(_thread, 0);
            Injection.Await(_thread, out _);
        }

        InjectedCalls.Forget(_thread);
        if (second != 0)
            _injection.Call(_thread, SyscallNumbers.close, (ulong)lent);

        // The call again, from its beginning.
        BorrowedDescriptors.Keep(_thread, _call, got);
        Ptrace.SetRegisters(_thread, _injection.Entry(_injection.Original.OrigRax));
        Injection.RestoreSignals(_thread, mask);
        Ptrace.Detach(_thread, 0);
    }

    private void HandOver(int second, int lent, int own, int receiver, Dictionary<int, int> got)
    {
        if (!Injection.Await(second, out _))
            return;
        long page = DnsSockets.InodeOf(second, lent) is { } inode && inode == DnsSockets.InodeOf(Environment.ProcessId, own)
            ? _injection.Call(second, SyscallNumbers.mmap, 0, PageSize, 3, 0x22, ulong.MaxValue, 0) : -EPERM;
        if (page > 0)
        {
            if (TargetMemory.Write(second, (ulong)page, Message((ulong)page)) == 0 && _injection.Call(second, SyscallNumbers.sendmsg, (ulong)lent, (ulong)page + HeaderAt, 0) == 1)
                Receive(receiver, got);
            _injection.Call(second, SyscallNumbers.munmap, (ulong)page, PageSize);
        }

        // It ends by itself; nothing it could do instead would pass the gate unjudged.
        Ptrace.SetRegisters(second, _injection.Entry(SyscallNumbers.exit, 0, 0, 0, 0, 0, 0));
        Ptrace.Detach(second, 0);
    }

    // A struct iovec, the struct msghdr that names it, the byte that it points at, and the descriptors.
    private byte[] Message(ulong at)
    {
        byte[] message = new byte[ControlAt + 16 + (_wanted.Count * sizeof(int))];
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(message.AsSpan(0, ControlAt + 16));
        ulong control = 16 + ((ulong)_wanted.Count * sizeof(int));
        (words[0], words[1]) = (at + ByteAt, 1);
        (words[4], words[5], words[6], words[7]) = (at, 1, at + ControlAt, control);
        (words[ControlAt / 8], words[(ControlAt / 8) + 1]) = (control, SOL_SOCKET | ((ulong)SCM_RIGHTS << 32));
        MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_wanted)).CopyTo(message.AsSpan(ControlAt + 16));
        return message;
    }

    private void Receive(int receiver, Dictionary<int, int> got)
    {
        const int MSG_DONTWAIT = 0x40, MSG_CMSG_CLOEXEC = 0x40000000;
        int room = 16 + (_wanted.Count * sizeof(int));
        byte* control = stackalloc byte[room];
        byte one = 0;
        ulong* vector = stackalloc ulong[2] { (ulong)&one, 1 };
        ulong* header = stackalloc ulong[7] { 0, 0, (ulong)vector, 1, (ulong)control, (ulong)room, 0 };

        // SAFETY: the header describes exactly these; all live on this stack for the whole call.
        if (Libc.Call(SyscallNumbers.recvmsg, receiver, (long)header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0 || header[5] < 16 || ((int*)control)[3] != SCM_RIGHTS)
            return;
        int count = (int)((*(ulong*)control - 16) / sizeof(int));
        for (int i = 0; i < count; i++)
        {
            int descriptor = ((int*)(control + 16))[i];
            if (count != _wanted.Count || !got.TryAdd(_wanted[i], descriptor))
                Files.Close(descriptor);
        }
    }
}
