using Sandgate.Core.Confine;
using Sandgate.Linux.Trap;
using AskedLimits = Sandgate.Core.Confine.Limits;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Which mechanisms hold a run to its limits.</summary>
internal static class LimitParts
{
    private const int RLIMIT_CPU = 0, RLIMIT_FSIZE = 1, RLIMIT_CORE = 4, RLIMIT_NOFILE = 7;

    // 0 keeps files from being written, but not a handler (core(5)) from being given the program's memory; 1 does both.
    private const long NoCore = 1;

    /// <summary>Those that were asked for.</summary>
    /// <param name="asked">What is asked for.</param>
    /// <param name="watch">Looks at what the tree uses.</param>
    /// <param name="refusesOpens">
    /// True when rules may refuse to open files: the kernel makes a file of its own where a program crashes, and asks no rule. Where the limit is 0 already, the
    /// filter keeps it there, and nothing is to be seen of it.
    /// </param>
    public static IEnumerable<IMechanism> Of(Confinement asked, LimitWatch watch, bool refusesOpens)
    {
        AskedLimits limits = asked.Limits;
        bool pauses = limits.Action == LimitAction.Pause;
        if (pauses)
            yield return new FreezeMeans(watch.Groups);
        if (limits.Memory is { } memory)
            yield return new MemoryLimit(memory, pauses, watch);
        if (limits.Processes is { } processes)
            yield return new ProcessesLimit(processes, watch);
        if (limits.Cpus is { } cpus)
            yield return new CpusLimit(cpus, watch.Groups);
        if (limits.CpuShare is { } share)
            yield return new CpuShareLimit(share, watch.Groups);
        if (limits.Time is { } time)
            yield return new TimeLimit(time, watch);
        if (limits.CpuTime is { } cpuTime)
        {
            yield return new CpuTimeLimit(cpuTime, watch);

            // Should the supervisor be kept from looking. Not so early that it would strike first.
            if (!pauses)
                yield return new ResourceLimit("cpu_time of each process", RLIMIT_CPU, (long)Math.Ceiling(cpuTime.TotalSeconds) + 1);
        }

        if (limits.DiskWritten is { } written)
            yield return new DiskLimit(written, watch);
        if (limits.Network is { } network)
            yield return new NetworkLimit(network, asked.Isolation, watch);
        if (limits.FileSize is { } size)
            yield return new ResourceLimit("file_size", RLIMIT_FSIZE, size);
        if (limits.OpenFiles is { } files)
            yield return new ResourceLimit("open_files", RLIMIT_NOFILE, files);
        if (limits.CoreDumps != true && !(limits.IsEmpty && asked.Isolation.IsEmpty && !(refusesOpens && CoreDumps.AreOn)))
            yield return new ResourceLimit("core_dumps", RLIMIT_CORE, NoCore, wasAsked: limits.CoreDumps is not null);
    }

    /// <summary>The controllers (cgroups(7)) that would serve.</summary>
    public static IEnumerable<string> ControllersFor(AskedLimits limits)
    {
        if (limits.Memory is not null)
            yield return "memory";
        if (limits.Processes is not null)
            yield return "pids";
        if (limits.Cpus is not null || limits.CpuShare is not null)
            yield return "cpu";
    }
}
