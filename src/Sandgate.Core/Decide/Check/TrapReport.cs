using System.Collections.Immutable;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Check;

/// <summary>The calls of one family that stop, and what that costs each of them.</summary>
/// <param name="Family">The family's name; a call's own where it has none.</param>
/// <param name="Syscalls">The system calls.</param>
/// <param name="Cost">Roughly what a stop adds to the dearest of them.</param>
public sealed record TrapLine(string Family, ImmutableArray<string> Syscalls, StopCost Cost);

/// <summary>What a stopped call costs, in classes that benchmarks tell apart.</summary>
public enum StopCost : byte
{
    /// <summary>Judged by registers: some 3 microseconds.</summary>
    Registers,

    /// <summary>Text or a descriptor's name is read: some 4 microseconds.</summary>
    Memory,

    /// <summary>Paths are resolved, or facts about the process read: some 5 microseconds and more.</summary>
    Paths,

    /// <summary>A file is hashed when it is first met.</summary>
    Files,
}

/// <summary>Which system calls stop under a policy.</summary>
/// <param name="Lines">The ones that rules need, by family.</param>
/// <param name="FloorOnly">The ones that only the floor looks at, and only when their registers could matter.</param>
/// <param name="Total">How many calls there are.</param>
public sealed record TrapReport(ImmutableArray<TrapLine> Lines, ImmutableArray<string> FloorOnly, int Total)
{
    /// <summary>How many calls stop because of rules.</summary>
    public int Stopped => Lines.Sum(l => l.Syscalls.Length);

    /// <summary>Asks the policy about every call.</summary>
    public static TrapReport Of(Policy policy, ICatalogue catalogue)
    {
        SortedDictionary<string, (List<string> Names, StopCost Cost)> families = new(StringComparer.Ordinal);
        List<string> floor = [];
        foreach (SyscallShape shape in catalogue.Syscalls)
        {
            TrapReason reason = policy.TrapSet.ReasonFor(shape);
            if ((reason & TrapReason.Rule) == 0)
            {
                if ((reason & TrapReason.Floor) != 0)
                    floor.Add(shape.Name);
                continue;
            }

            string family = shape.Operations is [var operation, ..] ? Operations.Of(operation)!.Name : "no family";
            (List<string> names, StopCost cost) = families.GetValueOrDefault(family, ([], StopCost.Registers));
            names.Add(shape.Name);
            StopCost own = CostOf(policy.NeedsOf(shape));
            families[family] = (names, own > cost ? own : cost);
        }

        return new([.. families.Select(f => new TrapLine(f.Key, [.. f.Value.Names], f.Value.Cost))], [.. floor], catalogue.Syscalls.Count);
    }

    private static StopCost CostOf(Needs needs) =>
        (needs & Needs.Hash) != 0 ? StopCost.Files
        : (needs & (Needs.ResolvedPaths | Needs.Domains | (Needs.Facts & ~Needs.Registers))) != 0 ? StopCost.Paths
        : (needs & Needs.Text) != 0 ? StopCost.Memory
        : StopCost.Registers;
}
