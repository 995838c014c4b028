using System.Text.Json;

namespace Sandgate.Linux.Tests.Live;

/// <summary>check, explain, calls, profiles and schema; and that what explain says is what happens.</summary>
public class CommandTests
{
    private const string Rules = """
        {
          "rules": {
            "open": { "('./f')": "not_allow", "('./full/*', 'w*')": "not_allow", "('./full/file')": "allow" },
            "mkdir": { "/new/": "not_allow" },
            "connect": { "('127.0.0.1:*')": "not_allow" }
          },
          "rule_table": [
            { "on": ["delete", "rename"], "when": "path like './g' or path2 == './g'", "action": "not_allow" },
            { "on": ["write"], "when": "size > 3 and path like './x'", "action": "not_allow" },
            { "on": ["chmod"], "when": "mode ~ /7$/ and not path == './f'", "action": "not_allow" },
            { "on": ["connect"], "when": "address like 'unix:./s'", "action": "not_allow" }
          ]
        }
        """;

    // The call as explain knows it ⇶ the victim's arguments.
    public static TheoryData<string, string> Calls() => new(
    [
        ("open('./f', 'r')", "open f"), ("open('l', 'r')", "open l"), ("open('./g', 'r')", "open g"), ("open('full/../f', 'rw')", "open full/../f rw"),
        ("open('./full/file', 'w')", "open full/file w"), ("open('./full/other', 'w+create+truncate')", "creat full/other"), ("open('./full/file', 'r')", "open full/file"),
        ("mkdir('newer', '0755')", "mkdir newer"), ("mkdir('old', '0755')", "mkdir old"), ("delete('g')", "unlink g"), ("delete('f')", "unlink f"),
        ("rename('f', 'g')", "rename f g"), ("rename('f', 'h')", "rename f h"), ("write('{here}/x', 'abc')", "write x abc"), ("write('{here}/x', 'abcd')", "write x abcd"),
        ("chmod('g', '0777')", "chmod g 0777"), ("chmod('f', '0777')", "chmod f 0777"), ("chmod('l', '0777')", "chmod l 0777"), ("chmod('g', '0700')", "chmod g 0700"),
        ("connect('unix:s')", "connect-unix s"), ("connect('127.0.0.1:{tcp}')", "connect-tcp 127.0.0.1 {tcp}"), ("stat('f')", "stat f"),
    ]);

    [Theory]
    [MemberData(nameof(Calls))]
    public void What_is_explained_is_what_happens(string call, string arguments)
    {
        using World world = new();
        world.Sandbox.Write("rules.json", Rules);
        string text = call.Replace("{tcp}", world.Words("{tcp}")[0], StringComparison.Ordinal).Replace("{here}", world.Sandbox.Directory, StringComparison.Ordinal);
        Result explained = world.Sandbox.Start([Sandbox.Sandgate, "explain", "-c", "rules.json", text]);
        Result happened = world.Sandbox.Run(["-c", "rules.json"], [Sandbox.Victim, .. world.Words(arguments)]);
        Assert.True(happened.Status == explained.Status, $"{explained}{happened}");
        Assert.StartsWith($"{(happened.Denials.Length > 0 ? "not_allow" : "allow")} {text}\n", explained.Out);
        Result json = world.Sandbox.Start([Sandbox.Sandgate, "explain", "-c", "rules.json", "--format", "json", text]);
        Assert.Equal(explained.Out.Split(' ')[0], JsonElement.Parse(json.Out).GetProperty("verdict").GetString());
    }

    [Fact]
    public void Explain_begins_with_the_verdict()
    {
        using Sandbox box = new();
        Result explained = box.Start([Sandbox.Sandgate, "explain", "-e", "open ('/etc/passwd') = not_allow", "open('/etc/passwd', 'r')"]);
        Assert.Equal((1, "not_allow open('/etc/passwd', 'r')"), (explained.Status, explained.Out.Split('\n')[0]));
        Assert.Equal(125, box.Start([Sandbox.Sandgate, "explain", "-e", "open ('/etc/passwd') = not_allow", "open("]).Status);
    }

    [Theory]
    [InlineData("check -e open=log", 1, null)]
    [InlineData("check rules.json", 0, "rules.json: ")]
    [InlineData("check missing.json", 1, null)]
    [InlineData("calls", 0, "operations")]
    [InlineData("calls open", 0, "open")]
    [InlineData("calls nosuch", 1, null)]
    [InlineData("profiles", 0, "  ai-agent ")]
    [InlineData("profiles default", 0, "//")]
    [InlineData("profiles nosuch", 1, null)]
    [InlineData("schema", 0, "{")]
    public void The_other_commands_say_what_they_know(string arguments, int status, string? begins)
    {
        using Sandbox box = new();
        box.Write("rules.json", Rules);
        Result said = box.Start([Sandbox.Sandgate, .. arguments.Split(' ')]);
        Assert.True(said.Status == status, said.ToString());
        if (begins is null)
            Assert.NotEmpty(said.Said);
        else
            Assert.StartsWith(begins, said.Out);
    }

    [Fact]
    public void Check_lists_isolation_and_limits_as_asked_for()
    {
        using Sandbox box = new();
        box.Write("walls.json", """{ "isolation": { "namespaces": ["ipc"], "net": "none", "paths": { "read": ["/usr"] } }, "limits": { "memory": "512M", "time": "30s" } }""");
        string[] lines = box.Start([Sandbox.Sandgate, "check", "walls.json"]).Out.Split('\n');
        foreach (string line in new[] { "isolation", "  namespaces    ipc", "  net           none", "  capabilities  none are kept", "  paths         read /usr", "limits", "  memory  512 MiB", "  time    30.00 s" })
            Assert.Contains(line, lines);
        JsonElement json = JsonElement.Parse(box.Start([Sandbox.Sandgate, "check", "walls.json", "--format", "json"]).Out);
        Assert.Equal("/usr", json.GetProperty("isolation").GetProperty("paths").GetProperty("read")[0].GetString());
        Assert.Equal((536870912, 30), (json.GetProperty("limits").GetProperty("memory").GetInt64(), json.GetProperty("limits").GetProperty("time").GetInt32()));
        box.Write("rules.json", Rules);
        Assert.DoesNotContain("limits", box.Start([Sandbox.Sandgate, "check", "rules.json"]).Out.Split('\n'));
    }

    [Theory]
    [InlineData("check --format json rules.json")]
    [InlineData("check --format json missing.json")]
    [InlineData("calls --format json")]
    [InlineData("calls open --format json")]
    [InlineData("schema")]
    public void What_is_for_programs_is_json(string arguments)
    {
        using Sandbox box = new();
        box.Write("rules.json", Rules);
        Assert.Equal(JsonValueKind.Object, JsonElement.Parse(box.Start([Sandbox.Sandgate, .. arguments.Split(' ')]).Out).ValueKind);
    }
}
