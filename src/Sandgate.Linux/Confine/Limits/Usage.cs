using System.Globalization;
using Sandgate.Core.Confine;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>What a run has used, to its end. Null is not known.</summary>
/// <param name="Time">Time on the clock.</param>
/// <param name="Cpu">Time on processors.</param>
/// <param name="PeakMemory">The most memory at one time, in bytes.</param>
/// <param name="MostTasks">The most processes and threads at one time.</param>
/// <param name="Written">Bytes given to the kernel for disks.</param>
/// <param name="RefusedTasks">How often the kernel refused another process.</param>
internal sealed record Usage(TimeSpan Time, TimeSpan Cpu, long? PeakMemory, int? MostTasks, long Written, long RefusedTasks)
{
    /// <summary>One line for people.</summary>
    public override string ToString()
    {
        List<string> parts =
        [
            $"{Quantity.OfTime(Cpu)} of processor time in {Quantity.OfTime(Time)}",
            PeakMemory is { } memory ? $"at most {Quantity.OfBytes(memory)} of memory" : "memory unknown (it ended too soon)",
        ];
        if (MostTasks is { } tasks)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"at most {tasks} {(tasks == 1 ? "process" : "processes and threads")} at once"));
        parts.Add($"{Quantity.OfBytes(Written)} written to disks");
        if (RefusedTasks > 0)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{RefusedTasks} {(RefusedTasks == 1 ? "process" : "processes")} refused"));
        return "used " + string.Join(", ", parts);
    }
}
