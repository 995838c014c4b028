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

    private static readonly FilterCase[] s_allow = [new([], FilterAction.Allow)];

    /// <summary>Calls from a number on share one fate.</summary>
    private sealed record Span(uint From, FilterCase[] Cases);

    /// <summary>Compiles a filter.</summary>
    /// <param name="cases">
    /// Cases by call number; null for calls that are allowed. The last element's case holds for all numbers above it too.
    /// </param>
    /// <param name="foreign">What happens to calls of another architecture or of x32.</param>
    public static FilterInstruction[] Compile(FilterCase[]?[] cases, FilterAction foreign)
    {
        List<FilterInstruction> program =
        [
            new(LoadWord, 0, 0, OffsetArchitecture),
            new(JumpEqual, 1, 0, ArchitectureX64),
            Give(foreign),
            new(LoadWord, 0, 0, OffsetNumber),
            new(JumpGreaterOrEqual, 0, 1, FirstX32Number),
            Give(foreign),
        ];
        Search(program, Spans(cases));
        if (program.Count > MaxLength)
            throw new InvalidOperationException($"The filter has {program.Count} instructions; the kernel takes {MaxLength}.");
        return program.ToArray();
    }

    private static ReadOnlySpan<Span> Spans(FilterCase[]?[] cases)
    {
        List<Span> spans = [];
        for (int number = 0; number < cases.Length; number++)
        {
            FilterCase[] own = cases[number] ?? s_allow;
            if (spans.Count == 0 || !Same(spans[^1].Cases, own))
                spans.Add(new((uint)number, own));
        }

        if (spans.Count == 0)
            spans.Add(new(0, s_allow));
        return spans.ToArray();
    }

    // Cases with tests are rarely alike; only unconditional neighbours are worth joining.
    private static bool Same(FilterCase[] a, FilterCase[] b) =>
        a.Length == 1 && b.Length == 1 && a[0].Tests.Length == 0 && b[0].Tests.Length == 0 && a[0].Action.Code == b[0].Action.Code;

    private static void Search(List<FilterInstruction> program, ReadOnlySpan<Span> spans)
    {
        if (spans.Length == 1)
        {
            AddCases(program, spans[0].Cases);
            return;
        }

        int middle = spans.Length / 2, branch = program.Count;

        // Room for the far form: jumps of a comparison reach 255 instructions only, an unconditional one goes anywhere.
        program.Add(default);
        program.Add(default);
        Search(program, spans[..middle]);
        int below = program.Count - branch - 2;
        program[branch] = new(JumpGreaterOrEqual, 0, 1, spans[middle].From);
        program[branch + 1] = new(JumpAlways, 0, 0, (uint)below);
        Search(program, spans[middle..]);
    }

    private static void AddCases(List<FilterInstruction> program, FilterCase[] cases)
    {
        foreach (FilterCase one in cases)
        {
            int length = 1;
            foreach (ArgumentTest test in one.Tests)
                length += LengthOf(in test);
            int end = program.Count + length;
            foreach (ArgumentTest test in one.Tests)
                AddTest(program, in test, end);
            program.Add(Give(one.Action));
            if (one.Tests.Length == 0)
                return;
        }

        program.Add(Give(FilterAction.Allow));
    }

    // A test that fails jumps over what is left of its case.
    private static void AddTest(List<FilterInstruction> program, in ArgumentTest test, int end)
    {
        program.Add(new(LoadWord, 0, 0, OffsetArguments + ((uint)test.Index * 8) + (test.High ? 4u : 0u)));
        if (test.Mask != uint.MaxValue)
            program.Add(new(And, 0, 0, test.Mask));
        byte over = checked((byte)(end - program.Count - 1));
        program.Add(test.Equal ? new(JumpEqual, 0, over, test.Value) : new(JumpEqual, over, 0, test.Value));
    }

    private static int LengthOf(in ArgumentTest test) => test.Mask == uint.MaxValue ? 2 : 3;

    private static FilterInstruction Give(FilterAction action) => new(Return, 0, 0, action.Code);
}
