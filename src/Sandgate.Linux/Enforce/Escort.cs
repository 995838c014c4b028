using System.Globalization;
using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>Where a thread stands after the call that it was escorted through.</summary>
internal enum Passage : byte
{
    /// <summary>It can't be escorted; its call has not been answered.</summary>
    Refused,

    /// <summary>It is gone, or has been answered by nobody: nothing is held.</summary>
    Gone,

    /// <summary>It is held where the kernel has executed another program, before that one's first instruction.</summary>
    Executed,

    /// <summary>It is held where the call has returned, before the program's next instruction.</summary>
    Returned,
}

/// <summary>
/// Goes along with a thread through a call that only the kernel can do for it, and holds it by ptrace(2) where the call is done and the
/// program can't use that yet. The thread that escorts must be the one that lets go. Shared by all threads.
/// </summary>
/// <remarks>
/// Reports of the traced thread come to the supervisor's main thread too, which reaps the tree (<see cref="Launch.Reaper"/>):
/// a process that is traced by its own parent's process shows its ptrace stops to every thread of that. So here stops are taken and ends are
/// only looked at; there, ends are taken and ptrace stops passed over. What is no ptrace stop must not become one between a look and the
/// taking, which <see cref="Seizing"/> sees to.
/// </remarks>
internal sealed class Escort(KernelFeatures kernel, Action<string> say, Action killTree)
{
    private const int EPERM = 1, ESRCH = 3, ECHILD = 10;
    private const int SIGKILL = 9;
    private const int MostNaps = 2000, MostSaid = 900;

    // Threads that seize hold it for reading, who takes other reports for writing.
    private static readonly ReaderWriterLockSlim s_seizing = new();

    /// <summary>Does something while no thread can become traced; false when one is just becoming it.</summary>
    public static bool Seizing(Action meanwhile)
    {
        if (!s_seizing.TryEnterWriteLock(0))
            return false;
        try
        {
            meanwhile();
            return true;
        }
        finally
        {
            s_seizing.ExitWriteLock();
        }
    }

    /// <summary>Lets the kernel go on with a call and holds the thread behind it.</summary>
    /// <param name="stop">The thread.</param>
    /// <param name="held">The process or thread that is held: execve gives a thread its process's id.</param>
    public Passage Through(SeccompStop stop, out int held)
    {
        held = stop.ThreadId;
        ForgetEnded();
        int seized = Seize(held);
        if (seized < 0)
            return seized == -ESRCH || !stop.IsHeld ? Gone(stop) : Passage.Refused;

        // Where a held call can't be interrupted, the thread is told beforehand to stop behind it. On older kernels that would cut the wait
        // for the answer short, again and again; there it is told afterwards, and may get a few instructions further.
        if (kernel.WaitKillable)
            Ptrace.Interrupt(held);
        bool continued = stop.Continue() == Outcome.Continued;
        if (!kernel.WaitKillable || !continued)
            Ptrace.Interrupt(held);
        Passage passage = AwaitStop(ref held);
        if (continued || passage == Passage.Gone)
            return passage;

        // Somebody else's thread, or the same in another call.
        Release(held);
        return Passage.Gone;
    }

    /// <summary>False when the thread was killed meanwhile: what was read of it since proves nothing.</summary>
    public static bool IsHeld(int held) => Ptrace.GetRegisters(held, out _) == 0;

    /// <summary>Lets the thread go its way.</summary>
    public static void Release(int held) => Ptrace.Detach(held, 0);

    /// <summary>Ends the held thread's process and the whole tree, and says why.</summary>
    public void Kill(int held, string why)
    {
        // It stays held until nobody is left who could go on without it. To say so may take as long as whoever reads likes.
        string message = $"killed the program: {(why.Length > MostSaid ? why[..MostSaid] + "…" : why)}";
        bool first = StandardError.HasRoom(message);
        if (first)
            say(message);
        killTree();
        Libc.Call(SyscallNumbers.kill, ProcessFacts.ProcessOf(held) is > 0 and var process ? process : held, SIGKILL);
        if (!first)
            say(message);
    }

    /// <summary>Refuses a call that can't be escorted, and says why.</summary>
    public Outcome Refuse(SeccompStop stop, Call call)
    {
        int tracer = ProcessFacts.TracerOf(stop.ThreadId);
        string why = tracer > 0
            ? string.Create(CultureInfo.InvariantCulture, $"pid {tracer} {ProcessFacts.NameOf(tracer)} traces it. Debug without rules on {call.Main.Name}, or run sandgate inside of the debugger")
            : "the kernel forbids to trace it (a container without ptrace, a program that made itself undumpable)";
        say(string.Create(CultureInfo.InvariantCulture,
            $"refused {CallText.Render(call.Main, PathForm.Given)} [pid {ProcessFacts.ProcessOf(stop.ThreadId)} {ProcessFacts.NameOf(stop.ThreadId)}]: what it really does could not be checked, because {why}"));
        return stop.Fail(EPERM) == Outcome.Vanished ? Outcome.Vanished : Outcome.Denied;
    }

    private static Passage Gone(SeccompStop stop)
    {
        stop.Fail(EPERM);
        return Passage.Gone;
    }

    /// <summary>Becomes the tracer of a thread; waits while another thread of the supervisor is. Returns 0 or a negative errno.</summary>
    public static int Seize(int thread, int options = Ptrace.O_TRACEEXEC | Ptrace.O_EXITKILL | Ptrace.O_TRACESYSGOOD)
    {
        for (int naps = 0; ; naps++)
        {
            s_seizing.EnterReadLock();
            int result = TargetCredentials.WithRealIds(() => Ptrace.Seize(thread, options));
            s_seizing.ExitReadLock();

            // Another thread of the supervisor is about to let go of it.
            if (result != -EPERM || naps == MostNaps || ProcessFacts.TracerOf(thread) != Environment.ProcessId)
                return result;
            Thread.Sleep(1);
        }
    }

    private static Passage AwaitStop(ref int held)
    {
        while (true)
        {
            int result = Ptrace.Wait(Ptrace.P_ALL, 0, Ptrace.WSTOPPED | Ptrace.WEXITED | Ptrace.WNOWAIT | Ptrace.__WALL | Ptrace.__WNOTHREAD, out ChildReport report);
            if (result == -ECHILD || (result == 0 && report.HasEnded))
                return Passage.Gone;
            if (result < 0)
                continue;

            // Taken at once, so that the reaper doesn't meet it again and again.
            Ptrace.Wait(Ptrace.P_PID, report.ProcessId, Ptrace.WSTOPPED | Ptrace.WNOHANG | Ptrace.__WALL | Ptrace.__WNOTHREAD, out _);
            held = report.ProcessId;
            switch (report.Event)
            {
                case Ptrace.EVENT_EXEC: return Passage.Executed;
                case Ptrace.EVENT_STOP: return Passage.Returned;
                default:
                    Ptrace.Continue(held, report.Status & 0x7f);
                    break;
            }
        }
    }

    // What was escorted before and died is reaped elsewhere; until then it would be found first.
    private static void ForgetEnded()
    {
        while (Ptrace.Wait(Ptrace.P_ALL, 0, Ptrace.WSTOPPED | Ptrace.WEXITED | Ptrace.WNOHANG | Ptrace.WNOWAIT | Ptrace.__WALL | Ptrace.__WNOTHREAD, out _) != -ECHILD)
            Thread.Sleep(1);
    }
}
