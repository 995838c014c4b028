using System.Text;
using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Trap;
using static Sandgate.Linux.Interop.SyscallNumbers;

namespace Sandgate.Linux.Tests.Trap;

/// <summary>What the kernel lets pass by itself, the policy would have allowed, whatever the file.</summary>
public class SettledOpensTests
{
    private static readonly LinuxCatalogue s_catalogue = new();

    private static Policy PolicyOf(string config)
    {
        RuleSet set = ConfigReader.Read("config.json", Encoding.UTF8.GetBytes(config), new("/tmp", "/root", _ => null, s_catalogue));
        return new(set, Floor.Rules(set.LiftedFloor, 1234, ["/etc/sandgate.json"]));
    }

    private static FilterInstruction[] FilterOf(Policy policy) =>
        SeccompFilter.Compile(FilterPlan.Cases(policy, s_catalogue, [], _ => false, SideDoors.None), FilterAction.Fail(38));

    private static bool Stops(FilterInstruction[] filter, int number, ulong flags)
    {
        ulong[] registers = number == open ? [1, flags, 3, 4, 5, 6] : [1, 2, flags, 4, 5, 6];
        return FilterMachine.Run(filter, 0xc000003e, (uint)number, registers) != FilterAction.Allow.Code;
    }

    [Theory]
    [InlineData("""{ "rules": { "open": { "(*, 'w*')": "deny" } } }""", true)]
    [InlineData("""{ "rules": { "open": { "(*, '*w*')": "deny" } } }""", true)]
    [InlineData("""{ "rules": { "open": { "when mode ~ /^r?w/ and not path like './*'": "ask" } } }""", true)]
    [InlineData("""{ "rules": { "open": { "when exe == /bin/cat and mode contains w": "deny" } } }""", true)]
    [InlineData("""{ "default": "not_allow", "rules": { "open": { "(*, 'r*')": "allow" } } }""", true)]
    [InlineData("""{ "rules": { "open": { "('/etc/passwd')": "deny" } } }""", false)]
    [InlineData("""{ "rules": { "open": { "(*, 'r')": "deny" } } }""", false)]
    [InlineData("""{ "rules": { "open": { "(*, 'w*')": "deny", "*": "log" } } }""", false)]
    [InlineData("""{ "rules": { "open": { "(*, 'w*')": "deny" }, "*": { "/x/": "deny" } } }""", false)]
    [InlineData("""{ "rules": { "open": { "(*, 'w*')": "deny" }, "ptrace": { "*": "deny" } } }""", false)]
    [InlineData("""{ "rules": { "open": { "(*, 'w*')": "deny" }, "openat": { "*": "deny" }, "syscall:open": { "*": "deny" } } }""", false)]
    public void Opens_that_only_read_pass_where_the_rules_are_about_writing(string config, bool passes)
    {
        FilterInstruction[] filter = FilterOf(PolicyOf(config));
        foreach (int number in (ReadOnlySpan<int>)[open, openat])
        {
            Assert.Equal(!passes, Stops(filter, number, 0));
            Assert.Equal(!passes, Stops(filter, number, 0x80000));
            foreach (ulong changing in (ReadOnlySpan<ulong>)[1, 2, 3, 0x40, 0x200, 0x400, 0x410000, 0x241])
                Assert.True(Stops(filter, number, changing), $"{changing:x} passes");
        }

        // Their flags stand in memory, or they always create.
        Assert.True(Stops(filter, openat2, 0));
        Assert.True(Stops(filter, creat, 0));
    }

    [Fact]
    public void Whatever_passes_would_have_been_allowed()
    {
        Random random = new(21);
        string[] patterns = ["*", "(*, 'r')", "(*, 'w*')", "(*, 'rw*')", "(*, '*+nofollow')", "(*, 'path*')", "(*, '*directory*')", "('/a*')", "('/a*', 'r*')", "when mode == r or path == /b", "when not mode contains w and path like '/a*'"];
        string[] actions = ["allow", "not_allow", "log", "ask", "kill"], evaluations = ["allow-overrides", "deny-overrides", "last-match"], verdicts = ["allow", "not_allow", "ask"];
        int passed = 0, stopped = 0;
        for (int i = 0; i < 600; i++)
        {
            string rules = string.Join(", ", patterns.Where(_ => random.Next(3) == 0).Select(p => $"\"{p}\": \"{actions[random.Next(5)]}\""));
            Policy policy = PolicyOf($$"""{ "evaluation": "{{evaluations[random.Next(3)]}}", "default": "{{verdicts[random.Next(3)]}}", "rules": { "open": { {{rules}} } } }""");
            FilterInstruction[] filter = FilterOf(policy);
            for (int j = 0; j < 200; j++)
            {
                ulong flags = 0;
                foreach (ulong flag in (ReadOnlySpan<ulong>)[1, 2, 0x40, 0x80, 0x200, 0x400, 0x800, 0x10000, 0x20000, 0x80000, 0x200000, 0x400000, 1ul << 32])
                    flags |= random.Next(12) == 0 ? flag : 0;
                if (Stops(filter, openat, flags))
                {
                    stopped++;
                    continue;
                }

                passed++;
                foreach (string path in (ReadOnlySpan<string>)["/a", "/b", "/c"])
                {
                    CallView view = new(Operation.Open, "open", [Argument.FromPath(path, path), Argument.FromText(OpenMode.Render(flags))]);
                    Verdict verdict = policy.Decide(new Call { ThreadId = 1, Syscall = "openat", Views = [view] });
                    Assert.True(verdict is { Allowed: true, Logged: false }, $"{flags:x} of {path} passes: {rules}");
                }
            }
        }

        Assert.True(passed > 1000 && stopped > 1000, $"{passed} passed and {stopped} stopped: too few to say anything");
    }
}
