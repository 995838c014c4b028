using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Core.Record.Replay;

namespace Sandgate.Core.Tests.Record;

/// <summary>Other rules are asked about recorded calls; what can't be told is not passed over.</summary>
public class BacktestTests
{
    private static Backtest Ask(string config, params RecordedEvent[] events)
    {
        Backtest backtest = new(
            start => World.ReadFrom(start?.Directory ?? "/home/u/work", config) is var rules ? new Policy(rules, Floor.Above(rules, 99, [])) : null!,
            World.Catalogue, _ => null);
        foreach (RecordedEvent recorded in events)
            backtest.Add(recorded);
        return backtest;
    }

    private static string Rules(string pattern, string action = "not_allow", string operation = "open") => $$"""{ "rules": { "{{operation}}": { "{{pattern}}": "{{action}}" } } }""";

    [Fact]
    public void Changes_are_grouped_by_the_rule_that_decides()
    {
        Backtest found = Ask(
            """{ "rules": { "open": { "('/etc/*')": "not_allow", "('/usr/*')": "ask" } } }""",
            Recorded.Session(), Recorded.Open("/etc/a"), Recorded.Open("/etc/a"), Recorded.Open("/etc/b"), Recorded.Open("/usr/x"),
            Recorded.Open("/srv/x", allowed: false, reason: VerdictReason.Rule, rule: "open ('/srv/*')"), Recorded.Open("/tmp/x"));
        Assert.Equal((6, 5, 0), (found.Calls, found.Changed, found.Untold));
        Assert.Equal(
            ["allow not_allow open ('/etc/*') 3", "not_allow allow default 1", "allow ask open ('/usr/*') 1"],
            found.Groups.Select(g => $"{g.Before} {g.After} {g.Rule} {g.Count}"));
        Assert.Equal(["/etc/a", "/etc/b"], found.Groups.First().Examples.Select(e => e.Views[0].Arguments[0].Given));
        Assert.Contains("config.json:1:24", BacktestText.Of(found, colour: false), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_rules_change_nothing()
    {
        CallEvent[] calls =
        [
            Recorded.Open("/etc/a", allowed: false, reason: VerdictReason.Rule), Recorded.Open("/x"),
            Recorded.Of("openat", World.Open("y", null), allowed: false, reason: VerdictReason.Unknown),
        ];
        Backtest found = Ask(Rules("('/etc/*')"), calls);
        Assert.Equal((3, 0, 0), (found.Calls, found.Changed, found.Untold));
    }

    [Theory]
    [InlineData(VerdictReason.Asked, true, 0)]
    [InlineData(VerdictReason.Asked, false, 0)]
    [InlineData(VerdictReason.Unanswered, false, 0)]
    [InlineData(VerdictReason.Rule, false, 1)]
    public void What_a_person_was_asked_would_be_asked_again(VerdictReason reason, bool allowed, int changed) =>
        Assert.Equal(changed, Ask(Rules("*", "ask"), Recorded.Open("/x", allowed: allowed, reason: reason)).Changed);

    [Theory]
    [InlineData("when sha256 == ab", "openat", "sha256")]
    [InlineData("when arg0 == 3", "openat", "registers")]
    public void What_was_not_recorded_is_said(string pattern, string syscall, string lacking)
    {
        Backtest found = Ask(Rules(pattern), Recorded.Of(syscall, World.Open("/x", "/x")));
        Assert.Equal((0, 1), (found.Changed, found.Untold));
        Assert.Equal(lacking, Assert.Single(found.Lacking).Key);
    }

    [Fact]
    public void A_verdict_that_needs_nothing_more_is_given()
    {
        // A deny by name settles it, whatever the hash is.
        Backtest found = Ask("""{ "rules": { "open": { "when sha256 == ab": "not_allow", "('/x')": "not_allow" } } }""", Recorded.Open("/x"));
        Assert.Equal((1, 0), (found.Changed, found.Untold));
    }

    [Fact]
    public void Data_that_was_cut_off_is_said_unless_the_beginning_settles_it()
    {
        CallEvent Sent(string data) => Recorded.Of("write", World.Write(Argument.FromDescriptor("/x"), data, partial: true));
        string config = Rules("when data contains 'secret'", operation: "write");
        Assert.Equal((0, 1), (Ask(config, Sent("nothing")).Changed, Ask(config, Sent("nothing")).Untold));
        Assert.Equal((1, 0), (Ask(config, Sent("a secret")).Changed, Ask(config, Sent("a secret")).Untold));
    }

    [Fact]
    public void Rules_on_one_system_call_need_its_own_arguments()
    {
        Backtest found = Ask(Rules("('/x')", operation: "openat"), Recorded.Open("/x"));
        Assert.Equal("the kernel's own arguments", Assert.Single(found.Lacking).Key);
        CallEvent both = Recorded.Open("/x") with { Views = [World.Open("/x", "/x"), new(Operation.Syscall, "openat", [Argument.FromPath("/x", "/x")])] };
        Assert.Equal(1, Ask(Rules("('/x')", operation: "openat"), both).Changed);
    }

    [Fact]
    public void The_floor_stands_unless_it_is_lifted()
    {
        CallEvent refused = Recorded.Open("/home/u/work/config.json", "w", allowed: false, reason: VerdictReason.Floor, rule: "\"floor: running_config\"");
        Assert.Equal((0, 0), (Ask("{}", refused).Changed, Ask("{}", refused).Untold));
        Assert.Equal(1, Ask("""{ "floor": { "running_config": false } }""", refused).Changed);
    }

    [Fact]
    public void Paths_mean_what_they_meant_there()
    {
        Backtest found = Ask(
            Rules("('./*')"), Recorded.Session("/srv/a"), Recorded.Open("/srv/a/x"), Recorded.Open("/srv/b/x"), Recorded.Session("/srv/b"), Recorded.Open("/srv/a/x"), Recorded.Open("/srv/b/x"));
        Assert.Equal((4, 2), (found.Calls, found.Changed));
        Assert.Equal((2, 2), (found.Record.Sessions, found.Record.CutShort));
    }

    [Fact]
    public void Families_that_are_not_in_the_record_are_named()
    {
        Assert.Equal(["kill"], Ask("""{ "rules": { "kill": { "*": "not_allow" }, "open": { "*": "log" } } }""", Recorded.Open("/x")).NotSeen);
        Assert.Contains("no call in the record: kill", BacktestText.Of(Ask(Rules("*", operation: "kill"), Recorded.Open("/x")), colour: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_that_differ_in_what_a_rule_looks_at_are_not_taken_for_one()
    {
        CallEvent call = Recorded.Open("/x");
        Backtest found = Ask(
            Rules("when exe == /bin/a and pid == 7"),
            call with { Caller = call.Caller with { Executable = "/bin/a" } }, call with { Caller = call.Caller with { Executable = "/bin/b" } },
            call with { Caller = call.Caller with { Executable = "/bin/a", ProcessId = 8 } }, call with { Caller = call.Caller with { Executable = "/bin/a" } });
        Assert.Equal(2, found.Changed);
    }
}
