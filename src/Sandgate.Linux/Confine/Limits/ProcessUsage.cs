using System.Buffers.Text;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>What /proc/PID/stat says of what a process has used (proc(5)).</summary>
/// <param name="State">Its state's letter.</param>
/// <param name="Tasks">Its threads.</param>
/// <param name="Ticks">Its processor time, and that of children it has waited for, in clock ticks.</param>
/// <param name="StartTime">When it started, in clock ticks since boot.</param>
/// <param name="IsExiting">True when it has begun to end.</param>
/// <param name="ResidentPages">Its memory, in pages.</param>
internal readonly record struct ProcessUsage(char State, int Tasks, long Ticks, long StartTime, bool IsExiting, long ResidentPages)
{
    /// <summary>Clock ticks a second, as the kernel shows them to programs on x86-64 (USER_HZ).</summary>
    public const int TicksPerSecond = 100;

    private const long PF_EXITING = 4;

    /// <summary>Reads the file's text; false when it isn't whole.</summary>
    public static bool TryParse(ReadOnlySpan<byte> stat, out ProcessUsage usage)
    {
        usage = default;

        // The name stands in parentheses and may contain anything, parentheses too.
        int name = stat.LastIndexOf((byte)')');
        if (name < 0 || name + 4 > stat.Length)
            return false;
        ReadOnlySpan<byte> rest = stat[(name + 2)..];
        char state = (char)rest[0];
        long ticks = 0, tasks = 0, started = 0, flags = 0;
        for (int field = 3; field <= 24; field++)
        {
            int end = rest.IndexOf((byte)' ');
            ReadOnlySpan<byte> word = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (field == 3)
                continue;
            if (!Utf8Parser.TryParse(word, out long value, out _))
            {
                // Unsigned ones that don't fit are none of those that are wanted.
                if (field is 9 or (>= 14 and <= 17) or 20 or 22 or 24 || word.IsEmpty)
                    return false;
                continue;
            }

            switch (field)
            {
                case 9: flags = value; break;
                case >= 14 and <= 17: ticks += value; break;
                case 20: tasks = value; break;
                case 22: started = value; break;
                case 24: usage = new(state, (int)tasks, ticks, started, (flags & PF_EXITING) != 0, value); break;
            }
        }

        return true;
    }
}
