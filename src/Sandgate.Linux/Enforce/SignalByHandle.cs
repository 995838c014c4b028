using System.Numerics;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// pidfd_send_signal(2). When the kernel looks, another thread can have put another process under the number; so the program's thread gives the signal to
/// the process that was judged, by its id, in a call that the supervisor has it make.
/// </summary>
/// <remarks>That the signal comes from the program, and whether it may give it, is the kernel's own matter so.</remarks>
internal sealed class SignalByHandle(ProcessHandle handle, Action<string>? say) : IEmulation
{
    private const int EPERM = 1, ESRCH = 3, EBADF = 9, EFAULT = 14, EINVAL = 22;
    private const uint PIDFD_SIGNAL_THREAD = 1, PIDFD_SIGNAL_THREAD_GROUP = 2;

    private static int s_said;

    // Before 6.9 there are none.
    private static bool KnowsFlags { get; } = Libc.Call(SyscallNumbers.pidfd_send_signal, -1, 0, 0, PIDFD_SIGNAL_THREAD) == -EBADF;

    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        SeccompStop own = (SeccompStop)stop;
        uint flags = (uint)stop.Register(3);
        if (WrongAbout(stop, flags) is not 0 and var errno)
            return own.Fail(errno);
        int thread = stop.ThreadId;
        (int process, int task) = InnerIds.KnownTo(thread, handle.Task);
        if (process == 0 || task == 0)
            return own.Fail(handle.Process == 0 ? ESRCH : EINVAL);
        if (Escort.Seize(thread, Ptrace.O_TRACESYSGOOD | Ptrace.O_EXITKILL) != 0)
            return Refuse(own);
        if (Injection.InsteadOf(own) is { } injection)
        {
            // No signals are blocked: one that the program gives to itself would go to another of its threads. One that comes before is taken before,
            // and then the program makes its call again.
            long result = Give(injection, thread, (ulong)process, (ulong)task, toThread: flags == PIDFD_SIGNAL_THREAD || (flags == 0 && handle.IsOfThread), stop.Register(1), stop.Register(2));
            bool again = injection.CameFirst >= 0 || result == -Interruptible.ERESTARTSYS;
            Ptrace.SetRegisters(thread, again ? injection.Entry(injection.Original.OrigRax) : injection.Original with { Rax = (ulong)result, OrigRax = ulong.MaxValue });
            Ptrace.Detach(thread, Math.Max(0, injection.CameFirst));
        }

        return Outcome.Emulated;
    }

    // In the kernel's order (kernel/signal.c).
    private int WrongAbout(Stop stop, uint flags)
    {
        if ((flags & ~(PIDFD_SIGNAL_THREAD | PIDFD_SIGNAL_THREAD_GROUP)) != 0 || BitOperations.PopCount(flags) > 1 || (flags != 0 && !KnowsFlags))
            return EINVAL;
        if (handle.Errno == EBADF)
            return EBADF;
        if (stop.Register(2) != 0)
        {
            Span<byte> number = stackalloc byte[sizeof(int)];
            if (TargetMemory.Read(stop.ThreadId, stop.Register(2), number) != number.Length)
                return EFAULT;
            if (BitConverter.ToInt32(number) != (int)stop.Register(1))
                return EINVAL;
        }

        return handle.Errno != 0 ? handle.Errno : handle.Task == 0 ? EPERM : 0;
    }

    private static long Give(Injection injection, int thread, ulong process, ulong task, bool toThread, ulong signal, ulong info) => (toThread, info != 0) switch
    {
        (false, false) => injection.Call(thread, SyscallNumbers.kill, process, signal),
        (false, true) => injection.Call(thread, SyscallNumbers.rt_sigqueueinfo, process, signal, info),
        (true, false) => injection.Call(thread, SyscallNumbers.tgkill, process, task, signal),
        (true, true) => injection.Call(thread, SyscallNumbers.rt_tgsigqueueinfo, process, task, signal, info),
    };

    private Outcome Refuse(SeccompStop stop)
    {
        if (Interlocked.Exchange(ref s_said, 1) == 0)
            say?.Invoke("pidfd_send_signal was refused: the kernel forbids to trace who called it (a debugger inside, a container without ptrace)");
        return stop.Fail(EPERM);
    }
}
