using System.Runtime.InteropServices;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Processes;

/// <summary>Hears of the ends of processes that are not this one's children: their descriptors become readable (pidfd_open(2)).</summary>
internal sealed unsafe class ProcessEnds : IDisposable
{
    private const int EPOLL_CLOEXEC = 0x80000, EPOLL_CTL_ADD = 1, EPOLLIN = 1, EFD_CLOEXEC = 0x80000, EFD_NONBLOCK = 0x800;
    private const int MostAtOnce = 64, EINTR = 4;

    // By then an exec is over, unless the file system is slow.
    private const int Later = 20;

    private readonly Action<int, int?> _ended;
    private readonly Action<int> _look;
    private readonly List<int> _later = [];
    private readonly int _poll, _wake;
    private readonly Thread _thread;
    private readonly Dictionary<int, int> _descriptors = [];
    private readonly Lock _lock = new();
    private bool _over;

    // struct epoll_event of x86-64 is packed; elsewhere it isn't (epoll_ctl(2)).
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Event
    {
        public uint Events;
        public ulong Process;
    }

    /// <summary>Begins to listen.</summary>
    /// <param name="ended">Told of a process, and its status where the kernel still knows it, on a thread of its own.</param>
    /// <param name="look">Told, on the same thread, of a process that was to be looked at later.</param>
    public ProcessEnds(Action<int, int?> ended, Action<int> look)
    {
        (_ended, _look) = (ended, look);
        _poll = (int)Libc.Call(SyscallNumbers.epoll_create1, EPOLL_CLOEXEC);
        _wake = (int)Libc.Call(SyscallNumbers.eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
        Add(_wake, 0);
        _thread = new(Listen) { Name = "processes", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Listens for a process's end. Of one that has no descriptor to spare, the end is told with the tree's.</summary>
    public void Watch(int process)
    {
        int descriptor = (int)Libc.Call(SyscallNumbers.pidfd_open, process, 0);
        if (descriptor < 0)
            return;
        lock (_lock)
            _descriptors[process] = descriptor;
        Add(descriptor, process);
    }

    /// <summary>Has a process looked at a little later: it executes a program, and may then make no call that stops.</summary>
    public void LookLater(int process)
    {
        lock (_lock)
        {
            _later.Add(process);
            if (_later.Count > 1)
                return;
        }

        Wake();
    }

    private void Wake()
    {
        ulong one = 1;

        // SAFETY: one lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.write, _wake, (long)(&one), sizeof(ulong));
    }

    private void Add(int descriptor, int process)
    {
        Event wanted = new() { Events = EPOLLIN, Process = (ulong)process };

        // SAFETY: wanted lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.epoll_ctl, _poll, EPOLL_CTL_ADD, descriptor, (long)(&wanted));
    }

    private void Listen()
    {
        Event* events = stackalloc Event[MostAtOnce];
        bool rests = false;
        while (true)
        {
            // SAFETY: there is room for so many events on this stack.
            long count = Libc.CallBlocking(SyscallNumbers.epoll_wait, _poll, (long)events, MostAtOnce, Volatile.Read(ref _over) ? 0 : rests ? Later : -1);
            if (count == -EINTR)
                continue;
            int told = 0;
            if (count == 0)
                Look();
            rests = false;
            for (int i = 0; i < count; i++)
            {
                if (events[i].Process == 0)
                {
                    Calm();
                    continue;
                }

                told++;
                Tell((int)events[i].Process);
            }

            lock (_lock)
                rests = _later.Count > 0;

            if (told == 0 && Volatile.Read(ref _over))
                return;
        }
    }

    private void Calm()
    {
        ulong count = 0;

        // SAFETY: count lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.read, _wake, (long)(&count), sizeof(ulong));
    }

    private void Look()
    {
        int[] due;
        lock (_lock)
        {
            due = [.. _later.Distinct()];
            _later.Clear();
        }

        foreach (int process in due)
            _look(process);
    }

    private void Tell(int process)
    {
        int descriptor;
        lock (_lock)
        {
            if (!_descriptors.Remove(process, out descriptor))
                return;
        }

        // Before its parent takes it, /proc still has its status; after that, the descriptor does.
        int? status = ProcessUse.Of(process).Status ?? StatusOf(descriptor);
        _ended(process, status is { } waited ? (waited & 0x7f) == 0 ? waited >> 8 & 0xff : 128 + (waited & 0x7f) : null);
        Libc.Call(SyscallNumbers.close, descriptor);
    }

    // PIDFD_GET_INFO with PIDFD_INFO_EXIT, since Linux 6.15 (include/uapi/linux/pidfd.h).
    private static int? StatusOf(int descriptor)
    {
        const long PIDFD_GET_INFO = 0xC040FF0B;
        const int Words = 8, ExitCode = 15;
        const ulong PIDFD_INFO_EXIT = 8;
        ulong* info = stackalloc ulong[Words];
        new Span<ulong>(info, Words).Clear();
        info[0] = PIDFD_INFO_EXIT;

        // SAFETY: info is as long as the request says.
        return Libc.Call(SyscallNumbers.ioctl, descriptor, PIDFD_GET_INFO, (long)info) == 0 && (info[0] & PIDFD_INFO_EXIT) != 0 ? ((int*)info)[ExitCode] : null;
    }

    /// <summary>Tells the ends that have come, and stops.</summary>
    public void Dispose()
    {
        if (Volatile.Read(ref _over))
            return;
        Volatile.Write(ref _over, true);
        Wake();
        _thread.Join();
        foreach (int descriptor in (IEnumerable<int>)[.. _descriptors.Values, _poll, _wake])
            Libc.Call(SyscallNumbers.close, descriptor);
        _descriptors.Clear();
    }
}
