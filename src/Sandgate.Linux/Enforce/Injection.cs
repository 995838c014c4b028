using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Has a thread of the program, held by ptrace(2), make calls of the supervisor's, by the instruction that it made its own call by.
/// </summary>
/// <remarks>
/// Others can rewrite the program's instructions: each call is compared register for register where it begins. What is in memory can only be
/// used if it doesn't matter who changes it. The calls come to the gate like any other, which <see cref="InjectedCalls"/> knows.
/// </remarks>
/// <param name="original">The thread's registers where it was held, behind a call.</param>
internal sealed unsafe class Injection(Ptrace.Registers original)
{
    // The kernel's own "make the call again, whatever a signal's handler says": only seen by a thread that is marked as having a signal, as a held one is.
    private const int ERESTARTNOINTR = 513;

    private const int EPERM = 1, SyscallStop = 5 | 0x80;
    private const int PTRACE_GETSIGMASK = 0x420a, PTRACE_SETSIGMASK = 0x420b;

    /// <summary>The thread's registers where it was held.</summary>
    public Ptrace.Registers Original => original;

    /// <summary>
    /// Takes a seized thread out of the call that it is stopped in, which answers the stop, and holds it there. Null when it is gone, or when a signal
    /// came first: that is the program's, and the call is made again after it.
    /// </summary>
    public static Injection? InsteadOf(SeccompStop stop)
    {
        int thread = stop.ThreadId;
        Ptrace.Interrupt(thread);
        stop.Return(-ERESTARTNOINTR);
        if (!Await(thread, out ChildReport report))
            return null;
        if (report.Event == Ptrace.EVENT_STOP && Ptrace.GetRegisters(thread, out Ptrace.Registers original) == 0)
            return new(original);
        Ptrace.Detach(thread, report.Event == 0 ? report.Status & 0x7f : 0);
        return null;
    }

    /// <summary>Keeps signals away from a held thread. Returns the mask that <see cref="RestoreSignals"/> needs.</summary>
    public static ulong BlockSignals(int thread)
    {
        ulong mask = 0, all = ulong.MaxValue;

        // SAFETY: both masks are eight bytes and live on this stack for both calls.
        Libc.Call(SyscallNumbers.ptrace, PTRACE_GETSIGMASK, thread, sizeof(ulong), (long)(&mask));
        Libc.Call(SyscallNumbers.ptrace, PTRACE_SETSIGMASK, thread, sizeof(ulong), (long)(&all));
        return mask;
    }

    /// <summary>Gives a held thread its signal mask back.</summary>
    public static void RestoreSignals(int thread, ulong mask) =>

        // SAFETY: the mask is eight bytes and lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.ptrace, PTRACE_SETSIGMASK, thread, sizeof(ulong), (long)(&mask));

    /// <summary>The registers of a thread that is about to make a call.</summary>
    public Ptrace.Registers Entry(ulong number, ulong a, ulong b, ulong c, ulong d, ulong e, ulong f)
    {
        Ptrace.Registers call = Entry(number);
        (call.Rdi, call.Rsi, call.Rdx, call.R10, call.R8, call.R9) = (a, b, c, d, e, f);
        return call;
    }

    /// <summary>The same; its arguments are those of the call that it made itself.</summary>
    public Ptrace.Registers Entry(ulong number) => original with { Rip = original.Rip - 2, Rax = number, OrigRax = ulong.MaxValue };

    /// <summary>Has a held thread make one call, and nothing else. Returns its result, or EPERM when it did anything else.</summary>
    public long Call(int thread, int number, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0, ulong e = 0, ulong f = 0)
    {
        try
        {
            return Begin(thread, number, a, b, c, d, e, f) && Await(thread, out ChildReport report) && report.Status == SyscallStop
                && Ptrace.GetRegisters(thread, out Ptrace.Registers after) == 0 ? (long)after.Rax : -EPERM;
        }
        finally
        {
            InjectedCalls.Forget(thread);
        }
    }

    /// <summary>
    /// Where signals aren't blocked: the signal that came before the last call, and that the thread has not been given; 0 when it was made to stop; negative when
    /// nothing came before the call.
    /// </summary>
    public int CameFirst { get; private set; } = -1;

    /// <summary>Leaves the thread within the call, where it is certain which one it is; <see cref="InjectedCalls.Forget"/> must follow.</summary>
    public bool Begin(int thread, int number, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0, ulong e = 0, ulong f = 0)
    {
        CameFirst = -1;
        if (Ptrace.SetRegisters(thread, Entry((ulong)number, a, b, c, d, e, f)) != 0 || Ptrace.ContinueToSyscall(thread, 0) != 0 || !Await(thread, out ChildReport report))
            return false;
        if (report.Status != SyscallStop)
            CameFirst = report.Event == 0 ? report.Status & 0x7f : 0;
        if (report.Status != SyscallStop || Ptrace.GetRegisters(thread, out Ptrace.Registers now) != 0
            || (now.OrigRax, now.Rdi, now.Rsi, now.Rdx, now.R10, now.R8, now.R9) != ((ulong)number, a, b, c, d, e, f))
            return false;
        InjectedCalls.Expect(thread, [(ulong)number, a, b, c, d, e, f]);
        return Ptrace.ContinueToSyscall(thread, 0) == 0;
    }

    /// <summary>Waits for the thread's next stop, and takes it; false when it is gone.</summary>
    public static bool Await(int thread, out ChildReport report)
    {
        const int Mine = Ptrace.__WALL | Ptrace.__WNOTHREAD;
        int result = Ptrace.Wait(Ptrace.P_PID, thread, Ptrace.WSTOPPED | Ptrace.WEXITED | Ptrace.WNOWAIT | Mine, out report);
        if (result < 0 || report.HasEnded)
            return false;
        Ptrace.Wait(Ptrace.P_PID, thread, Ptrace.WSTOPPED | Ptrace.WNOHANG | Mine, out _);
        return true;
    }
}
