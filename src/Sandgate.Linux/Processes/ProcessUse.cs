using System.Buffers.Text;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Processes;

/// <summary>What a process has used, as /proc tells (proc(5)); null where it can't be told any more.</summary>
/// <param name="Cpu">Processor time of all its threads.</param>
/// <param name="PeakMemory">The most memory it had in use at once, in bytes.</param>
/// <param name="Status">Its exit status as wait(2) has it, once it has ended and is not yet taken; null before and after.</param>
internal readonly record struct ProcessUse(TimeSpan? Cpu, long? PeakMemory, int? Status)
{
    // USER_HZ, the unit of times that the kernel shows to programs.
    private const int TicksPerSecond = 100;

    // Counted from the field after the name.
    private const int State = 0, UserTime = 11, SystemTime = 12, StartTime = 19, ExitCode = 49;

    /// <summary>Reads it.</summary>
    public static ProcessUse Of(int process)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], text = stackalloc byte[4096];
        new ProcPath(path).Add("/proc/"u8).Add(process).Add("/stat"u8);
        int count = Files.ReadWhole(path, text);
        if (count <= 0)
            return default;

        ReadOnlySpan<byte> fields = AfterName(text[..count]);
        TimeSpan? cpu = Field(fields, UserTime) is { } user && Field(fields, SystemTime) is { } system
            ? TimeSpan.FromSeconds((user + system) / (double)TicksPerSecond) : null;
        int? status = fields.Length > State && fields[State] is (byte)'Z' or (byte)'X' ? (int?)Field(fields, ExitCode) : null;
        new ProcPath(path).Add("/proc/"u8).Add(process).Add("/status"u8);
        count = Files.ReadWhole(path, text);
        return new(cpu, count > 0 ? PeakIn(text[..count]) : null, status);
    }

    /// <summary>What this one knows, else what an older one does. A process that has ended has no memory any more.</summary>
    public ProcessUse Or(ProcessUse older) => new(Cpu ?? older.Cpu, PeakMemory ?? older.PeakMemory, Status ?? older.Status);

    /// <summary>How long ago a process began; zero when it is gone.</summary>
    public static TimeSpan AgeOf(int process)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], text = stackalloc byte[1024];
        new ProcPath(path).Add("/proc/"u8).Add(process).Add("/stat"u8);
        int count = Files.ReadWhole(path, text);
        if (count <= 0 || Field(AfterName(text[..count]), StartTime) is not { } began)
            return TimeSpan.Zero;
        count = Files.ReadWhole("/proc/uptime\0"u8, text);
        return count > 0 && Utf8Parser.TryParse(text[..count], out double uptime, out _)
            ? TimeSpan.FromSeconds(Math.Max(0, uptime - (began / (double)TicksPerSecond))) : TimeSpan.Zero;
    }

    // The name stands in parentheses and may contain anything, parentheses too.
    private static ReadOnlySpan<byte> AfterName(ReadOnlySpan<byte> stat) => stat[Math.Min(stat.Length, stat.LastIndexOf((byte)')') + 2)..];

    private static long? Field(ReadOnlySpan<byte> fields, int index)
    {
        for (; index > 0; index--)
        {
            int space = fields.IndexOf((byte)' ');
            if (space < 0)
                return null;
            fields = fields[(space + 1)..];
        }

        return Utf8Parser.TryParse(fields, out long value, out _) ? value : null;
    }

    // "VmHWM:\t   12345 kB"
    private static long? PeakIn(ReadOnlySpan<byte> status)
    {
        ReadOnlySpan<byte> label = "\nVmHWM:"u8;
        int at = status.IndexOf(label);
        return at >= 0 && Utf8Parser.TryParse(status[(at + label.Length)..].TrimStart("\t "u8), out long kilobytes, out _) ? kilobytes * 1024 : null;
    }
}
