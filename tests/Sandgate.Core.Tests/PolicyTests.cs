using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests;

public class PolicyTests
{
    /// <summary>A condition that says what it is told to say.</summary>
    private sealed record Told(Truth Any, Truth Resolved) : Condition
    {
        public override Truth Evaluate(Call call, CallView view, Reading reading) => reading == Reading.AnyForm ? Any : Resolved;

        public override string ToExpression() => "told";

        public override Needs Needs(OperationInfo? operation) => Decode.Needs.None;
    }

    private static readonly RuleAction[] s_verdicts = [RuleAction.Allow, RuleAction.NotAllow, RuleAction.Ask];

    [Fact]
    public void Deciding_agrees_with_a_naive_oracle()
    {
        Random random = new(11);
        for (int i = 0; i < 30_000; i++)
        {
            RuleSet set = new()
            {
                Rules = [.. Enumerable.Range(0, random.Next(0, 6)).Select(_ => RandomRule(random))],
                Evaluation = (Evaluation)random.Next(3),
                Default = s_verdicts[random.Next(3)],
                OnUnknown = s_verdicts[random.Next(3)],
            };
            Verdict verdict = new Policy(set, []).Decide(World.CallOf(World.Open("/x", "/x")));
            Assert.Equal(Oracle(set), verdict.Action);
            Assert.Equal(verdict.Action == RuleAction.Allow, verdict.Allowed);
            Assert.Equal(!verdict.Allowed, verdict.Errno != 0);
            Assert.Equal(set.Rules.Any(r => r.Action == RuleAction.Log && Applies(r) && ((Told)r.When).Any != Truth.False), verdict.Logged);
        }
    }

    private static Rule RandomRule(Random random)
    {
        Operation operation = (Operation)random.Next(1, 3);
        return new()
        {
            Scope = random.Next(3) == 0 ? RuleScope.Every : new RuleScope(operation, null),
            When = new Told((Truth)random.Next(3), (Truth)random.Next(3)),
            Action = (RuleAction)random.Next(5),
            Text = "told",
        };
    }

    private static bool Applies(Rule rule) => rule.Scope.IsEvery || rule.Scope.Operation == Operation.Open;

    // The documents' words on which rule wins, one after the other.
    private static RuleAction Oracle(RuleSet set)
    {
        IEnumerable<Rule> general = set.Rules.Where(r => r.Scope.IsEvery), own = set.Rules.Where(r => !r.Scope.IsEvery && Applies(r));
        List<RuleAction> said = [], against = [];
        foreach (Rule rule in general.Concat(own))
        {
            Told when = (Told)rule.When;
            if (rule.Action == RuleAction.Log)
                continue;
            if (rule.Action == RuleAction.Allow)
            {
                if (when.Resolved == Truth.True)
                    said.Add(RuleAction.Allow);
            }
            else if (when.Any != Truth.False)
            {
                RuleAction action = when.Any == Truth.Unknown ? set.OnUnknown : rule.Action;
                said.Add(action);
                against.Add(action);
            }
        }

        RuleAction? severest = new[] { RuleAction.Kill, RuleAction.NotAllow, RuleAction.Ask, RuleAction.Allow }.Cast<RuleAction?>().FirstOrDefault(a => against.Contains(a!.Value));
        return set.Evaluation switch
        {
            Evaluation.AllowOverrides => said.Count > against.Count ? RuleAction.Allow : severest ?? set.Default,
            Evaluation.DenyOverrides => severest ?? (said.Count > 0 ? RuleAction.Allow : set.Default),
            _ => said.Count > 0 ? said[^1] : set.Default,
        };
    }

    [Theory]
    [InlineData("./../../etc/passwd", "/etc/passwd", false)]
    [InlineData("x", "/home/u/work/x", true)]
    [InlineData("/home/u/work/../../../etc/passwd", "/etc/passwd", false)]
    public void An_allow_of_the_start_directory_does_not_carry_a_path_out_of_it(string given, string resolved, bool allowed) =>
        Assert.Equal(allowed, World.Allows("""{"default": "not_allow", "rules": {"open": {"('./*')": "allow"}}}""", World.Open(given, resolved)));

    [Fact]
    public void A_deny_holds_on_either_form()
    {
        const string Config = """{"rules": {"open": {"('/etc/passwd')": "deny"}}}""";
        Assert.False(World.Allows(Config, World.Open("../x", "/etc/passwd")));
        Assert.False(World.Allows(Config, World.Open("/etc/passwd", "/chroot/etc/passwd")));
        Assert.False(World.Allows(Config, World.Open("passwd", "/srv/p", entry: "/etc/passwd")));
        Assert.True(World.Allows(Config, World.Open("/srv/p", "/srv/p")));
    }

    [Theory]
    [InlineData("not_allow", false)]
    [InlineData("allow", true)]
    public void What_cannot_be_told_is_decided_by_on_unknown(string onUnknown, bool allowed)
    {
        CallView unreadable = new(Operation.Open, "open", [Argument.Unreadable, Argument.FromText("r")]);
        foreach (string pattern in new[] { "('/etc/passwd')", "/passwd/" })
            Assert.Equal(allowed, World.Allows($$$"""{"on_unknown": "{{{onUnknown}}}", "rules": {"open": {"{{{pattern}}}": "deny"} } }""", unreadable));
    }

    [Fact]
    public void What_cannot_be_told_never_rides_on_an_allow()
    {
        foreach (string pattern in new[] { "('/home/*')", "/./", "/home/" })
        {
            string config = $$"""{"rules": {"open": {"*": "deny", "{{pattern}}": "allow"} } }""";
            Assert.False(World.Allows(config, new(Operation.Open, "open", [Argument.Unreadable, Argument.FromText("r")])));
            Assert.False(World.Allows(config, World.Open("/home/u/../../etc/passwd", null)));
        }
    }

    [Fact]
    public void Streams_are_reached_by_name_only()
    {
        CallView view = World.Write(Argument.FromStdio("stdout"), "google.com");
        foreach (string pattern in new[] { "*", "('*')", "('s*')", "(*, '*')", "/.*/", "/google/", "()" })
            Assert.True(World.Allows($$"""{"rules": {"write": {"{{pattern}}": "deny"}, "*": {"{{pattern}}": "deny"} } }""", view), pattern);
        foreach (string pattern in new[] { "('stdout')", "('stdout', '*google*')", "/stdout/" })
            Assert.False(World.Allows($$"""{"rules": {"write": {"{{pattern}}": "deny"} } }""", view), pattern);
    }

    [Fact]
    public void The_errno_is_the_rules_or_the_operations()
    {
        Assert.Equal(13, Errno("""{"rules": {"open": {"*": "deny"}}}""", World.Open("/x", "/x")));
        Assert.Equal(1, Errno("""{"rules": {"connect": {"*": "deny"}}}""", new(Operation.Connect, "connect", [Argument.FromText("1.2.3.4:5")])));
        Assert.Equal(2, Errno("""{"rules": {"open": {"*": {"action": "deny", "errno": "ENOENT"}}}}""", World.Open("/x", "/x")));
        Assert.Equal(13, Errno("""{"default": "not_allow"}""", World.Open("/x", "/x")));
    }

    private static int Errno(string config, CallView view) => new Policy(World.Read(config), []).Decide(World.CallOf(view)).Errno;

    [Fact]
    public void Every_view_of_a_call_must_be_allowed()
    {
        Policy policy = new(World.Read("""{"rules": {"truncate": {"*": "deny"}, "open": {"*": "allow"}, "openat": {"*": "log"}}}"""), []);
        CallView truncate = new(Operation.Truncate, "truncate", [Argument.FromPath("/x", "/x"), Argument.FromNumber(0)]);
        CallView kernel = new(Operation.Syscall, "openat", [Argument.FromNumber(-100)]);
        Assert.Equal((false, 1), (policy.Decide(World.CallOf(World.Open("/x", "/x"), truncate)).Allowed, policy.Decide(World.CallOf(World.Open("/x", "/x"), truncate)).View));
        Assert.True(policy.Decide(World.CallOf(World.Open("/x", "/x"), kernel)) is { Allowed: true, Logged: true });
    }

    [Fact]
    public void The_floor_is_above_every_rule()
    {
        Policy policy = new(World.Read("""{"rules": {"*": {"*": "allow"}, "open": {"*": "allow"}}}"""), Floor.Rules([], 42, ["/etc/sandgate.json"]));
        Assert.Equal(VerdictReason.Floor, policy.Decide(World.CallOf(World.Open("/etc/sandgate.json", "/etc/sandgate.json", "w+truncate"))).Reason);
        Assert.True(policy.Decide(World.CallOf(World.Open("/etc/sandgate.json", "/etc/sandgate.json"))).Allowed);
        Assert.False(policy.Decide(World.CallOf(new CallView(Operation.Kill, "kill", [Argument.FromNumber(42), Argument.FromText("x"), Argument.FromText("SIGKILL")]))).Allowed);
        CallView moveAbove = new(Operation.Rename, "rename", [Argument.FromPath("/etc", "/etc"), Argument.FromPath("/e", "/e")]);
        Assert.False(policy.Decide(World.CallOf(moveAbove)).Allowed);
    }

    [Theory]
    [InlineData("./tool", true)]
    [InlineData("/home/u/work/tool", true)]
    [InlineData("~/tool", false)]
    [InlineData("/usr/bin/tool", false)]
    public void The_executable_of_a_signals_receiver_is_a_path_like_any_other(string executable, bool allowed)
    {
        RuleSet rules = World.Read($$"""
            {
              "rules": { "kill": { "*": "not_allow", "(*, './*')": "allow" } },
              "tests": [{ "call": "kill(42, '{{executable}}', 'SIGTERM')", "expect": "{{(allowed ? "allow" : "not_allow")}}" }]
            }
            """);
        Assert.Empty(Decide.PolicyTests.Run(rules));
    }

    [Fact]
    public void An_argument_vector_that_could_not_be_read_to_its_end_does_not_slip_past_a_later_position()
    {
        const string Config = """{ "rules": { "exec": { "(*, *, *, '--evil')": "not_allow" } } }""";
        Argument path = Argument.FromPath("/bin/x", "/bin/x"), word = Argument.FromText("x");
        Assert.False(World.Allows(Config, new(Operation.Exec, "exec", [path, word, Argument.Unreadable])));
        Assert.True(World.Allows(Config, new(Operation.Exec, "exec", [path, word, word])));
    }

    [Fact]
    public void What_can_only_fail_is_no_denial_unless_a_rule_certainly_matches()
    {
        Policy policy = new(World.Read("""{ "rules": { "open": { "('/etc/passwd')": "not_allow" } } }"""), []);
        Call Failing(Argument path) =>
            new() { ThreadId = 1, Syscall = "open", Views = [new(Operation.Open, "open", [path, Argument.FromText("r")])], CertainErrno = 14 };
        Assert.True(policy.Decide(Failing(Argument.Unreadable)).Allowed);
        Assert.False(policy.Decide(Failing(Argument.FromPath("/etc/passwd", null))).Allowed);
    }

    [Theory]
    [InlineData("(*, 'w*')", false)]
    [InlineData("('/etc/*', 'w*')", true)]
    [InlineData("('/etc/passwd')", false)]
    [InlineData("/passwd/", false)]
    [InlineData("*", false)]
    public void Words_are_asked_first_only_where_they_can_spare_reading_memory(string pattern, bool first)
    {
        Policy policy = new(World.Read($$"""{ "rules": { "open": { "{{pattern}}": "not_allow" } } }"""), []);
        Assert.Equal(first, policy.WordsMayDecide(new("openat", [Operation.Open, Operation.Truncate], true, [])));
    }

    [Fact]
    public void A_verdict_on_words_alone_is_certain_only_if_memory_could_not_change_it()
    {
        Policy policy = new(World.Read("""{ "rules": { "open": { "('/etc/*', 'w*')": "not_allow", "(*, 'rw*')": "not_allow" } } }"""), []);
        Verdict Judge(string mode) => policy.Decide(new()
        {
            ThreadId = 1,
            Syscall = "openat",
            Views = [new(Operation.Open, "open", [Argument.Unreadable, Argument.FromText(mode)])],
        });
        Assert.True(Judge("r") is { Allowed: true, IsCertain: true });
        Assert.False(Judge("w").IsCertain);
        Assert.True(Judge("rw") is { Allowed: false, IsCertain: true });
    }

    [Theory]
    [InlineData("allow-overrides")]
    [InlineData("deny-overrides")]
    [InlineData("last-match")]
    public void An_unknown_that_comes_after_another_unknown_is_not_proven(string evaluation)
    {
        Policy policy = new(World.Read($$"""
            { "evaluation": "{{evaluation}}", "on_unknown": "allow", "rules": { "open": { "('/a')": "not_allow", "('/b')": "not_allow" } } }
            """), []);
        Call unread = new() { ThreadId = 1, Syscall = "open", Views = [new(Operation.Open, "open", [Argument.Unreadable, Argument.FromText("r")])] };
        Assert.True(policy.Decide(unread) is { Allowed: true, IsProven: false, IsCertain: false, Reason: VerdictReason.Unknown });
    }
}
