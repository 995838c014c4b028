using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Linux.Decode;

namespace Sandgate.Linux.Tests;

/// <summary>The profiles as files: each loads, does what its own tests say, and is told of in the documents.</summary>
public class ProfileFileTests
{
    private static readonly string s_folder = Repository.PathOf("profiles");

    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(s_folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    private static SourceFile Open(string name) => new("profile " + name, File.ReadAllBytes(Path.Combine(s_folder, name + ".json")));

    private static RuleSet Load(string directory, string? home, params string[] names)
    {
        ReaderContext context = new(directory, home, RealPath.Of, new LinuxCatalogue()) { Open = (name, _) => Open(name) };
        return ConfigReader.ReadAll([.. names.Select(Open)], [], context);
    }

    [Fact]
    public void All_that_were_promised_are_there() =>
        Assert.Superset(
            new HashSet<string>
            {
                "default", "no-network", "read-only", "no-secrets", "build", "npm", "pip", "dotnet", "git", "ai-agent", "untrusted-binary",
                "media", "archive", "pdf", "web-server", "strict",
            },
            Names.Select(n => n.Data).ToHashSet());

    [Theory]
    [MemberData(nameof(Names))]
    public void A_profile_does_what_its_own_tests_say_wherever_it_is_started(string name)
    {
        // A project, one's home itself, root's home, a directory of everybody's, one that isn't there.
        (string Directory, string Home)[] places =
            [("/home/u/work", "/home/u"), ("/home/u", "/home/u"), ("/root", "/root"), ("/root/a/b", "/root"), ("/tmp/x", "/var/lib/builder"), ("/srv/nowhere/at/all", "/nonexistent")];
        foreach ((string directory, string home) in places)
        {
            RuleSet rules = Load(directory, home, name);
            Assert.NotEmpty(rules.Tests);
            Assert.Empty(PolicyTests.Run(rules).Select(p => $"in {directory}: {p}"));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_profile_says_in_its_own_tests_what_it_refuses(string name) =>
        Assert.True(name == "default" || Load("/home/u/work", "/home/u", name).Tests.Count(t => t.Expected == RuleAction.NotAllow) >= 3);

    [Theory]
    [InlineData("no-network")]
    [InlineData("no-secrets")]
    [InlineData("no-persistence")]
    [InlineData("no-exec")]
    [InlineData("read-only")]
    [InlineData("workdir")]
    [InlineData("default")]
    public void What_others_are_built_from_needs_no_home_and_allows_nothing(string name)
    {
        ReaderContext context = new("/srv", null, RealPath.Of, new LinuxCatalogue()) { Open = (other, _) => Open(other) };

        // Without the tests, which speak of a home.
        string text = File.ReadAllText(Path.Combine(s_folder, name + ".json"));
        byte[] rules = System.Text.Encoding.UTF8.GetBytes(text[..text.IndexOf("\"tests\"", StringComparison.Ordinal)] + "}");
        Assert.DoesNotContain(ConfigReader.Read(name, rules, context).Rules, r => r.Action == RuleAction.Allow);
    }

    [Theory]
    [InlineData("npm")]
    [InlineData("pip")]
    public void The_line_that_tightens_a_profile_does(string name)
    {
        string line = File.ReadLines(Path.Combine(s_folder, name + ".json")).Single(l => l.StartsWith("// Tighten ", StringComparison.Ordinal));
        string config = $$"""{ "extends": ["{{name}}"], "rules": { {{line[line.IndexOf('"', StringComparison.Ordinal)..]}} } }""";
        ReaderContext context = new("/home/u/work", "/home/u", RealPath.Of, new LinuxCatalogue()) { Open = (other, _) => Open(other) };
        Policy loose = new(Load("/home/u/work", "/home/u", name), []), tight = new(ConfigReader.Read("config.json", System.Text.Encoding.UTF8.GetBytes(config), context), []);
        bool Allows(Policy policy, string call) => policy.Decide(new CallReader(context).Read(call, new())).Allowed;
        Assert.True(Allows(loose, "connect('8.8.4.4:53')") && Allows(loose, "connect('10.0.0.2:53')"));
        Assert.True(!Allows(tight, "connect('8.8.4.4:53')") && Allows(tight, "connect('10.0.0.2:53')"));
    }

    [Fact]
    public void Laid_over_each_other_in_any_order_profiles_lose_no_rule()
    {
        // Rules of one name replace each other: what has the same name must be the same rule.
        IEnumerable<Rule> all = Names.SelectMany(n => Load("/home/u/work", "/home/u", n.Data).Rules);
        foreach (IGrouping<(RuleScope, string?), Rule> same in all.GroupBy(r => (r.Scope, r.Name)))
            Assert.Single(same.Select(r => (r.Action, r.Text)).Distinct());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_profile_explains_itself_and_its_rules_have_names(string name)
    {
        string text = File.ReadAllText(Path.Combine(s_folder, name + ".json"));
        Assert.StartsWith("// ", text, StringComparison.Ordinal);
        if (name != "default")
        {
            Assert.All(["// Stops ", "// Leaves ", "// Loosen "], word => Assert.Contains(word, text, StringComparison.Ordinal));
            Assert.All(Load("/home/u/work", "/home/u", name).Rules, r => Assert.Matches("^[a-z-]+: ", r.Name));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_profile_is_in_the_documents(string name)
    {
        string text = File.ReadAllText(Repository.PathOf("docs/profiles.md"));
        Assert.Contains($"| [`{name}`](../profiles/{name}.json) |", text, StringComparison.Ordinal);
        Assert.Contains($"-p {name} ", text, StringComparison.Ordinal);
    }
}
