using Sandgate.Linux.Confine.Limits;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Control;

/// <summary>
/// Stops the tree while its supervisor stays awake: by the freezer of the run's control group if it has one, else by SIGSTOP to each process.
/// Parents stop before their children and go on after them: no shell in the tree sees its jobs stop.
/// </summary>
internal sealed class TreePause(ControlGroups groups)
{
    private const int SIGCONT = 18, SIGSTOP = 19, Patience = 2000;

    private readonly Lock _lock = new();
    private readonly List<int> _stopped = [];
    private bool _frozen;

    /// <summary>True while it stands still.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>True when all of it does: nothing was forked that wasn't found in time, and everything may be stopped by the supervisor.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Stops it; false when it stands still already.</summary>
    public bool Pause()
    {
        lock (_lock)
        {
            if (IsPaused)
                return false;
            IsPaused = true;
            _frozen = groups.Freeze(frozen: true);
            IsWhole = _frozen || StopAll();
            return true;
        }
    }

    /// <summary>Lets it go on; false when it wasn't stopped.</summary>
    public bool Resume()
    {
        lock (_lock)
        {
            if (!IsPaused)
                return false;
            if (_frozen)
                groups.Freeze(frozen: false);
            for (int i = _stopped.Count - 1; i >= 0; i--)
                Libc.Call(SyscallNumbers.kill, _stopped[i], SIGCONT);
            _stopped.Clear();
            IsPaused = _frozen = false;
            return true;
        }
    }

    // Whoever was forked meanwhile shows in the next list. What the program itself has stopped is left to it.
    private bool StopAll()
    {
        const int ESRCH = 3;
        HashSet<int> seen = [];
        bool may = true;
        long until = Environment.TickCount64 + Patience;
        while (Environment.TickCount64 < until)
        {
            int[] found = [.. TreeSample.Take(default).Processes.Where(seen.Add)];
            foreach (int process in found)
            {
                if (Confine.Limits.Pause.State(process) == 'T')
                    continue;
                long stopped = Libc.Call(SyscallNumbers.kill, process, SIGSTOP);
                if (stopped == 0)
                    _stopped.Add(process);
                may &= stopped is 0 or -ESRCH;
            }

            if (found.Length == 0 && _stopped.TrueForAll(p => Confine.Limits.Pause.State(p) is 'T' or 't' or 'X' or 'Z'))
                return may;
            Thread.Sleep(1);
        }

        return false;
    }
}
