using Sandgate.Linux.Confine.Limits;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>
/// When the program is stopped by job control, the shell must see its job stop; its job is the
/// supervisor. When the job goes on, so does the program, with the terminal if it had it.
/// </summary>
/// <param name="program">The program.</param>
/// <param name="isPaused">True while the supervisor itself keeps the tree stopped: then it stays awake to let it go on.</param>
/// <param name="standStill">Keeps the limits while the supervisor is stopped; null where there are none.</param>
internal sealed class JobControl(int program, Func<bool>? isPaused = null, Func<StandStill?>? standStill = null)
{
    private const int SIGSTOP = 19, SIGCONT = 18;

    // Ctrl-Z reaches the program and the supervisor together; this long at most until the program's own stop is seen.
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(100);

    private int _stops;
    private int _accounted;
    private int _awaitsContinue;

    /// <summary>Called when wait4(2) reports that the program has stopped: stops the supervisor too, and returns when it goes on.</summary>
    public void ProgramHasStopped()
    {
        // The whole job may have been stopped and continued at once, and the supervisor woken first: then nothing is stopped any more.
        Thread.Sleep(5);
        if (!IsStopped() || isPaused?.Invoke() == true)
            return;
        StandStill? still = standStill?.Invoke();
        if (still?.IsHeld == false)
        {
            // A limit is more than what a shell shows of its job.
            still.End();
            return;
        }

        Interlocked.Increment(ref _stops);
        int group = Terminal.GroupOf(program), own = Terminal.GroupOf(0);
        bool hadTerminal = group != own && Terminal.Foreground() == group;
        Volatile.Write(ref _awaitsContinue, 1);
        Libc.CallBlocking(SyscallNumbers.kill, Environment.ProcessId, SIGSTOP);
        if (still?.End() == false)
            return;

        // An inner shell leads a group of its own: the outer shell gave the terminal to this one's.
        if (hadTerminal && Terminal.Foreground() == own)
            Terminal.GiveTo(group);

        // What was sent to the whole job has reached the program already; another SIGCONT could undo the next Ctrl-Z.
        if (hadTerminal)
            Libc.Call(SyscallNumbers.kill, -group, SIGCONT);
        else if (IsStopped() && !HasStoppedAgain())
            Libc.Call(SyscallNumbers.kill, program, SIGCONT);
    }

    /// <summary>
    /// Passes a SIGCONT on, but for the one that ended the supervisor's own stop: that one went to the whole job, and passed
    /// on late it would undo the next Ctrl-Z.
    /// </summary>
    public void Continue()
    {
        if (Interlocked.Exchange(ref _awaitsContinue, 0) == 0 && !HasStoppedAgain() && isPaused?.Invoke() != true)
            Libc.Call(SyscallNumbers.kill, program, SIGCONT);
    }

    // Looks without taking the report from the reaper.
    private bool HasStoppedAgain()
    {
        // A thread that the supervisor itself holds for a moment is not stopped.
        Ptrace.Wait(Ptrace.P_PID, program, Ptrace.WSTOPPED | Ptrace.WNOHANG | Ptrace.WNOWAIT, out ChildReport report);
        return report.ProcessId == program && report.Code == Ptrace.CLD_STOPPED;
    }

    /// <summary>True when a stop signal that the supervisor caught was the program's too, sent by the terminal to the whole job.</summary>
    public bool WasForTheJob()
    {
        for (TimeSpan waited = TimeSpan.Zero; waited < s_grace; waited += TimeSpan.FromMilliseconds(5))
        {
            int stops = Volatile.Read(ref _stops);
            if (Interlocked.Exchange(ref _accounted, stops) < stops)
                return true;
            Thread.Sleep(5);
        }

        return Terminal.Foreground() == Terminal.GroupOf(0);
    }

    private bool IsStopped()
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], stat = stackalloc byte[512];
        new ProcPath(path).Add("/proc/"u8).Add(program).Add("/stat"u8);
        int count = Files.ReadWhole(path, stat);

        // The state stands after the name, whose closing parenthesis is the last one.
        int name = count > 0 ? stat[..count].LastIndexOf((byte)')') : -1;
        return name >= 0 && name + 2 < count && stat[name + 2] == (byte)'T';
    }
}
