using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Check;

namespace Sandgate.Core.Tests.Check;

public class LintTests
{
    public static TheoryData<string, string> Oddities => Cases.Load("lint.txt");

    [Theory]
    [MemberData(nameof(Oddities))]
    public void What_is_odd_is_said(string config, string expected)
    {
        string[] kinds = [.. Lint.Run(World.Read(config), World.WithSockets, DateTimeOffset.UnixEpoch.AddYears(50)).Select(w => $"{w.Kind} {w.Place.Line}:{w.Place.Column}")];
        Assert.Equal(expected, kinds.Length == 0 ? "nothing" : string.Join(" | ", kinds));
    }

    [Fact]
    public void A_literal_that_names_no_file_is_met_with_the_pattern_that_was_probably_meant()
    {
        Warning warning = Assert.Single(Lint.Run(World.Read("""{"rules": {"open": {"('/passwd')": "deny"}}}"""), World.Context, DateTimeOffset.UnixEpoch));
        Assert.Equal("config.json:1:21: warning: /passwd does not exist now, and the rule open ('/passwd') is about this path only; write ('*/passwd') for every path that ends so", warning.ToString());
    }

    [Theory]
    [InlineData("connect", "('1.2.3.4')", "an address has a port; write ('1.2.3.4:*'), or when host == 1.2.3.4")]
    [InlineData("connect", "('::1')", "an address has a port; write when host == ::1")]
    [InlineData("connect", "('/run/docker.sock')", "a local socket's address begins with unix:; write ('unix:/run/docker.sock')")]
    [InlineData("connect", "('10.0.0.0/8:*')", "a glob knows no networks; write when host in (10.0.0.0/8)")]
    [InlineData("connect", "('localhost:80')", "addresses are numbers; write ('127.*:80')")]
    [InlineData("open", "('$HOME/.ssh/*')", "variables of a shell mean nothing here; write ~/.ssh/*")]
    [InlineData("open", "when path == '/etc/*'", "a * is only a * there; write like \"/etc/*\"")]
    [InlineData("connect", "when address == '1.2.3.4:*'", "a * is only a * there; write like \"1.2.3.4:*\"")]
    [InlineData("kill", "(*, *, 'KILL')", "there is no signal KILL; write SIGKILL")]
    [InlineData("socket", "('PF_INET')", "there is no family PF_INET; write AF_INET")]
    [InlineData("socket", "('AF_INTE')", "there is no family AF_INTE; did you mean \"AF_INET\"?")]
    [InlineData("socket", "(*, 'tcp')", "there is no type tcp; such a word begins with SOCK_")]
    public void What_can_never_match_is_met_with_what_was_probably_meant(string operation, string pattern, string says)
    {
        Warning warning = Assert.Single(Lint.Run(World.Read($$"""{"rules": { "{{operation}}": { {{System.Text.Json.JsonSerializer.Serialize(pattern)}}: "deny" } } }"""), World.WithSockets, DateTimeOffset.UnixEpoch));
        Assert.EndsWith(" can never match: " + says, warning.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Thousands_of_rules_are_not_compared_with_each_other()
    {
        string rules = string.Join(",", Enumerable.Range(0, 2100).Select(i => $"\"('/x/*{i}')\": \"deny\""));
        Warning warning = Assert.Single(Lint.Run(World.Read($$"""{"rules": {"open": { {{rules}} } } }"""), World.Context, DateTimeOffset.UnixEpoch));
        Assert.Equal("not-compared", warning.Kind);
    }

    /// <summary>What is said to change nothing must change nothing, whatever happens.</summary>
    [Fact]
    public void What_is_shadowed_changes_nothing()
    {
        Random random = new(5);
        string[] patterns = ["*", "('/a/*')", "('/a/b')", "('/a/b*')", "(*, 'r')", "('/a/*', 'r')", "('/c')", "when path like '/a/*'", "when path like '/a/b*' and mode == r"];
        string[] actions = ["allow", "not_allow", "ask", "kill"], evaluations = ["allow-overrides", "deny-overrides", "last-match"];
        int shadowed = 0;
        for (int i = 0; i < 3000; i++)
        {
            string Rules() => string.Join(", ", patterns.Where(_ => random.Next(3) == 0).Select(p => $"\"{p}\": \"{actions[random.Next(4)]}\""));
            RuleSet rules = World.Read($$"""{"evaluation": "{{evaluations[random.Next(3)]}}", "rules": {"open": { {{Rules()}} }, "*": { {{Rules()}} } } }""");
            foreach (Warning warning in Lint.Run(rules, World.Context, DateTimeOffset.UnixEpoch).Where(w => w.Kind == "shadowed"))
            {
                shadowed++;
                Rule dead = rules.Rules.Single(r => r.Place == warning.Place);
                Policy with = new(rules, []), without = new(rules with { Rules = rules.Rules.Remove(dead) }, []);
                foreach (string path in (ReadOnlySpan<string>)["/a/b", "/a/bc", "/a/x", "/c", "/d"])
                {
                    foreach (string mode in (ReadOnlySpan<string>)["r", "w"])
                        Assert.Equal(with.Decide(World.CallOf(World.Open(path, path, mode))).Action, without.Decide(World.CallOf(World.Open(path, path, mode))).Action);
                }
            }
        }

        Assert.True(shadowed > 500, "nothing was shadowed, so nothing was tested");
    }
}
