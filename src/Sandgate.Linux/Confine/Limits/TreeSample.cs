using System.Buffers.Text;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>What the whole tree uses at one moment, added up from /proc.</summary>
internal sealed class TreeSample
{
    private const int RUSAGE_CHILDREN = -1, RUSAGE_SELF = 0;
    private const int BlockSize = 512;

    private readonly List<int> _living = [];
    private readonly List<long> _pages = [];
    private long _ticks;

    /// <summary>Time on the clock since the program started.</summary>
    public TimeSpan Elapsed { get; private init; }

    /// <summary>The tree's processes.</summary>
    public IReadOnlyList<int> Processes => _living;

    /// <summary>Their threads, and who has ended and was not waited for.</summary>
    public int Tasks { get; private set; }

    /// <summary>Memory that is resident, in bytes: what several share counts for each.</summary>
    public long Resident => _pages.Sum() * Environment.SystemPageSize;

    /// <summary>Processor time of the living, and of all whom somebody has waited for.</summary>
    public TimeSpan Cpu => TimeSpan.FromSeconds((double)_ticks / ProcessUsage.TicksPerSecond) + EndedCpu();

    /// <summary>True when there were more than could be looked at in time.</summary>
    public bool IsPartial { get; private set; }

    /// <summary>Looks at the tree.</summary>
    /// <param name="elapsed">Time on the clock since the program started.</param>
    /// <param name="patience">How long that may take, in milliseconds.</param>
    public static TreeSample Take(TimeSpan elapsed, int patience = int.MaxValue)
    {
        TreeSample sample = new() { Elapsed = elapsed };
        long end = Environment.TickCount64 + patience;
        List<int> all = Children.OfSupervisor() ?? ProcessStat.DescendantsOf(Environment.ProcessId);
        Span<byte> path = stackalloc byte[ProcPath.Room], stat = stackalloc byte[1024];
        foreach (int process in all)
        {
            if (sample.IsPartial = Environment.TickCount64 > end)
                break;
            new ProcPath(path).Add("/proc/"u8).Add(process).Add("/stat"u8);
            int count = Files.ReadWhole(path, stat);
            if (count <= 0 || !ProcessUsage.TryParse(stat[..count], out ProcessUsage usage))
                continue;
            sample._ticks += usage.Ticks;
            sample.Tasks += Math.Max(1, usage.Tasks);
            if (usage.State is 'Z' or 'X')
                continue;
            sample._living.Add(process);
            sample._pages.Add(usage.ResidentPages);
        }

        return sample;
    }

    /// <summary>Memory in bytes where what several share is divided among them: dear, because the kernel walks through all of it.</summary>
    public long Proportional()
    {
        // Who can't be looked into counts whole.
        long sum = 0;
        for (int i = 0; i < _living.Count; i++)
            sum += Field(_living[i], "/smaps_rollup"u8, "Pss:"u8) * 1024 ?? _pages[i] * Environment.SystemPageSize;
        return sum;
    }

    /// <summary>Bytes that were given to the kernel for disks; null when a process can't be asked.</summary>
    public long? Written()
    {
        long sum = EndedWritten();
        foreach (int process in _living)
        {
            long? own = Field(process, "/io"u8, "write_bytes:"u8);
            if (own is null && GroupName.StartTimeOf(process) != 0)
                return null;
            sum += own ?? 0;
        }

        return sum;
    }

    /// <summary>Bytes written by all who have ended and were waited for.</summary>
    public static long EndedWritten() => ReadUsage(RUSAGE_CHILDREN)[OutBlocks] * BlockSize;

    /// <summary>Processor time of all who have ended and were waited for.</summary>
    public static TimeSpan EndedCpu()
    {
        ReadOnlySpan<long> usage = ReadUsage(RUSAGE_CHILDREN);
        return TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3]);
    }

    /// <summary>
    /// The most memory that one of the ended has had, in bytes; null when that can't be told: a child begins in the supervisor's memory, and that counts as its own.
    /// </summary>
    public static long? EndedPeak() =>
        ReadUsage(RUSAGE_CHILDREN)[MostResident] is var peak && peak > ReadUsage(RUSAGE_SELF)[MostResident] ? peak * 1024 : null;

    private const int MostResident = 4, OutBlocks = 12;

    // struct rusage: two timevals, then fourteen numbers (getrusage(2)).
    private static unsafe long[] ReadUsage(int who)
    {
        long[] usage = new long[18];

        // SAFETY: the array is as long as struct rusage and pinned for the whole call.
        fixed (long* start = usage)
            Libc.Call(SyscallNumbers.getrusage, who, (long)start);
        return usage;
    }

    private static long? Field(int process, ReadOnlySpan<byte> file, ReadOnlySpan<byte> word)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], text = stackalloc byte[2048];
        new ProcPath(path).Add("/proc/"u8).Add(process).Add(file);
        int count = Files.ReadWhole(path, text);
        int at = count > 0 ? text[..count].IndexOf(word) : -1;
        return at >= 0 && Utf8Parser.TryParse(text[(at + word.Length)..count].TrimStart(" "u8), out long value, out _) ? value : null;
    }
}
