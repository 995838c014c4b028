namespace Sandgate.Linux.Confine.Limits;

/// <summary>What the kernel itself has counted in a run's control groups; null where nothing is counted.</summary>
internal static class GroupUsage
{
    /// <summary>Adds up what the groups tell.</summary>
    public static (long? PeakMemory, int? MostTasks, TimeSpan? Cpu, long RefusedTasks) Of(ControlGroups groups)
    {
        (long? peak, int? tasks, TimeSpan? cpu, long refused) = (null, null, null, 0);
        foreach (ControlGroup group in groups.Made.Where(g => g.IsJoined))
        {
            peak ??= group.Read("memory.max_usage_in_bytes") ?? group.Read("memory.peak");
            tasks ??= (int?)group.Read("pids.peak");
            cpu ??= CpuOf(group);
            refused += group.Read("pids.events", "max") ?? 0;
        }

        return (peak, tasks, cpu, refused);
    }

    /// <summary>The processor time of all that ever ran in a group.</summary>
    public static TimeSpan? CpuOf(ControlGroup group) => group.Read("cpuacct.usage") is { } nanoseconds ? TimeSpan.FromMicroseconds(nanoseconds / 1000.0)
        : group.Version == 2 && group.Read("cpu.stat", "usage_usec") is { } microseconds ? TimeSpan.FromMicroseconds(microseconds) : null;

    /// <summary>How many processes the kernel killed in a group for want of memory; null when it doesn't tell.</summary>
    public static long? OutOfMemoryKills(ControlGroup group) => group.Version == 1 ? group.Read("memory.oom_control", "oom_kill") : group.Read("memory.events", "oom_kill");
}
