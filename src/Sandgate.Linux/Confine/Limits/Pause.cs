using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Stops the whole tree, and the supervisor with it, until somebody continues the supervisor: a shell's <c>fg</c>, a SIGCONT.</summary>
internal static class Pause
{
    private const int SIGCONT = 18, SIGSTOP = 19;
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(20);

    /// <summary>Stops it, and returns when it goes on.</summary>
    public static void Tree(int program, TreeSample sample, ControlGroups groups)
    {
        if (groups.Freeze(frozen: true))
        {
            StopSelf();
            groups.Freeze(frozen: false);
            return;
        }

        // Whoever was forked meanwhile shows in the next list. The program itself comes last: when it stops, the supervisor does, by job control.
        HashSet<int> stopped = [];
        for (TreeSample now = sample; now.Processes.Any(p => p != program && stopped.Add(p)); now = TreeSample.Take(now.Elapsed))
            SendAll(now.Processes.Where(p => p != program), SIGSTOP);
        if (Libc.Call(SyscallNumbers.kill, program, SIGSTOP) == 0)
        {
            while (State(program) != 'T')
                Thread.Sleep(1);
            while (State(program) == 'T')
                Thread.Sleep(s_nap);
        }
        else
            StopSelf();
        SendAll(stopped, SIGCONT);
    }

    // To this very thread: it stops before it returns from the call, and the others with it.
    private static void StopSelf() =>
        Libc.CallBlocking(SyscallNumbers.tgkill, Environment.ProcessId, Libc.Call(SyscallNumbers.gettid), SIGSTOP);

    private static void SendAll(IEnumerable<int> processes, int signal)
    {
        foreach (int process in processes)
            Libc.Call(SyscallNumbers.kill, process, signal);
    }

    /// <summary>The state of a process as proc(5) has it; X when it is gone.</summary>
    public static char State(int process)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], stat = stackalloc byte[1024];
        new ProcPath(path).Add("/proc/"u8).Add(process).Add("/stat"u8);
        int count = Files.ReadWhole(path, stat);
        return count > 0 && ProcessUsage.TryParse(stat[..count], out ProcessUsage usage) ? usage.State : 'X';
    }
}
