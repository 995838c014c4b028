using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;
using static Sandgate.Linux.Interop.SyscallNumbers;

namespace Sandgate.Linux.Tests.Trap;

/// <summary>The kernel's filter and the policy agree on what has to stop.</summary>
public class FilterPlanTests
{
    private const uint X64 = 0xc000003e;
    private const ulong Cookie = 0x1234_5678_9abc_def0, Arguments = 0x7f12_3456_7000, Variables = 0x7f65_4321_7000;
    private const string Seed = """
        { "rules": {
            "open": { "('/passwd')": "not_allow", "('./*')": "allow" },
            "run_on_all_syscalls_regrdless_of_type": { "/(google.com)": "not_allow" },
            "write": { "*": "not_allow", "('koko.txt',*)": "allow" } } }
        """;

    private const string DenyAll = """{ "default": "not_allow", "rules": { "*": { "*": "not_allow" } } }""";

    private static readonly LinuxCatalogue s_catalogue = new();
    private static readonly ExecCall s_first = new(0x1000, (long)Arguments, (long)Variables, (long)Cookie);

    private static readonly Gen<ulong[]> s_registers = Gen.Elements(
        0ul, 1ul, 8ul, 15ul, 16ul, 0x4206ul, 0x5412ul, 0x8901ul, 0x0080_0000ul, 0x241ul, ulong.MaxValue, Cookie, Arguments, Variables, (ulong)Environment.ProcessId).ArrayOf(6);

    private static (Policy Policy, FilterInstruction[] Filter) Compile(string config)
    {
        ReaderContext context = new("/tmp", "/root", _ => null, s_catalogue);
        RuleSet set = ConfigReader.Read("config.json", Encoding.UTF8.GetBytes(config), context);
        Policy policy = new(set, Floor.Rules(set.LiftedFloor, Environment.ProcessId, ["/etc/sandgate.json"]));
        return (policy, SeccompFilter.Compile(FilterPlan.Cases(policy, s_catalogue, s_first.Passes, _ => false, SideDoorsOf.Rules(set, s_catalogue, _ => false)), FilterAction.Fail(38)));
    }

    private static uint Answer(FilterInstruction[] filter, int number, params ulong[] registers)
    {
        ulong[] six = new ulong[6];
        registers.CopyTo(six, 0);
        return FilterMachine.Run(filter, X64, (uint)number, six);
    }

    [Theory]
    [InlineData("""{ "rules": { "connect": { "('10.0.0.1:*')": "not_allow" } } }""", true)]
    [InlineData("""{ "rules": { "send": { "*": "not_allow" } } }""", true)]
    [InlineData("""{ "rules": { "sendto": { "*": "ask" } } }""", true)]
    [InlineData(DenyAll, true)]
    [InlineData("""{ "rules": { "connect": { "('10.0.0.1:*')": "log" }, "open": { "('/x')": "not_allow" } } }""", false)]
    public void Packets_go_where_the_call_says_where_rules_refuse_addresses(string config, bool kept)
    {
        const uint Permission = 0x0005_0000 | 1, Protocol = 0x0005_0000 | 93;
        (Policy policy, FilterInstruction[] filter) = Compile(config);
        Assert.Equal(kept, (SideDoorsOf.Rules(policy.Set, s_catalogue, _ => false) & SideDoors.Addresses) != 0);
        Assert.True((SideDoorsOf.Rules(policy.Set, s_catalogue, shape => shape.Name == "connect") & SideDoors.Addresses) != 0);
        uint[] answers =
        [
            Answer(filter, setsockopt, 3, 0, 4), Answer(filter, setsockopt, 3, 0, 3), Answer(filter, setsockopt, 3, 41, 57), Answer(filter, setsockopt, 3, 41, 32),
            Answer(filter, socket, 17, 3, 0x300), Answer(filter, socket, 2, 3, 255), Answer(filter, socket, 2, 0x80000 | 10, 0x300),
        ];
        Assert.All(answers, answer => Assert.Equal(kept, answer == Permission));
        Assert.All([Answer(filter, socket, 2, 1, 132), Answer(filter, socket, 10, 5, 0)], answer => Assert.Equal(kept, answer == Protocol));
        uint[] others = [Answer(filter, socket, 2, 1, 6), Answer(filter, socket, 2, 3, 1), Answer(filter, setsockopt, 3, 0, 1), Answer(filter, setsockopt, 3, 41, 26), Answer(filter, socket, 1, 5, 0)];
        Assert.All(others, answer => Assert.NotEqual(Permission, answer));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData(Seed)]
    [InlineData(DenyAll)]
    public void The_kernel_takes_the_filters_of_real_policies(string config) => FilterMachine.Verify(Compile(config).Filter);

    [Theory]
    [InlineData(Seed)]
    [InlineData(DenyAll)]
    [InlineData("""{ "rules": { "open": { "('/etc/passwd')": "not_allow" }, "kill": { "*": "not_allow" }, "ioctl": { "*": "not_allow" } } }""")]
    [InlineData("""{ "rules": { "syscall:openat": { "*": "log" }, "brk": { "*": "not_allow" }, "clone": { "*": "log" } } }""")]
    public void What_a_rule_needs_never_passes_by(string config)
    {
        (Policy policy, FilterInstruction[] filter) = Compile(config);
        List<int> ruled = [.. Enumerable.Range(0, s_catalogue.Count).Where(n =>
            s_catalogue.ShapeOf(n) is { } shape && (policy.TrapSet.ReasonFor(shape) & TrapReason.Rule) != 0)];
        Assert.NotEmpty(ruled);
        Prop.ForAll(s_registers.ToArbitrary(), registers => ruled.All(number =>
            Answer(filter, number, registers) != FilterAction.Allow.Code || (number == execve && IsFirst(registers))))
            .Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(300));
    }

    private static bool IsFirst(ulong[] registers) => registers[5] == Cookie || (registers[1] == Arguments && registers[2] == Variables);

    [Fact]
    public void Without_rules_only_the_floor_stops_anything()
    {
        (Policy policy, FilterInstruction[] filter) = Compile("{}");
        for (int number = 0; number < s_catalogue.Count; number++)
        {
            if (s_catalogue.ShapeOf(number) is { } shape && policy.TrapSet.ReasonFor(shape) == TrapReason.None && !FilterPlan.ChangesRoot(number, new ulong[6]) && !FilterPlan.ChangesCredentials(number, new ulong[6]))
                Assert.NotEqual(FilterAction.Notify.Code, Answer(filter, number, 1, 2, 3, 4, 5, 6));
        }

        Assert.Equal(FilterAction.Allow.Code, Answer(filter, read, 0, 0, 100));
        Assert.Equal(FilterAction.Allow.Code, Answer(filter, openat, ulong.MaxValue - 99, 0x7000, 0 /* O_RDONLY */));
        Assert.Equal(FilterAction.Notify.Code, Answer(filter, openat, ulong.MaxValue - 99, 0x7000, 0x241 /* O_WRONLY | O_CREAT | O_TRUNC */));
    }

    [Fact]
    public void What_the_floor_could_mind_stops_or_fails()
    {
        FilterInstruction[] filter = Compile("{}").Filter;
        ulong self = (ulong)Environment.ProcessId;
        const ulong All = ulong.MaxValue, High = 0xffff_ffff_0000_0000;
        (int Number, ulong[] Registers)[] minded =
        [
            (io_uring_setup, [1]), (io_uring_enter, [3]), (io_uring_register, [3]),
            (clone, [0x0080_0011]), (clone3, [0x7000, 88]),
            (ioctl, [0, 0x5412]), (ioctl, [0, High | 0x5412]), (ioctl, [0, 0x541c]), (ioctl, [3, 0x8901]), (ioctl, [3, 0x8902]),
            (ioctl, [3, 0xaa00, 0x80000]), (userfaultfd, [0x80000]),
            (fcntl, [3, 8, self]), (fcntl, [3, 8, self | High]), (fcntl, [3, 8, All]), (fcntl, [3, 15, 0x7000]),
            (seccomp, [1, 8]), (seccomp, [1, 0x28]),
            (kill, [self, 15]), (kill, [0, 15]), (kill, [All, 15]), (tkill, [self, 15]),
            (tgkill, [self, self, 15]), (tgkill, [self | High, self, 15]),
            (rt_sigqueueinfo, [self, 15]), (rt_tgsigqueueinfo, [self, self, 15]), (pidfd_send_signal, [3, 15]), (pidfd_send_signal, [3, 15, 0, 4]),
            (ptrace, [16, self]), (ptrace, [0x4206, self]), (process_vm_readv, [self]), (process_vm_writev, [self]), (pidfd_getfd, [3, 0]),
            (process_madvise, [3]), (kcmp, [self, self]), (perf_event_open, [0x7000, self]), (prlimit64, [self]),
            (open, [0x7000, 1]), (open, [0x7000, 2]), (open, [0x7000, 0x40]), (open, [0x7000, 0x200]), (creat, [0x7000]),
            (openat2, [0, 0x7000, 0x7100, 24]), (open_by_handle_at, [3, 0x7000, 1]),
            (truncate, [0x7000]), (rename, [0x7000, 0x7100]), (renameat, [0, 0x7000, 0, 0x7100]), (renameat2, [0, 0x7000, 0, 0x7100]),
            (unlink, [0x7000]), (unlinkat, [0, 0x7000]), (link, [0x7000, 0x7100]), (linkat, [0, 0x7000, 0, 0x7100]),
            (mount, [0x7000, 0x7100]), (move_mount, [0, 0x7000, 0, 0x7100]),
        ];
        foreach ((int number, ulong[] registers) in minded)
        {
            Assert.True(Answer(filter, number, registers) != FilterAction.Allow.Code,
                $"{s_catalogue.ShapeOf(number)!.Name}({string.Join(", ", registers)}) passes by");
        }
    }

    [Fact]
    public void A_userfault_that_the_kernel_doesnt_wait_for_passes()
    {
        FilterInstruction[] filter = Compile("{}").Filter;
        Assert.Equal(FilterAction.Allow.Code, Answer(filter, userfaultfd, 0x80001));
        Assert.Equal(FilterAction.Allow.Code, Answer(filter, ioctl, 3, 0xaa00, 0x80001));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "rules": { "open": { "('/x')": "not_allow" } } }""")]
    [InlineData("""{ "rules": { "chmod": { "('/x')": "not_allow" } } }""")]
    public void Whoever_does_calls_for_the_program_hears_of_what_the_next_execve_takes_away(string config)
    {
        const ulong High = 0xffff_ffff_0000_0000;
        FilterInstruction[] filter = Compile(config).Filter;
        foreach (ulong option in new ulong[] { 24, 28, 47, High | 24 })
        {
            Assert.Equal(FilterAction.Notify.Code, Answer(filter, prctl, option, 1));
            Assert.True(FilterPlan.ChangesCredentials(prctl, [option, 1, 0, 0, 0, 0]));
        }

        foreach (ulong option in new ulong[] { 23, 27, 38 })
        {
            Assert.Equal(FilterAction.Allow.Code, Answer(filter, prctl, option, 1));
            Assert.False(FilterPlan.ChangesCredentials(prctl, [option, 1, 0, 0, 0, 0]));
        }

        // F_SETDELEG
        Assert.Equal(FilterAction.Fail(22).Code, Answer(filter, fcntl, 3, 1040, 0x7000));
    }

    [Theory]
    [InlineData("{}", false)]
    [InlineData("""{ "rules": { "open": { "('/x')": "not_allow" } } }""", true)]
    [InlineData("""{ "rules": { "chmod": { "('/x')": "not_allow" } } }""", false)]
    public void Locks_of_open_files_stop_where_files_are_opened_for_the_program(string config, bool stop)
    {
        FilterInstruction[] filter = Compile(config).Filter;
        uint expected = stop ? FilterAction.Notify.Code : FilterAction.Allow.Code;
        Assert.Equal(expected, Answer(filter, flock, 3, 2));

        // F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE; F_SETLK belongs to the process.
        foreach (ulong command in new ulong[] { 37, 38, 1024 })
            Assert.Equal(expected, Answer(filter, fcntl, 3, command, 0x7000));
        Assert.Equal(FilterAction.Allow.Code, Answer(filter, fcntl, 3, 6, 0x7000));
    }

    [Theory]
    [InlineData("write")]
    [InlineData("truncate")]
    public void Holes_by_advice_are_refused_where_contents_are_ruled(string family)
    {
        FilterInstruction[] filter = Compile($$"""{ "rules": { "{{family}}": { "('/x')": "not_allow" } } }""").Filter;
        Assert.Equal(FilterAction.Fail(95).Code, Answer(filter, madvise, 0x7000, 4096, 9));
        Assert.Equal(FilterAction.Fail(22).Code, Answer(filter, process_madvise, 3, 0x7000, 1, 9));
        Assert.Equal(FilterAction.Allow.Code, Answer(filter, madvise, 0x7000, 4096, 4));
        Assert.Equal(FilterAction.Allow.Code, Answer(Compile("{}").Filter, madvise, 0x7000, 4096, 9));
    }

    [Theory]
    [InlineData("write", 0x40305828u, 0x4030580au, 0x4030580bu, 0x40305824u, 0x40305825u, 0xc028660fu, 0x40585883u, 0x6611u, 0x40809440u, 0x40789440u, 0x4018f514u, 0xf519u, 0x4004cf03u, 0x1277u, 0x127du, 0x127fu)]
    [InlineData("truncate", 0x40305828u, 0x40305825u, 0x6611u, 0xf519u)]
    [InlineData("open", 0xc038586bu, 0x40489426u, 0x40449426u, 0xd0009411u, 0xc0709411u, 0x50009401u, 0x40186f04u)]
    [InlineData("xattr", 0x40086602u, 0x40046602u, 0x401c5820u, 0x40087602u, 0x40047602u, 0x40806685u, 0x40047211u, 0x4048587bu)]
    [InlineData("delete", 0x5000940fu, 0x40186f04u)]
    public void Ioctls_that_do_the_same_are_refused_where_rules_refuse_it(string family, params uint[] commands)
    {
        FilterInstruction[] filter = Compile($$"""{ "rules": { "{{family}}": { "('/x')": "not_allow" } } }""").Filter, none = Compile("{}").Filter;
        foreach (uint command in commands)
        {
            Assert.Equal(FilterAction.Fail(25).Code, Answer(filter, ioctl, 3, command, 0x7000));
            Assert.Equal(FilterAction.Allow.Code, Answer(none, ioctl, 3, command, 0x7000));
        }
    }

    [Fact]
    public void A_rule_on_domains_hears_questions_and_answers_but_not_what_passes_by_the_standard_streams()
    {
        FilterInstruction[] filter = Compile("""{ "rule_table": [ { "on": ["connect"], "when": "domain == \"good.test\"", "action": "not_allow" } ] }""").Filter;
        foreach (int number in new[] { connect, sendto, sendmsg, sendmmsg, recvfrom, recvmsg, recvmmsg })
            Assert.Equal(FilterAction.Notify.Code, Answer(filter, number, 1));
        foreach (int number in new[] { read, write, readv, writev })
        {
            foreach (ulong descriptor in new ulong[] { 0, 1, 2 })
                Assert.Equal(FilterAction.Allow.Code, Answer(filter, number, descriptor, 0x7000, 512));
            foreach (ulong descriptor in new ulong[] { 3, 4, 7, 1024, 0xffff_ffff })
                Assert.Equal(FilterAction.Notify.Code, Answer(filter, number, descriptor, 0x7000, 65537));
        }

        Assert.Equal(FilterAction.Allow.Code, Answer(filter, read, 3, 0x7000, 128 * 1024));
        Assert.Equal(FilterAction.Allow.Code, Answer(filter, pread64, 3, 0x7000, 512));
    }

    [Fact]
    public void The_secret_lets_the_first_execve_pass_and_nothing_else()
    {
        FilterInstruction[] filter = Compile("""{ "rules": { "exec": { "*": "not_allow" } } }""").Filter;
        uint Exec(ulong argv, ulong envp, ulong cookie) => Answer(filter, execve, 1, argv, envp, 0, 0, cookie);
        Assert.Equal(FilterAction.Allow.Code, Exec(2, 3, Cookie));
        Assert.Equal(FilterAction.Allow.Code, Exec(Arguments, Variables, 0));
        foreach (int bit in Enumerable.Range(0, 64))
        {
            Assert.Equal(FilterAction.Notify.Code, Exec(2, 3, Cookie ^ (1ul << bit)));
            Assert.Equal(FilterAction.Notify.Code, Exec(Arguments ^ (1ul << bit), Variables, 0));
            Assert.Equal(FilterAction.Notify.Code, Exec(Arguments, Variables ^ (1ul << bit), 0));
        }

        Assert.Equal(FilterAction.Notify.Code, Answer(filter, execveat, 1, Arguments, Variables, 0, 0, Cookie));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData(DenyAll)]
    public void A_call_newer_than_the_table_does_not_exist(string config)
    {
        FilterInstruction[] filter = Compile(config).Filter;
        foreach (int number in new[] { s_catalogue.Count, s_catalogue.Count + 1, 1000, 0x3fff_ffff })
            Assert.Equal(FilterAction.Fail(38).Code, Answer(filter, number));
    }
}
