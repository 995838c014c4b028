namespace Sandgate.Linux.Tests.Live;

/// <summary>Configurations made of several: files that extend others, several -c, -e, profiles.</summary>
public class LayerTests
{
    private static Sandbox NewBox()
    {
        Sandbox box = new();
        Directory.CreateDirectory(box.PathOf("base/deep"));
        box.Write("f", "hello\n");
        box.Write("g", "other\n");
        box.Write("base/base.json", """{ "extends": ["deep/deep.json"], "rules": { "open": { "('./f')": "not_allow" } } }""");
        box.Write("base/deep/deep.json", """{ "extends": ["default"], "scripts": { "s": "s.lua" }, "rule_table": [{ "on": ["mkdir"], "when": "script s", "action": "not_allow", "errno": "EROFS" }] }""");
        box.Write("base/deep/s.lua", "function matcher(call) return call.path:find('/no$') ~= nil end");
        box.Write("rules.json", """{ "extends": ["base/base.json"], "rules": { "open": { "('./g')": "not_allow" } } }""");
        return box;
    }

    private static string Open(Sandbox box, string file, params string[] options) => box.Run(options, Sandbox.Victim, "open", file).Out;

    [Fact]
    public void What_is_extended_holds_relative_to_the_file_that_names_it()
    {
        using Sandbox box = NewBox();
        Assert.Equal("open = 3\n", box.Native("open", "f").Out);
        Assert.Equal("open = EACCES\n", Open(box, "f", "-c", "rules.json"));
        Assert.Equal("open = EACCES\n", Open(box, "g", "-c", "rules.json"));
        Assert.Equal("mkdir = EROFS\n", box.Run(["-c", "rules.json"], Sandbox.Victim, "mkdir", "no").Out);
        Assert.Equal("mkdir = 0\n", box.Run(["-c", "rules.json"], Sandbox.Victim, "mkdir", "yes").Out);
    }

    [Fact]
    public void Later_files_and_the_command_line_overrule_earlier_ones()
    {
        using Sandbox box = NewBox();
        box.Write("later.json", """{ "rules": { "open": { "('./f')": "log" } } }""");
        box.Write("closed.json", """{ "rules": { "open": { "('./g')": "not_allow" } }, "evaluation": "last-match" }""");
        Assert.Equal("open = 3\n", Open(box, "f", "-c", "rules.json", "-c", "later.json"));
        Assert.Equal("open = EACCES\n", Open(box, "f", "-c", "later.json", "-c", "rules.json"));
        Assert.Equal("open = 3\n", Open(box, "g", "-c", "closed.json", "-e", "open ('./g') = allow"));
        Assert.Equal("open = EACCES\n", Open(box, "g", "-p", "default", "-c", "closed.json"));
    }

    [Fact]
    public void Strict_runs_nothing_under_a_rule_that_a_thread_could_get_round()
    {
        using Sandbox box = NewBox();
        string[] racy = ["--strict", "-e", "open when comm == 'cat' = not_allow"], binding = ["--strict", "-e", "open ('/nowhere') = not_allow"];
        Result refused = box.Run(racy, "touch", "marker");
        Assert.Equal(125, refused.Status);
        Assert.Contains("is racy", refused.Err);
        Assert.Contains("nothing was run", refused.Err);
        Assert.Equal(0, box.Run(binding, "true").Status);
    }

    [Theory]
    [InlineData("""{ "extends": ["./rules.json"] }""", "extends itself")]
    [InlineData("""{ "extends": ["./missing.json"] }""", "missing.json")]
    [InlineData("""{ "extends": ["defalt"] }""", "there is no profile 'defalt'; did you mean")]
    [InlineData("""{ "extends": ["./wrong.json"] }""", "wrong.json:1:")]
    [InlineData("""{ "rules": {}, "tests": [{ "call": "open('./f', 'r')", "expect": "not_allow" }] }""", "open('./f', 'r')")]
    [InlineData("""{ "strict": true, "rule_table": [{ "on": ["open"], "when": "comm == 'cat'", "action": "not_allow" }] }""", "strict")]
    [InlineData("""{ "scripts": { "s": "missing.lua" }, "rule_table": [{ "when": "script s", "action": "not_allow" }] }""", "missing.lua")]
    [InlineData("""{ "scripts": { "s": { "code": "function matcher(" } }, "rule_table": [{ "when": "script s", "action": "not_allow" }] }""", "s:1:")]
    [InlineData("""{ "rule_table": [{ "when": [{ "match_type": "path", "match_relationship": "matches", "match_condition": "/^\\/etc/" }], "action": "not_allow" }] }""", "write it without them")]
    [InlineData("""{ "rule_table": [{ "when": "script nobody", "action": "not_allow" }] }""", "nobody")]
    public void What_does_not_load_runs_nothing(string rules, string why)
    {
        using Sandbox box = NewBox();
        box.Write("wrong.json", """{ "rules": { "opne": {} } }""");
        box.Write("rules.json", rules);
        Result refused = box.Run(["-c", "rules.json"], "touch", "marker");
        Assert.Equal((125, ""), (refused.Status, refused.Out));
        Assert.Contains(why, refused.Err);
        Assert.Contains("nothing was run", refused.Said[^1]);
        Assert.False(File.Exists(box.PathOf("marker")));
        Assert.NotEqual(0, box.Start([Sandbox.Sandgate, "check", "rules.json"]).Status);
    }

    [Fact]
    public void Strict_takes_what_binds()
    {
        using Sandbox box = NewBox();
        box.Write("rules.json", """{ "strict": true, "rules": { "mkdir": { "*": "not_allow" }, "open": { "('./f')": "allow" } } }""");
        Assert.Equal("mkdir = EACCES\n", box.Run(["-c", "rules.json"], Sandbox.Victim, "mkdir", "d").Out);
    }

    [Theory]
    [InlineData("base/base.json")]
    [InlineData("base/deep/deep.json")]
    [InlineData("base/deep/s.lua")]
    public void No_file_of_the_rules_can_be_changed_from_inside(string file)
    {
        using Sandbox box = NewBox();
        string before = File.ReadAllText(box.PathOf(file));
        const string Attack = """
            echo '{}' > $1; echo >> $1; truncate -s 0 $1; rm -f $1; mv $1 $1.old; mv g $1; ln $1 other && echo > other
            mv base elsewhere; ln -sf g $1; cp g $1; sed -i s/not_allow/allow/ $1; true
            """;
        Result inside = box.Run(["-c", "rules.json"], "bash", "-c", Attack, "bash", file);
        Assert.Equal(before, File.ReadAllText(box.PathOf(file)));
        Assert.Contains("running_config", inside.Err);
    }
}
