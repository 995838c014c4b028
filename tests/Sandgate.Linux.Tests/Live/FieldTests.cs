using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Language;
using Sandgate.Linux.Decode;

namespace Sandgate.Linux.Tests.Live;

/// <summary>Rules look at every field, in either form. A case is a line in Cases/fields.txt.</summary>
public class FieldTests
{
    private static readonly Dictionary<string, string> s_symbols = new()
    {
        ["is"] = "==",
        ["is_not"] = "!=",
        ["matches"] = "~",
        ["does_not_match"] = "!~",
        ["contains"] = "contains",
        ["does_not_contain"] = "not contains",
        ["like"] = "like",
        ["not_like"] = "not like",
        ["in"] = "in",
        ["not_in"] = "not in",
        ["less_than"] = "<",
        ["greater_than"] = ">",
    };

    private static string[][] Lines { get; } =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Live", "Cases", "fields.txt")).Where(l => l.Contains('⇶') && l[0] != '#').Select(l => l.Split('⇶', StringSplitOptions.TrimEntries))];

    public static TheoryData<int, string> Cases()
    {
        TheoryData<int, string> cases = [];
        for (int i = 0; i < Lines.Length; i++)
            cases.Add(i, string.Join(' ', Lines[i]));
        return cases;
    }

    [Fact]
    public void No_field_and_no_relation_is_left_out()
    {
        Assert.Empty(FieldCatalogue.All.Select(f => f.Name).Except(Lines.Select(l => l[0])).Except(["domain"]));
        Assert.Empty(s_symbols.Keys.Except(Lines.Select(l => l[2])));
    }

    // The two forms are read as the same, so that running one of them, in turn, is enough.
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_rule_looks_at_the_field(int index, string line)
    {
        (string operations, string arguments, string expected) = (Lines[index][1], Lines[index][4], Lines[index][5]);
        using World native = new();
        Result free = native.Sandbox.Native(native.Words(arguments));
        Assert.True(free.Status == 0, $"{line} proves nothing, it fails natively: {free}");

        using World world = new();
        (string row, string text) = Forms(Lines[index], world);
        string on = operations == "*" ? "" : $"\"on\": {JsonSerializer.Serialize(operations.Split(','))}, ";
        string[] configs = [.. new[] { row, text }.Select(when => $$"""{ "rule_table": [{ {{on}}"when": {{when}}, "action": "not_allow" }] }""")];
        Assert.Equal(Meaning(configs[1], world), Meaning(configs[0], world));

        string config = world.Sandbox.Write("rules.json", configs[index % 2]);
        Result inside = world.Sandbox.Run(["-c", config], [Sandbox.Victim, .. world.Words(arguments)]);
        if (expected == "allowed")
            Assert.True(inside.Status == 0 && inside.Out.Split('=')[0] == free.Out.Split('=')[0] && inside.Said.Length == 0, inside.ToString());
        else
            Assert.True(inside.Status == 1 && (inside.Out.EndsWith(" = EACCES\n", StringComparison.Ordinal) || inside.Out.EndsWith(" = EPERM\n", StringComparison.Ordinal)) && inside.Denials.Length == 1, inside.ToString());
    }

    private static string Meaning(string config, World world)
    {
        ReaderContext context = new(world.Sandbox.Directory, null, _ => null, new LinuxCatalogue());
        return string.Join('\n', ConfigReader.Read("rules.json", Encoding.UTF8.GetBytes(config), context).Rules.Select(r => $"{r.Scope}: {r.When.ToExpression()}"));
    }

    private static (string Row, string Text) Forms(string[] line, World world)
    {
        (string field, string relation) = (line[0], line[2]);
        bool many = relation is "in" or "not_in", regex = relation is "matches" or "does_not_match";
        string[] values = [.. (many ? line[3].Split('|') : [line[3]]).Select(v => Known(v, world))];

        // A row's expression stands without slashes, and has no flags.
        string[] plain = regex ? [Regex.Replace(values[0], "^/|/$", "").Replace("\\/", "/", StringComparison.Ordinal)] : values;
        string row = JsonSerializer.Serialize(new[] { new { match_type = field, match_relationship = relation, match_condition = many ? (object)plain : plain[0] } });
        bool bare = FieldCatalogue.Find(field)!.Kind == FieldKind.Number || regex;
        string[] written = bare ? values : [.. values.Select(v => $"'{v.Replace("'", "\\'", StringComparison.Ordinal)}'")];
        return (row, JsonSerializer.Serialize($"{field} {s_symbols[relation]} {(many ? $"({string.Join(", ", written)})" : written[0])}"));
    }

    private static string Known(string value, World world)
    {
        string[] words = world.Words(value.Replace("{here}", world.Sandbox.Directory, StringComparison.Ordinal).Replace(":{tcp}", ": {tcp}", StringComparison.Ordinal));
        return string.Join(' ', words).Replace(": ", ":", StringComparison.Ordinal)
            .Replace("{sandgate}", Sandbox.Sandgate, StringComparison.Ordinal)
            .Replace("{uid}", File.ReadLines("/proc/self/status").First(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2], StringComparison.Ordinal)
            .Replace("{hash}", Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes("/bin/true"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("size > 2 and fd == 3", true)]
    [InlineData("size > 2 and fd != 3", false)]
    [InlineData("not (size <= 2) && (data contains abc || path like '/nowhere/*')", true)]
    [InlineData("not (data contains abc or path like '/nowhere/*')", false)]
    [InlineData("size >= 3", true)]
    [InlineData("size <= 2", false)]
    [InlineData("path like './*' and not path == './g' and exe like '*/victim' and data ~ /B/i", true)]
    [InlineData("true", true)]
    [InlineData("pattern \"('./f', 'ab*')\" and size < 1K", true)]
    public void Conditions_combine(string when, bool denied)
    {
        using World world = new();
        string config = world.Sandbox.Write("rules.json", $$"""{ "rule_table": [{ "on": ["write"], "when": {{JsonSerializer.Serialize(when)}}, "action": "not_allow" }] }""");
        Result inside = world.Sandbox.Run(["-c", config], Sandbox.Victim, "write", "f", "abc");
        Assert.Equal((denied ? 1 : 0, denied ? "write = EACCES\n" : "write = 3\n"), (inside.Status, inside.Out));
    }

    [Fact]
    public void Rows_are_folded_from_the_top_and_disabled_ones_left_out()
    {
        using World world = new();
        string config = world.Sandbox.Write("rules.json", """
            { "rule_table": [
              { "enabled": false, "on": ["write"], "action": "not_allow" },
              { "on": ["write"], "action": "not_allow", "when": [
                { "match_type": "size", "match_relationship": "greater_than", "match_condition": 1000 },
                { "enabled": false, "match_type": "size", "match_relationship": "greater_than", "match_condition": 0 },
                { "boolean_operator": "or", "match_type": "data", "match_relationship": "contains", "match_condition": "b" },
                { "boolean_operator": "and", "match_type": "path", "match_relationship": "is", "match_condition": ["./f"] } ] }
            ] }
            """);
        Assert.Equal("write = EACCES\n", world.Sandbox.Run(["-c", config], Sandbox.Victim, "write", "f", "abc").Out);
        Assert.Equal("write = 3\n", world.Sandbox.Run(["-c", config], Sandbox.Victim, "write", "g", "abc").Out);
        Assert.Equal("write = 3\n", world.Sandbox.Run(["-c", config], Sandbox.Victim, "write", "f", "acc").Out);
    }

    [Fact]
    public void What_is_said_not_to_be_is_said_of_the_real_file()
    {
        using World world = new();
        File.CreateSymbolicLink(world.Sandbox.PathOf("full/out"), "../g");
        File.CreateSymbolicLink(world.Sandbox.PathOf("in"), "full/file");
        string config = world.Sandbox.Write("rules.json", """{ "rule_table": [{ "on": ["open"], "when": "path like '*/sandgate-live-*' and not (path like './full/*')", "action": "not_allow" }] }""");
        Result Open(string path) => world.Sandbox.Run(["-c", config], Sandbox.Victim, "open", path);
        Assert.Equal("open = 3\n", Open("full/file").Out);
        Assert.Equal("open = 3\n", Open("in").Out);
        Assert.Equal("open = EACCES\n", Open("full/out").Out);
        Assert.Equal("open = EACCES\n", Open("full/../g").Out);
        Assert.Equal("open = EACCES\n", Open($"{world.Sandbox.Directory}/full/./../f").Out);
    }

    [Fact]
    public void The_standard_streams_are_reached_by_their_names_only()
    {
        using Sandbox box = new();
        string[] all = ["not (path like './*')", "path like '*'", "path != './f'", "path ~ /./", "true", "size > 0", "fd in 0..2", "exe like '*'", "data contains o"];
        box.Write("rules.json", $$"""{ "rule_table": [{{string.Join(", ", all.Select(when => $$"""{ "on": ["write"], "when": "{{when}}", "action": "not_allow" }"""))}}] }""");
        const string Command = "echo out; echo err >&2";
        Assert.Equal(new Result(0, "out\n", "err\n"), box.Run(["-c", "rules.json"], "bash", "-c", Command));
        box.Write("run.sh", $"\"$SANDGATE\" run -c rules.json -- bash -c '{Command}'\n");
        Assert.Equal("out\r\nerr\r\n", box.Start(["script", "-qec", "bash ./run.sh", "/dev/null"]).Out);
        Assert.Equal("out\nerr\n", box.Shell(". ./run.sh > file 2>&1; cat file").Out);
        box.Write("named.json", """{ "rule_table": [{ "on": ["write"], "when": "path == 'stderr'", "action": "not_allow" }] }""");
        Result quiet = box.Run(["-c", "named.json"], "bash", "-c", Command);
        Assert.Equal("out\n", quiet.Out);
        Assert.StartsWith("denied write('stderr', 'err\\n')", quiet.Denials[0]);
    }
}
