namespace Sandgate.Core.Confine;

/// <summary>What happens to a program that reaches a limit which doesn't just make a call fail.</summary>
public enum LimitAction
{
    /// <summary>The tree is killed.</summary>
    Kill,

    /// <summary>The tree is stopped until somebody lets it go on.</summary>
    Pause,
}

/// <summary>How much of the machine a program's whole tree may use: the configuration's <c>limits</c>. Null is no limit.</summary>
public sealed record Limits
{
    /// <summary>No limits.</summary>
    public static Limits None { get; } = new();

    /// <summary>Memory, in bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Processors' worth of time per time: 0.5 is half of one.</summary>
    public double? Cpus { get; init; }

    /// <summary>Weight against others when processors are scarce, 1 to 10000; 100 is usual (cgroups(7), cpu.weight).</summary>
    public int? CpuShare { get; init; }

    /// <summary>Processes and threads at the same time.</summary>
    public int? Processes { get; init; }

    /// <summary>Time on the clock.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Time on processors, of all processes together.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>The longest file that can be written, in bytes (RLIMIT_FSIZE).</summary>
    public long? FileSize { get; init; }

    /// <summary>Descriptors that each process can have open (RLIMIT_NOFILE).</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Bytes that can be written to disks.</summary>
    public long? DiskWritten { get; init; }

    /// <summary>Bytes that can be sent and received over networks.</summary>
    public long? Network { get; init; }

    /// <summary>True when crashes may leave core files; null when nobody said.</summary>
    public bool? CoreDumps { get; init; }

    /// <summary>What happens when memory, processor time, disk or network run out; null when nobody said.</summary>
    public LimitAction? Action { get; init; }

    /// <summary>True when nothing is limited.</summary>
    /// <remarks>Not by comparing: the comparer of each type would be compiled at every start.</remarks>
    public bool IsEmpty =>
        Memory is null && Cpus is null && CpuShare is null && Processes is null && Time is null && CpuTime is null && FileSize is null
        && OpenFiles is null && DiskWritten is null && Network is null && CoreDumps is null;

    /// <summary>These limits with later ones in their place.</summary>
    public Limits Then(Limits later) => new()
    {
        Memory = later.Memory ?? Memory,
        Cpus = later.Cpus ?? Cpus,
        CpuShare = later.CpuShare ?? CpuShare,
        Processes = later.Processes ?? Processes,
        Time = later.Time ?? Time,
        CpuTime = later.CpuTime ?? CpuTime,
        FileSize = later.FileSize ?? FileSize,
        OpenFiles = later.OpenFiles ?? OpenFiles,
        DiskWritten = later.DiskWritten ?? DiskWritten,
        Network = later.Network ?? Network,
        CoreDumps = later.CoreDumps ?? CoreDumps,
        Action = later.Action ?? Action,
    };
}
