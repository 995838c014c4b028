using Sandgate.Linux.Enforce;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>
/// Waits for the program and for everything it leaves behind: the supervisor is the tree's
/// subreaper (prctl(2)), so orphans become its children and none stays a zombie.
/// </summary>
/// <remarks>
/// Reports of threads that another thread of the supervisor holds by ptrace (<see cref="Escort"/>) come here, too. Their stops are
/// that thread's. Their ends are taken here, whoever's children they are: then their real parent hears of them.
/// </remarks>
internal sealed class Reaper(int program, JobControl job, SignalForwarding signals, Action onWaitingForRest)
{
    private const int ECHILD = 10;
    private const int Patience = 1000, Nap = 5;

    /// <summary>Waits until nobody is left. Returns the program's exit status as a shell would show it: 128 + n for a signal.</summary>
    public int Run()
    {
        int result = 0;

        // When to tell that there is a rest. No timer: it would want a thread, and the program may have used up the user's.
        long? tellAt = null;
        while (true)
        {
            int looked = Look(Ptrace.WEXITED | Ptrace.WSTOPPED | (tellAt is null ? 0 : Ptrace.WNOHANG), out ChildReport report);
            if (looked == -ECHILD)
                return result;
            if (looked == 0 && report.ProcessId == 0 && Environment.TickCount64 < tellAt)
            {
                Thread.Sleep(Nap);
                continue;
            }

            if (looked == 0 && report.ProcessId == 0)
            {
                tellAt = null;
                onWaitingForRest();
            }

            if (looked < 0 || !Take(ref report) || report.ProcessId != program)
                continue;
            if (report.Code == Ptrace.CLD_STOPPED)
                job.ProgramHasStopped();
            else
            {
                result = report.Code == Ptrace.CLD_EXITED ? report.Status & 0xff : 128 + (report.Status & 0x7f);
                signals.ProgramHasEnded();

                // Its id may be given to another of the tree.
                program = 0;
                tellAt = Environment.TickCount64 + Patience;
            }
        }
    }

    private static int Look(int options, out ChildReport report) =>
        Ptrace.Wait(Ptrace.P_ALL, 0, options | Ptrace.WNOWAIT | Ptrace.__WALL, out report);

    // False when there is nothing to take, or it is somebody else's.
    private static bool Take(ref ChildReport report)
    {
        if (report.ProcessId == 0)
            return false;
        if (report.HasEnded)
            return Take(report, Ptrace.WEXITED);
        if (report.Code == Ptrace.CLD_STOPPED)
        {
            ChildReport stopped = report;
            bool taken = false;
            if (Escort.Seizing(() => taken = IsStillStopped(stopped) && Take(stopped, Ptrace.WSTOPPED)))
                return taken;
        }

        // A held thread's stop is taken by who holds it, at once, and hides others until then. A process that can't be taken because another
        // is just becoming held must not hide who has ended: becoming held may have to wait for that.
        Thread.Sleep(1);
        return Look(Ptrace.WEXITED | Ptrace.WNOHANG, out report) == 0 && report.HasEnded && Take(report, Ptrace.WEXITED);
    }

    private static bool IsStillStopped(ChildReport report) =>
        Ptrace.Wait(Ptrace.P_PID, report.ProcessId, Ptrace.WSTOPPED | Ptrace.WNOHANG | Ptrace.WNOWAIT | Ptrace.__WALL, out ChildReport now) == 0
        && now.ProcessId == report.ProcessId && now.Code == Ptrace.CLD_STOPPED;

    private static bool Take(ChildReport report, int what) =>
        Ptrace.Wait(Ptrace.P_PID, report.ProcessId, what | Ptrace.WNOHANG | Ptrace.__WALL, out ChildReport taken) == 0 && taken.ProcessId == report.ProcessId;
}
