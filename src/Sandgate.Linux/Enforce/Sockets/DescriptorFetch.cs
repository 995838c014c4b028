using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>Gets copies of a stopped thread's descriptors: by pidfd_getfd(2), and where that is forbidden by having the program hand them over (<see cref="BorrowedDescriptors"/>). One belongs to one decoder.</summary>
internal sealed class DescriptorFetch
{
    private const int EPERM = 1, ENOENT = 2, ESRCH = 3, EBADF = 9, EINVAL = 22, ENOSYS = 38, PIDFD_THREAD = 0x80;

    // Before 6.9 there are only descriptors of processes.
    private static bool s_threads = true;

    private int _thread;
    private int _handle = -1;
    private readonly List<int> _missing = [];

    /// <summary>The descriptors that the kernel refuses to copy and that have not been borrowed, since <see cref="Begin"/>.</summary>
    public IReadOnlyList<int> Missing => _missing;

    /// <summary>All descriptors that were asked for since <see cref="Begin"/> and can be copied only by borrowing them.</summary>
    public List<int> Wanted { get; } = [];

    /// <summary>Turns to another call.</summary>
    public void Begin()
    {
        _missing.Clear();
        Wanted.Clear();
    }

    /// <summary>
    /// The call is decoded. Where descriptors could not be copied, the program is made to hand them over, and makes its call again: then the stop is
    /// answered when this returns true. False when a thread that may wait must decode the call.
    /// </summary>
    /// <param name="stop">The stopped thread.</param>
    /// <param name="mayBlock">Whether this thread may wait for the program.</param>
    /// <param name="understood">True when the call will be judged, unless the stop is answered.</param>
    /// <param name="failed">True when the program's descriptors can't be had at all.</param>
    public bool Settle(Stop stop, bool mayBlock, bool understood, out bool failed)
    {
        failed = false;
        if (!understood)
            return true;
        bool lacks = _missing.Count > 0 && !BorrowedDescriptors.Failed((SeccompStop)stop);
        if (lacks && !mayBlock)
            return false;
        if (lacks && Borrowing.From((SeccompStop)stop, [.. Wanted.Distinct()]))
            return true;
        failed = _missing.Count > 0;
        if (Wanted.Count > 0)
            BorrowedDescriptors.Drop(stop.ThreadId);
        return true;
    }

    /// <summary>A copy of one descriptor, to be closed by the caller; a negative errno, EBADF when the program has none under that number.</summary>
    public int Fetch(Stop stop, int descriptor)
    {
        int copy = Copy(stop, descriptor);
        if (copy is not (-EPERM or -ENOSYS))
            return copy;
        if (IsClosed(stop.ThreadId, descriptor))
            return -EBADF;
        Wanted.Add(descriptor);
        copy = BorrowedDescriptors.CopyFor((SeccompStop)stop, descriptor);
        if (copy == -EPERM)
            _missing.Add(descriptor);
        return copy;
    }

    private int Copy(Stop stop, int descriptor)
    {
        // A handle that is kept is that of a thread, not of its number: for another thread it yields ESRCH.
        if (_handle >= 0 && _thread == stop.ThreadId)
        {
            int known = (int)Libc.Call(SyscallNumbers.pidfd_getfd, _handle, descriptor, 0);
            if (known != -ESRCH)
                return known;
        }

        Forget();
        (_thread, _handle) = (stop.ThreadId, Open(stop.ThreadId));
        return _handle < 0 ? _handle : (int)Libc.Call(SyscallNumbers.pidfd_getfd, _handle, descriptor, 0);
    }

    // Whoever may not copy a descriptor can still see that there is none.
    private static bool IsClosed(int threadId, int descriptor)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], link = stackalloc byte[1];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/fd/"u8).Add(descriptor);
        return Files.ReadLink(Files.AT_FDCWD, path, link) == -ENOENT;
    }

    private static int Open(int threadId)
    {
        if (s_threads)
        {
            int handle = (int)Libc.Call(SyscallNumbers.pidfd_open, threadId, PIDFD_THREAD);
            if (handle != -EINVAL)
                return handle;
            s_threads = false;
        }

        return (int)Libc.Call(SyscallNumbers.pidfd_open, ProcessFacts.ProcessOf(threadId), 0);
    }

    private void Forget()
    {
        if (_handle >= 0)
            Files.Close(_handle);
        _handle = -1;
    }
}
