using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>
/// Waits for the program and for everything it leaves behind: the supervisor is the tree's
/// subreaper (prctl(2)), so orphans become its children and none stays a zombie.
/// </summary>
internal sealed class Reaper(int program, JobControl job, SignalForwarding signals, Action onWaitingForRest)
{
    private const int WNOHANG = 1, WUNTRACED = 2, ECHILD = 10;
    private const int Patience = 1000, Nap = 5;
    private const long __WALL = 0x40000000;

    /// <summary>Waits until nobody is left. Returns the program's exit status as a shell would show it: 128 + n for a signal.</summary>
    public unsafe int Run()
    {
        int result = 0;

        // When to tell that there is a rest. No timer: it would want a thread, and the program may have used up the user's.
        long? tellAt = null;
        while (true)
        {
            int status = 0;

            // SAFETY: status lives on this stack for the whole call.
            long child = Libc.CallBlocking(SyscallNumbers.wait4, -1, (long)(&status), WUNTRACED | __WALL | (tellAt is null ? 0 : WNOHANG), 0);
            if (child == -ECHILD)
                return result;
            if (child == 0 && Environment.TickCount64 < tellAt)
            {
                Thread.Sleep(Nap);
                continue;
            }

            if (child == 0)
            {
                tellAt = null;
                onWaitingForRest();
            }

            if (child != program)
                continue;
            if ((status & 0xff) == 0x7f)
                job.ProgramHasStopped();
            else
            {
                result = (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
                signals.ProgramHasEnded();
                tellAt = Environment.TickCount64 + Patience;
            }
        }
    }
}
