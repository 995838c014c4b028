using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Tests.Trap;

/// <summary>The kernel's machine for classic packet filters, as far as the compiler uses it, in the plainest form.</summary>
internal static class FilterMachine
{
    /// <summary>What the filter returns for a call.</summary>
    /// <exception cref="InvalidOperationException">The filter is one that the kernel would refuse.</exception>
    public static uint Run(ReadOnlySpan<FilterInstruction> program, uint architecture, uint number, ReadOnlySpan<ulong> registers)
    {
        uint accumulator = 0;
        for (int at = 0; at < program.Length;)
        {
            FilterInstruction now = program[at++];
            switch (now.Code)
            {
                case 0x20: accumulator = Load(now.Operand, architecture, number, registers); break;
                case 0x54: accumulator &= now.Operand; break;
                case 0x05: at += checked((int)now.Operand); break;
                case 0x15: at += accumulator == now.Operand ? now.JumpTrue : now.JumpFalse; break;
                case 0x35: at += accumulator >= now.Operand ? now.JumpTrue : now.JumpFalse; break;
                case 0x06: return now.Operand;
                default: throw new InvalidOperationException($"no such instruction: {now}");
            }
        }

        throw new InvalidOperationException("the filter ran past its end");
    }

    /// <summary>The checks that seccomp(2) makes of a filter before it takes it.</summary>
    public static void Verify(ReadOnlySpan<FilterInstruction> program)
    {
        Assert.InRange(program.Length, 1, 4096);
        Assert.Equal(0x06, program[^1].Code);
        for (int at = 0; at < program.Length; at++)
        {
            FilterInstruction now = program[at];
            long longest = now.Code switch { 0x05 => now.Operand, 0x15 or 0x35 => Math.Max(now.JumpTrue, now.JumpFalse), _ => 0 };
            Assert.True(at + 1 + longest < program.Length || now.Code == 0x06, $"instruction {at} jumps out of the filter: {now}");
            if (now.Code == 0x20)
                Assert.True(now.Operand < 64 && now.Operand % 4 == 0, $"instruction {at} loads from outside of the call: {now}");
        }
    }

    // struct seccomp_data of linux/seccomp.h: number, architecture, instruction pointer, six arguments.
    private static uint Load(uint offset, uint architecture, uint number, ReadOnlySpan<ulong> registers) => offset switch
    {
        0 => number,
        4 => architecture,
        >= 16 and < 64 when offset % 4 == 0 => (uint)(registers[(int)(offset - 16) / 8] >> (offset % 8 == 0 ? 0 : 32)),
        _ => throw new InvalidOperationException($"a load from offset {offset}"),
    };
}
