using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Signals to a process group or to everybody. The supervisor shares the program's process group
/// (as every program shares its job's), so the kernel's own kill(2) would reach it too; here
/// the signal is given to each process but the supervisor.
/// </summary>
internal static class GroupKill
{
    private const int EPERM = 1, ESRCH = 3, SIGKILL = 9, SIGCONT = 18;

    /// <summary>True when this call signals more than one process.</summary>
    /// <remarks>In a PID namespace of its own, the caller's own group is the only one that the supervisor can be in: the numbers of others mean nobody outside.</remarks>
    public static bool Applies(SeccompStop stop) =>
        stop.Number == SyscallNumbers.kill && (int)stop.Register(0) <= 0 && (int)stop.Register(1) is > 0 and <= 64
        && ((int)stop.Register(0) == 0 || ProcessFacts.SharesPids(stop.ThreadId));

    /// <summary>Gives the signal. Returns 0, or ESRCH or EPERM as kill(2) does.</summary>
    public static int Carry(SeccompStop stop)
    {
        int target = (int)stop.Register(0), signal = (int)stop.Register(1);
        int sender = ProcessFacts.ProcessOf(stop.ThreadId);
        if (ProcessStat.Read(stop.ThreadId) is not { } own)
            return ESRCH;
        int group = target == 0 ? own.Group : -target;
        bool everybody = target == -1;

        // The job that the sandbox was started in goes on outside of its PID namespace.
        string? apart = ProcessFacts.SharesPids(sender) ? null : ProcessFacts.PidNamespaceOf(sender) ?? "";

        bool any = false, found = false, self = false;
        HashSet<int> done = [Environment.ProcessId];
        if (everybody)
            done.UnionWith([sender, 1]);

        // A killed group may fork while it is being listed: list again until nobody new is in it.
        int before;
        do
        {
            before = done.Count;
            foreach (int process in ProcessStat.AllProcesses())
            {
                if (done.Contains(process) || ProcessStat.Read(process) is not { } stat || (!everybody && stat.Group != group))
                    continue;
                if (apart is not null && ProcessFacts.PidNamespaceOf(process) != apart)
                    continue;
                done.Add(process);
                found = true;
                if (process == sender)
                    self = true;
                else if (MaySignal(own, stat, signal) || (own.MayKill && UserNamespaces.Reaches(stop.ThreadId, process)))
                    any |= Libc.Call(SyscallNumbers.kill, process, signal) == 0;
            }
        }
        while (signal == SIGKILL && done.Count > before);

        // The caller last: it may not live to hear the answer.
        if (self)
            any |= Libc.Call(SyscallNumbers.kill, sender, signal) == 0;
        return any ? 0 : found ? EPERM : ESRCH;
    }

    /// <summary>Who is in the group that kill(2) names by a number that is not positive; all that can be seen where it names everybody.</summary>
    public static IEnumerable<int> MembersOf(int thread, int target)
    {
        int sender = ProcessFacts.ProcessOf(thread);
        if (!ProcessFacts.SharesPids(thread) && target != 0)
            return [];
        int? group = target == 0 ? ProcessStat.Read(sender)?.Group : -target;
        return ProcessStat.AllProcesses().Where(p => p != Environment.ProcessId && (target == -1 ? p != sender && p != 1 : ProcessStat.Read(p)?.Group == group));
    }

    // The supervisor may be allowed more than the program: kill(2)'s rule is applied to the program's own ids.
    private static bool MaySignal(ProcessStat sender, ProcessStat target, int signal) =>
        sender.RealUid == target.RealUid || sender.RealUid == target.SavedUid
        || sender.EffectiveUid == target.RealUid || sender.EffectiveUid == target.SavedUid
        || (signal == SIGCONT && sender.Session == target.Session);
}
