namespace Sandgate.Linux.Trap;

/// <summary>A comparison over 32 bits of an argument register, as a filter can make it.</summary>
/// <param name="Index">The argument, 0 to 5.</param>
/// <param name="Mask">The bits looked at.</param>
/// <param name="Value">What they are compared with.</param>
/// <param name="Equal">True when the test holds on equality, false when on difference.</param>
/// <param name="High">True for the register's upper half.</param>
internal readonly record struct ArgumentTest(int Index, uint Mask, uint Value, bool Equal, bool High = false)
{
    /// <summary>The lower half equals a value.</summary>
    public static ArgumentTest Is(int index, uint value) => new(index, uint.MaxValue, value, true);

    /// <summary>The whole register equals a value: both tests.</summary>
    public static ArgumentTest[] IsWhole(int index, ulong value) => [Is(index, (uint)value), new(index, uint.MaxValue, (uint)(value >> 32), true, High: true)];

    /// <summary>The lower half differs from a value.</summary>
    public static ArgumentTest IsNot(int index, uint value) => new(index, uint.MaxValue, value, false);

    /// <summary>At least one of these bits is set.</summary>
    public static ArgumentTest HasAny(int index, uint mask) => new(index, mask, 0, false);

    /// <summary>None of these bits is set.</summary>
    public static ArgumentTest HasNone(int index, uint mask) => new(index, mask, 0, true);

    /// <summary>Whether the test holds for these registers; the filter does the same in the kernel.</summary>
    public bool Holds(ReadOnlySpan<ulong> registers)
    {
        uint half = (uint)(High ? registers[Index] >> 32 : registers[Index]);
        return (half & Mask) == Value == Equal;
    }
}

/// <summary>What the kernel does with a call, by itself.</summary>
/// <param name="Code">The filter's return value (linux/seccomp.h, SECCOMP_RET_*).</param>
internal readonly record struct FilterAction(uint Code)
{
    /// <summary>The call goes on at native speed.</summary>
    public static FilterAction Allow { get; } = new(0x7fff0000);

    /// <summary>The call stops and the supervisor is told.</summary>
    public static FilterAction Notify { get; } = new(0x7fc00000);

    /// <summary>The call fails with an errno and the supervisor is not told.</summary>
    public static FilterAction Fail(int errno) => new(0x00050000 | (uint)errno);
}

/// <summary>For calls whose tests all hold: an action. The first case that fits decides.</summary>
/// <param name="Tests">The tests; none means always.</param>
/// <param name="Action">What happens.</param>
internal sealed record FilterCase(ArgumentTest[] Tests, FilterAction Action);

/// <summary>A case for one call.</summary>
/// <param name="Number">The call's number.</param>
/// <param name="Case">The case.</param>
internal sealed record CallCase(int Number, FilterCase Case);
