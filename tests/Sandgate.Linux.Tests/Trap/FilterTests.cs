using FsCheck;
using FsCheck.Fluent;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Tests.Trap;

/// <summary>The compiled filter does what its cases say, for every number and every architecture.</summary>
public class FilterTests
{
    private const uint X64 = 0xc000003e, I386 = 0x40000003, Aarch64 = 0xc00000b7, X32 = 0x40000000;

    private static readonly FilterAction s_foreign = FilterAction.Fail(38);

    // Few values, so that tests hold often: of halves, of bits, of signs.
    private static readonly Gen<ulong> s_registers = Gen.Elements(
        0ul, 1ul, 2ul, 0xffff_fffful, 0x8000_0000ul, 0x1_0000_0000ul, 0x1_0000_0001ul, 0xdead_beef_0000_0003ul, ulong.MaxValue);

    private static readonly Gen<uint> s_words = Gen.Elements(0u, 1u, 2u, 3u, 0x8000_0000u, 0xdead_beefu, uint.MaxValue);

    private static readonly Gen<ArgumentTest> s_tests =
        from index in Gen.Choose(0, 5)
        from mask in s_words
        from value in s_words
        from equal in Gen.Elements(true, false)
        from high in Gen.Elements(true, false)
        select new ArgumentTest(index, mask, value, equal, high);

    private static readonly Gen<FilterAction> s_actions = Gen.Elements(
        FilterAction.Allow, FilterAction.Notify, FilterAction.Fail(1), FilterAction.Fail(38), FilterAction.Fail(4095));

    private static readonly Gen<FilterCase> s_cases =
        from count in Gen.Choose(0, 3)
        from tests in s_tests.ArrayOf(count)
        from action in s_actions
        select new FilterCase(tests, action);

    private static readonly Gen<FilterCase[]?> s_rows =
        from kind in Gen.Choose(0, 4)
        from count in Gen.Choose(0, 4)
        from cases in s_cases.ArrayOf(count)
        from action in s_actions
        select kind switch { 0 or 1 => null, 2 => [new FilterCase([], action)], _ => cases };

    [Fact]
    public void The_filter_does_what_its_cases_say()
    {
        var worlds =
            from length in Gen.Choose(1, 60)
            from table in s_rows.ArrayOf(length)
            from foreign in Gen.Elements(s_foreign, FilterAction.Allow)
            from registers in s_registers.ArrayOf(6)
            select (Table: table, Foreign: foreign, Registers: registers);
        Prop.ForAll(worlds.ToArbitrary(), world =>
        {
            FilterInstruction[] program = SeccompFilter.Compile(world.Table, world.Foreign);
            FilterMachine.Verify(program);
            return AgreesEverywhere(program, world.Table, world.Foreign, world.Registers);
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(1_000));
    }

    private static bool AgreesEverywhere(FilterInstruction[] program, FilterCase[]?[] table, FilterAction foreign, ulong[] registers)
    {
        uint[] numbers =
        [
            .. Enumerable.Range(0, table.Length + 3).Select(n => (uint)n),
            1000, X32 - 1, X32, X32 | 2, X32 | (uint)table.Length, 0x8000_0000, uint.MaxValue,
        ];
        return numbers.All(number => new[] { X64, I386, Aarch64, 0u }.All(architecture =>
            FilterMachine.Run(program, architecture, number, registers) == Naive(table, foreign, architecture, number, registers).Code));
    }

    private static FilterAction Naive(FilterCase[]?[] table, FilterAction foreign, uint architecture, uint number, ulong[] registers)
    {
        if (architecture != X64 || number >= X32)
            return foreign;
        foreach (FilterCase one in table[Math.Min(number, table.Length - 1)] ?? [])
        {
            if (one.Tests.All(t => ((uint)(registers[t.Index] >> (t.High ? 32 : 0)) & t.Mask) == t.Value == t.Equal))
                return one.Action;
        }

        return FilterAction.Allow;
    }

    [Fact]
    public void Jumps_reach_further_than_255_instructions()
    {
        // Every row differs from its neighbours, so that none can be joined.
        FilterCase[]?[] table = [.. Enumerable.Range(0, 460).Select(n => (FilterCase[]?)[new([ArgumentTest.Is(n % 6, (uint)n)], FilterAction.Fail(n + 1))])];
        FilterInstruction[] program = SeccompFilter.Compile(table, s_foreign);
        Assert.True(program.Length > 4 * 255, $"only {program.Length} instructions");
        FilterMachine.Verify(program);
        for (uint number = 0; number < table.Length; number++)
        {
            ulong[] registers = new ulong[6];
            registers[number % 6] = number;
            Assert.Equal(FilterAction.Fail((int)number + 1).Code, FilterMachine.Run(program, X64, number, registers));
            registers[number % 6] = number + 1;
            Assert.Equal(FilterAction.Allow.Code, FilterMachine.Run(program, X64, number, registers));
        }
    }

    [Fact]
    public void A_table_that_no_kernel_takes_is_refused_here()
    {
        FilterCase[] many = [.. Enumerable.Range(0, 20).Select(n => new FilterCase([ArgumentTest.Is(0, (uint)n)], FilterAction.Notify))];
        Assert.Throws<InvalidOperationException>(() => SeccompFilter.Compile([.. Enumerable.Repeat<FilterCase[]?>(many, 100)], s_foreign));
    }
}
