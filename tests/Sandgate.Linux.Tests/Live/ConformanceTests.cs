using System.Text.RegularExpressions;

namespace Sandgate.Linux.Tests.Live;

/// <summary>
/// What rules mean, as text: tests/conformance/*.txt. A case names rules, one call, what it gives without rules and what
/// it must give under them. Each engine runs the same cases; "native" is the oracle, which checks the first result.
/// </summary>
public partial class ConformanceTests
{
    /// <summary>How a case is run: the options before the command, or null for without rules.</summary>
    private static readonly Dictionary<string, Func<World, string[], string[], Result>> s_engines = new()
    {
        ["native"] = (world, _, words) => world.Sandbox.Native(words),
        ["seccomp"] = (world, options, words) => world.Sandbox.Run(options, [Sandbox.Victim, .. words]),
    };

    private sealed record Case(string Place, string Rules, string Call, string Free, string Ruled);

    private static IReadOnlyList<Case> All { get; } = [.. Directory.EnumerateFiles(Repository.PathOf("tests/conformance"), "*.txt").Order(StringComparer.Ordinal).SelectMany(Read)];

    private static IEnumerable<Case> Read(string file)
    {
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] parts = line.Split('⇶', StringSplitOptions.TrimEntries);
            string place = $"{Path.GetFileName(file)}:{number}";
            Assert.True(parts.Length == 4, $"{place}: rules ⇶ call ⇶ without rules ⇶ under them");
            yield return new(place, parts[0], parts[1], parts[2], parts[3]);
        }
    }

    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> cases = [];
        foreach (string engine in s_engines.Keys)
            foreach (Case one in All)
                cases.Add(engine, $"{one.Place} {one.Rules} ⇶ {one.Call}");
        return cases;
    }

    [Fact]
    public void There_are_enough_cases_and_none_twice()
    {
        Assert.True(All.Count >= 150, $"{All.Count}");
        Assert.Equal(All.Count, All.Select(c => (c.Rules, c.Call)).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_holds(string engine, string title)
    {
        Case one = All.First(c => title.StartsWith(c.Place + " ", StringComparison.Ordinal));
        using World world = new();
        Populate(world.Sandbox);
        string[] words = [.. world.Words(one.Call).Select(w => w.Replace("{here}", world.Sandbox.Directory, StringComparison.Ordinal))];
        string rules = Known(one.Rules, world);
        string[] options = rules.StartsWith('{') ? ["-c", world.Sandbox.Write("rules.json", rules)] : [.. rules.Split(";;", StringSplitOptions.TrimEntries).SelectMany(r => new[] { "-e", r })];
        string before = world.Snapshot();
        Result result = s_engines[engine](world, options, words);
        string expected = engine == "native" ? one.Free : one.Ruled;

        // `= RESULT` is what the call gives; `denied`, `logged` or `unjudged` what Sandgate says besides.
        Match match = Expectation().Match(expected);
        Assert.True(match.Success, $"{one.Place}: no expectation: {expected}");
        string said = match.Groups["said"].Value, wanted = match.Groups["result"].Value;
        if (wanted == "killed")
            Assert.True(result.Status == 137, result.ToString());
        else
            Assert.True(Regex.IsMatch(result.Out, $"^(.*\n)?[^\n]* = {Regex.Escape(wanted).Replace("\\*", ".*", StringComparison.Ordinal)}\n$", RegexOptions.Singleline), $"{one.Place}: wanted {wanted}; {result}");
        if (engine == "native")
            return;
        Assert.Equal(said is "denied" or "unjudged" || wanted == "killed" ? 1 : 0, result.Said.Count(l => l.StartsWith("denied ", StringComparison.Ordinal) || l.StartsWith("killed ", StringComparison.Ordinal)));
        Assert.Equal(said == "unjudged", result.Err.Contains("could not be judged", StringComparison.Ordinal));
        Assert.Equal(said == "logged" ? 1 : 0, result.Said.Count(l => !l.StartsWith("denied ", StringComparison.Ordinal) && !l.StartsWith("killed ", StringComparison.Ordinal)));
        if (said == "denied")
            Assert.Equal(before, world.Snapshot());
    }

    /// <summary>Beside what World.cs makes: a secret, and ways to it.</summary>
    private static void Populate(Sandbox box)
    {
        Directory.CreateDirectory(box.PathOf("secret/deep"));
        box.Write("secret/file", "secret\n");
        box.Write("open", "open\n");
        File.CreateSymbolicLink(box.PathOf("way"), "secret/file");
        File.CreateSymbolicLink(box.PathOf("chain"), "way");
        File.CreateSymbolicLink(box.PathOf("whole"), box.PathOf("secret/file"));
        File.CreateSymbolicLink(box.PathOf("dir"), "secret");
        File.CreateSymbolicLink(box.PathOf("to-new"), "secret/new");
    }

    private static string Known(string text, World world) => Names().Replace(text, m =>
        m.Value == "{here}" ? world.Sandbox.Directory : m.Value == "{hash}" ? Hash(world.Sandbox.PathOf("other")) : world.Words(m.Value)[0]);

    private static string Hash(string file) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));

    [GeneratedRegex(@"^(= )?(?<result>[^;]+?)(; (?<said>denied|logged|unjudged))?$")]
    private static partial Regex Expectation();

    [GeneratedRegex(@"\{(here|hash|tcp|udp|victim)\}")]
    private static partial Regex Names();
}
