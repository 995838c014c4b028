using System.Text;
using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Trap;
using static Sandgate.Linux.Interop.SyscallNumbers;

namespace Sandgate.Linux.Tests.Trap;

/// <summary>What the kernel's filter lets pass, the policy would have allowed.</summary>
public class FilterAgreesTests
{
    private const uint X64 = 0xc000003e;

    private static readonly LinuxCatalogue s_catalogue = new();

    private static readonly string[] s_patterns =
    [
        "*", "('/etc/*')", "(*, 'w*')", "('/etc/*', 'r')", "/passwd/", "/prot_exec/i", "/SIGKILL|0x/", "(*, *, 'SIGTERM')", "()", "/face/", "when arg0 == 1", "when mode like 'w*' and path like '/x*'", "('google.com:*')",
    ];

    private static readonly ulong[] s_registers =
    [
        0, 1, 2, 8, 15, 16, 0x4206, 0x5412, 0x8901, 0x0080_0000, 0x0002_0000, 0x11, 0x40, 0x200, 0x241, 0x7000, ulong.MaxValue, ulong.MaxValue - 99, (ulong)Environment.ProcessId,
    ];

    [Fact]
    public void What_passes_the_filter_is_allowed()
    {
        Random random = new(51);
        int passed = 0;
        for (int round = 0; round < 60; round++)
        {
            string config = Config(random);
            RuleSet set = ConfigReader.Read("config.json", Encoding.UTF8.GetBytes(config), new ReaderContext("/tmp", "/root", _ => null, s_catalogue));
            Policy policy = new(set, Floor.Rules(set.LiftedFloor, Environment.ProcessId, ["/etc/sandgate.json"]));
            FilterInstruction[] filter = SeccompFilter.Compile(FilterPlan.Cases(policy, s_catalogue, [], _ => false, SideDoors.None), FilterAction.Fail(38));
            LinuxDecoder decoder = new(new TargetRoots(), new StandardStreams(), new FileHashes());
            for (int number = 0; number < s_catalogue.Count; number++)
            {
                ulong[] registers = [.. Enumerable.Range(0, 6).Select(_ => s_registers[random.Next(s_registers.Length)])];
                if (s_catalogue.ShapeOf(number) is not { } shape || FilterMachine.Run(filter, X64, (uint)number, registers) != FilterAction.Allow.Code)
                    continue;
                passed++;
                Call call = decoder.Decode(new RegisterStop(number, registers), Needs.None, mayBlock: true)!;
                Verdict verdict = policy.Decide(call);
                Assert.True(verdict.Allowed || IsHarmless(number, registers),
                    $"{config}\n{shape.Name}({string.Join(", ", registers.Select(r => $"0x{r:x}"))}), {call}, passes, and {verdict.Rule?.ToString() ?? "the default"} would deny it: {verdict}");
                Assert.False(verdict.Logged);
            }
        }

        Assert.InRange(passed, 3_000, int.MaxValue);
    }

    // The floor is told of calls by what they could do, the filter knows which of them do nothing.
    private static bool IsHarmless(int number, ulong[] registers) => number switch
    {
        kill or tkill => (uint)registers[1] == 0,
        ptrace => (uint)registers[0] is not (16 or 0x4206),
        tgkill => (uint)registers[0] != (uint)Environment.ProcessId,
        prlimit64 => (uint)registers[0] == 0,
        _ => false,
    };

    private static string Config(Random random)
    {
        string[] actions = ["not_allow", "log", "allow", "ask"];
        List<string> rules = [];
        foreach (OperationInfo operation in Operations.All.OrderBy(_ => random.Next()).Take(random.Next(6)))
        {
            if (Rule(operation.Name) is { } rule)
                rules.Add(rule);
        }

        foreach (SyscallShape shape in s_catalogue.Syscalls.OrderBy(_ => random.Next()).Take(random.Next(4)))
            rules.Add($$""" "syscall:{{shape.Name}}": { "{{(random.Next(2) == 0 ? "*" : "/0x|1/")}}": "{{actions[random.Next(4)]}}" } """);
        if (random.Next(3) == 0 && Rule("*") is { } general)
            rules.Add(general);
        string byDefault = random.Next(6) == 0 ? "not_allow" : "allow";
        return $$"""{ "default": "{{byDefault}}", "evaluation": "{{(random.Next(2) == 0 ? "last-match" : "deny-overrides")}}", "rules": { {{string.Join(", ", rules)}} } }""";

        // Not every pattern suits every operation.
        string? Rule(string on)
        {
            for (int tries = 0; tries < 20; tries++)
            {
                string pattern = s_patterns[random.Next(s_patterns.Length)];
                try
                {
                    new PatternParser(new ReaderContext("/tmp", "/root", _ => null, s_catalogue)).Parse(pattern, Operations.Find(on));
                    return $$""" "{{on}}": { "{{pattern}}": "{{actions[random.Next(4)]}}" } """;
                }
                catch (PatternException)
                {
                }
            }

            return null;
        }
    }
}
