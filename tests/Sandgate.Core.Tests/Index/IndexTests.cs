using Sandgate.Core.Decide;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests.Index;

/// <summary>Deciding by an index, or from memory, is deciding by asking every rule.</summary>
public class IndexTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Found_rules_decide_as_all_rules_do(bool facts)
    {
        Random random = new(facts ? 3 : 4);
        RandomRules rules = new(random);
        RandomCalls calls = new(random);
        HashSet<string> deciders = [];
        for (int round = 0; round < 200; round++)
        {
            RuleSet set = rules.Set(facts);
            Policy indexed = new(set, []), asked = new(Hidden.Of(set), []);
            for (int i = 0; i < 100; i++)
            {
                Call call = calls.Next();
                Verdict expected = asked.Decide(call);
                Same(expected, indexed.Decide(call), call, set);
                Same(expected, indexed.Decide(call), call, set);
                deciders.Add($"{expected.Rule?.Scope} {expected.Reason} {expected.Action}");
            }
        }

        Assert.InRange(deciders.Count, 60, int.MaxValue);
    }

    [Fact]
    public void Several_threads_decide_as_one_does()
    {
        Random random = new(5);
        RandomRules rules = new(random);
        RandomCalls calls = new(random);
        for (int round = 0; round < 20; round++)
        {
            RuleSet set = rules.Set(facts: false);
            Call[] some = [.. Enumerable.Range(0, 200).Select(_ => calls.Next())];
            Policy indexed = new(set, []), asked = new(Hidden.Of(set), []);
            Verdict[] expected = [.. some.Select(asked.Decide)];
            Parallel.For(0, 4000, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => Same(expected[i % some.Length], indexed.Decide(some[i % some.Length]), some[i % some.Length], set));
        }
    }

    [Fact]
    public void A_text_that_contains_what_many_rules_look_for_is_judged_by_all_of_them()
    {
        string rules = string.Join(",", Enumerable.Range(0, 500).Select(i => $"\"('*common{i}*')\": \"log\""));
        Policy policy = new(World.Read($$$"""{ "rules": { "open": { {{{rules}}}, "('*common*')": "not_allow" } } }"""), []);
        string hostile = string.Concat(Enumerable.Range(0, 500).Select(i => $"/common{i}"));
        Assert.True(policy.Decide(World.CallOf(World.Open(hostile, hostile))) is { Allowed: false, Logged: true });
        Assert.True(policy.Decide(World.CallOf(World.Open("/x", "/x"))).Allowed);
    }

    [Fact]
    public void A_remembered_verdict_is_of_a_call_that_differs_in_nothing()
    {
        const string Config = """{ "rules": { "*": { "/^brk/": "log", "when call ~ /^brk/": "ask", "/pem'$/": "deny" }, "write": { "/x{50}$/": "deny" }, "connect": { "/:443'/": "deny" } } }""";
        Policy remembering = new(World.Read(Config), []), asking = new(Hidden.Of(World.Read(Config)), []);
        CallView Path(string given, string? resolved, string? entry) => new(Operation.Delete, "unlink", [Argument.FromPath(given, resolved, entry)]);
        CallView Kernel(string name, Argument argument) => new(Operation.Syscall, name, [argument]);
        CallView Connect(Argument argument) => new(Operation.Connect, "connect", [argument]);
        CallView[] views =
        [
            Path("/a", "/a", null), Path("/a", "/a", "/b.pem"), Path("/a", "/a", "/b"), Path("/a", "/b.pem", null), Path("/a", null, null), Path("/a.pem", "/a", null),
            Kernel("brk", Argument.FromNumber(1)), Kernel("mmap", Argument.FromNumber(1)), Kernel("brk", Argument.FromNumber(2)), Kernel("brk", Argument.FromText("1")),
            World.Write(Argument.FromDescriptor("/x"), "data"), World.Write(Argument.FromDescriptor("/x"), "data", partial: true), World.Write(Argument.Unreadable, "data"),
            Connect(Argument.FromText("1.1.1.1:443")), Connect(Argument.FromUnknownAddress("1.1.1.1:443")), Connect(Argument.FromDescriptor("1.1.1.1:443")),
        ];
        foreach (CallView first in views)
        {
            foreach (CallView second in views)
            {
                Same(asking.Decide(World.CallOf(first)), remembering.Decide(World.CallOf(first)), World.CallOf(first), remembering.Set);
                Same(asking.Decide(World.CallOf(second)), remembering.Decide(World.CallOf(second)), World.CallOf(second), remembering.Set);
            }
        }
    }

    private static void Same(Verdict expected, Verdict actual, Call call, RuleSet set)
    {
        if (expected with { Rule = null } != actual with { Rule = null } || expected.Rule?.Text != actual.Rule?.Text)
        {
            Assert.Fail($"{string.Join("; ", call.Views.Select(v => CallText.Render(v, PathForm.Resolved)))}: "
                + $"{expected} by {Told(expected, set)}, not {actual} by {Told(actual, set)}");
        }
    }

    private static string Told(Verdict verdict, RuleSet set) =>
        verdict.Rule is { } rule ? $"{rule.Scope} {set.Rules.First(r => r.Text == rule.Text).When}" : "nothing";
}
