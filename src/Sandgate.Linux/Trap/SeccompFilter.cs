using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>One instruction of the kernel's classic packet filter (linux/filter.h, struct sock_filter).</summary>
/// <param name="Code">Operation.</param>
/// <param name="JumpTrue">Instructions to skip when a comparison holds.</param>
/// <param name="JumpFalse">Instructions to skip when it doesn't.</param>
/// <param name="Operand">Constant, offset or mask.</param>
internal readonly record struct FilterInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint Operand);

/// <summary>
/// Compiles cases by system call number into a filter: foreign architectures first, then a balanced
/// search over the numbers, so that a call no rule needs costs a handful of comparisons, or none at
/// all on kernels that keep a bitmap of always-allowed calls (5.11).
/// </summary>
internal static class SeccompFilter
{
    private const ushort LoadWord = 0x20, JumpAlways = 0x05, JumpEqual = 0x15, JumpGreaterOrEqual = 0x35, And = 0x54, Return = 0x06;
    private const uint OffsetNumber = 0, OffsetArchitecture = 4, OffsetArguments = 16;

    /// <summary>AUDIT_ARCH_X86_64 (linux/audit.h).</summary>
    public const uint ArchitectureX64 = 0xc000003e;

    /// <summary>Numbers from here on are the x32 ABI's, which shares x86-64's architecture mark.</summary>
    public const uint FirstX32Number = 0x40000000;

    /// <summary>The kernel takes no longer filter (BPF_MAXINSNS).</summary>
    public const int MaxLength = 4096;

    /// <summary>Compiles a filter.</summary>
    /// <param name="cases">Cases by call number; calls not named are allowed. The highest number's case holds for all numbers above it too.</param>
    /// <param name="foreign">What happens to calls of another architecture or of x32.</param>
    public static FilterInstruction[] Compile(IReadOnlyDictionary<int, FilterCase[]> cases, FilterAction foreign)
    {
        List<FilterInstruction> program =
        [
            new(LoadWord, 0, 0, OffsetArchitecture),
            new(JumpEqual, 1, 0, ArchitectureX64),
            Give(foreign),
            new(LoadWord, 0, 0, OffsetNumber),
        ];
        if (foreign != FilterAction.Allow)
        {
            program.Add(new(JumpGreaterOrEqual, 0, 1, FirstX32Number));
            program.Add(Give(foreign));
        }

        program.AddRange(Search(Ranges(cases)));
        if (program.Count > MaxLength)
            throw new InvalidOperationException($"The filter has {program.Count} instructions; the kernel takes {MaxLength}.");
        return [.. program];
    }

    // Numbers with one fate, as consecutive ranges from 0 upwards.
    private static List<(uint From, List<FilterInstruction> Code)> Ranges(IReadOnlyDictionary<int, FilterCase[]> cases)
    {
        List<(uint From, List<FilterInstruction> Code)> ranges = [(0, [Give(FilterAction.Allow)])];
        int highest = cases.Count == 0 ? -1 : cases.Keys.Max();
        foreach (int number in cases.Keys.Order())
        {
            List<FilterInstruction> code = Cases(cases[number]);
            Start((uint)number, code);
            if (number != highest)
                Start((uint)number + 1, [Give(FilterAction.Allow)]);
        }

        return ranges;

        void Start(uint from, List<FilterInstruction> code)
        {
            if (ranges[^1].From == from)
                ranges.RemoveAt(ranges.Count - 1);
            if (ranges.Count == 0 || !ranges[^1].Code.SequenceEqual(code))
                ranges.Add((from, code));
        }
    }

    private static List<FilterInstruction> Search(List<(uint From, List<FilterInstruction> Code)> ranges)
    {
        if (ranges.Count == 1)
            return ranges[0].Code;
        int middle = ranges.Count / 2;
        List<FilterInstruction> below = Search(ranges[..middle]), above = Search(ranges[middle..]);

        // Jumps of a comparison reach 255 instructions; further ones go by an unconditional jump.
        return below.Count <= byte.MaxValue
            ? [new(JumpGreaterOrEqual, (byte)below.Count, 0, ranges[middle].From), .. below, .. above]
            : [new(JumpGreaterOrEqual, 0, 1, ranges[middle].From), new(JumpAlways, 0, 0, (uint)below.Count), .. below, .. above];
    }

    private static List<FilterInstruction> Cases(FilterCase[] cases)
    {
        List<FilterInstruction> code = [];
        foreach (FilterCase one in cases)
        {
            // Written from the end: each test that fails jumps over what is left of its case.
            List<FilterInstruction> tail = [Give(one.Action)];
            foreach (ArgumentTest test in one.Tests.Reverse())
            {
                List<FilterInstruction> head = [new(LoadWord, 0, 0, OffsetArguments + (uint)test.Index * 8 + (test.High ? 4u : 0u))];
                if (test.Mask != uint.MaxValue)
                    head.Add(new(And, 0, 0, test.Mask));
                byte over = checked((byte)tail.Count);
                head.Add(test.Equal ? new(JumpEqual, 0, over, test.Value) : new(JumpEqual, over, 0, test.Value));
                tail = [.. head, .. tail];
            }

            code.AddRange(tail);
            if (one.Tests.Length == 0)
                return code;
        }

        code.Add(Give(FilterAction.Allow));
        return code;
    }

    private static FilterInstruction Give(FilterAction action) => new(Return, 0, 0, action.Code);
}
