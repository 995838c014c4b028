using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Check;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Tests.Check;

public class ExplanationTests
{
    private static Explanation Explain(string config, string call, CallFacts? facts = null)
    {
        RuleSet rules = World.Read(config);
        return Explanation.Of(new Policy(rules, []), [], new CallReader(World.Context).Read(call, facts ?? new CallFacts()));
    }

    [Fact]
    public void Every_rule_that_matches_is_named_and_one_decides()
    {
        Explanation explanation = Explain("""{"rules": {"*": {"/passwd/": "log"}, "open": {"('/etc/*')": "deny", "('/etc/passwd')": "allow", "('/x')": "deny"}}}""", "open('/etc/passwd', 'r')");
        Assert.Equal(RuleAction.Allow, explanation.Verdict.Action);
        Assert.Equal(["* /passwd/", "open ('/etc/*')", "open ('/etc/passwd')"], explanation.Matches.Select(m => m.Rule.ToString()));
        Assert.Equal("open ('/etc/passwd')", Assert.Single(explanation.Matches, m => m.Decides).Rule.ToString());
        Assert.Equal("allow-overrides: an allow that matches wins", explanation.Why);
        Assert.Equal("open ('/etc/passwd')", Assert.Single(explanation.Flip!.Removed).ToString());
    }

    [Fact]
    public void What_is_not_stated_is_unknown()
    {
        const string Config = """{"rule_table": [{"on": "open", "when": "exe like '*/cat' and path like '/etc/*'", "action": "deny"}]}""";
        Assert.Equal(Truth.Unknown, Assert.Single(Explain(Config, "open('/etc/passwd')").Matches).Truth);
        Assert.Equal(VerdictReason.Unknown, Explain(Config, "open('/etc/passwd')").Verdict.Reason);
        Assert.Equal(VerdictReason.Rule, Explain(Config, "open('/etc/passwd')", new() { Executable = "/bin/cat" }).Verdict.Reason);
        Assert.Empty(Explain(Config, "open('/etc/passwd')", new() { Executable = "/bin/dog" }).Matches);
    }

    [Theory]
    [InlineData("open('/etc/it\\'s [a]*', 'r')")]
    [InlineData("open('/etc/passwd', 'w+create+truncate')")]
    [InlineData("write('/etc/x', 'data')")]
    [InlineData("rename('/etc/a', '/etc/b')")]
    [InlineData("connect('10.0.0.1:80')")]
    [InlineData("exec('/bin/sh', 'sh', '-c', 'x')")]
    [InlineData("kill(1, '/sbin/init', SIGKILL)")]
    [InlineData("mmap('0x0', '8192', 'PROT_EXEC')")]
    public void The_change_that_is_proposed_turns_the_verdict(string call)
    {
        string[] configs =
        [
            """{}""", """{"default": "deny"}""", """{"rules": {"*": {"*": "deny"}}}""", """{"rules": {"*": {"*": "allow"}}}""",
            """{"evaluation": "deny-overrides", "rules": {"*": {"*": "deny", "/./": "kill"}}}""",
            """{"evaluation": "deny-overrides", "default": "ask", "rules": {"*": {"*": "allow"}}}""",
            """{"evaluation": "last-match", "rules": {"*": {"*": "deny"}}}""", """{"evaluation": "last-match", "rules": {"*": {"*": "allow"}}}""",
            """{"rules": {"*": {"*": "allow", "/./": "allow"}}}""",
        ];
        foreach (string config in configs)
        {
            Explanation before = Explain(config, call);
            Flip? flip = before.Flip;

            // The kernel's own calls are allowed by default whatever the default is, so an allow may be all that is left.
            Assert.True(flip is not null, $"{config}: nothing was found");
            RuleSet rules = World.Read(config);
            string added = string.Join(", ", flip.Added);
            RuleSet after = rules with { Rules = [.. rules.Rules.Except(flip.Removed), .. World.Read($$"""{"rules": { {{added}} } }""").Rules] };
            Verdict verdict = new Policy(after, []).Decide(before.Call);
            Assert.Equal(flip.Action, verdict.Action);
            Assert.NotEqual(before.Verdict.Allowed, verdict.Allowed);
        }
    }
}
