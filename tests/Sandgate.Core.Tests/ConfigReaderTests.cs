using System.Text;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Tests;

public class ConfigReaderTests
{
    public static TheoryData<string, string> Errors => Cases.Load("errors.txt");

    [Theory]
    [MemberData(nameof(Errors))]
    public void A_bad_configuration_says_where_and_why(string config, string expected) =>
        Assert.Equal(expected.Replace(" | ", "\n", StringComparison.Ordinal), World.ErrorOf(config.Replace("\\n", "\n", StringComparison.Ordinal)));

    [Fact]
    public void An_empty_object_is_a_configuration() => Assert.Equivalent(RuleSet.Empty, World.Read("{}"));

    [Fact]
    public void Empty_rules_are_fine() => Assert.Empty(World.Read("""{"rules": {"open": {},}}""").Rules);

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_text() =>
        Assert.StartsWith("config.json:1:1: the configuration must be an object", World.ErrorOf([0xef, 0xbb, 0xbf, (byte)'[', (byte)']']), StringComparison.Ordinal);

    [Fact]
    public void Settings_are_read()
    {
        RuleSet set = World.Read(
            """
            { "$schema": "x", "evaluation": "last-match", "default": "not_allow", /* c */ "on_unknown": "allow",
              "floor": { "io_uring": false, "running_config": true }, }
            """);
        Assert.Equal(Evaluation.LastMatch, set.Evaluation);
        Assert.Equal(RuleAction.NotAllow, set.Default);
        Assert.Equal(RuleAction.Allow, set.OnUnknown);
        Assert.Equal([FloorRule.IoUring], set.LiftedFloor);
    }

    [Fact]
    public void The_long_form_of_an_action_is_read()
    {
        Rule rule = Assert.Single(World.Read(
            """{"rules": {"open": {"*": {"action": "deny", "errno": "ENOENT", "name": "n", "note": "because"}}}}""").Rules);
        Assert.Equal((RuleAction.NotAllow, 2, "n", "because"), (rule.Action, rule.Errno, rule.Name, rule.Note));
        Assert.Equal(4095, World.Read("""{"rules": {"open": {"*": {"action": "deny", "errno": 4095}}}}""").Rules[0].Errno);
    }

    [Theory]
    [InlineData("open", "open")]
    [InlineData("sockconnect", "connect")]
    [InlineData("openat", "openat")]
    [InlineData("kill", "kill")]
    [InlineData("syscall:kill", "syscall:kill")]
    [InlineData("syscall:brk", "brk")]
    [InlineData("*", "*")]
    public void An_operation_has_its_scope(string name, string scope) =>
        Assert.Equal(scope, World.Read("{\"rules\": {\"" + name + "\": {\"*\": \"log\"}}}").Rules[0].Scope.ToString());

    [Fact]
    public void Columns_count_characters_and_not_bytes() =>
        Assert.StartsWith("config.json:1:16: unknown key", World.ErrorOf("{/*äöü€😀 */    \"x\": 1}"), StringComparison.Ordinal);

    [Fact]
    public void All_problems_are_reported_at_once() =>
        Assert.Equal(3, World.ErrorOf("""{"a": 1, "b": 2, "c": 3}""").Split('\n').Length);

    [Fact]
    public void A_flood_of_problems_is_cut()
    {
        string[] lines = World.ErrorOf("{" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"\"k{i}\": [],")) + "}").Split('\n');
        Assert.Equal(101, lines.Length);
        Assert.EndsWith("too many problems; the rest of the file was not looked at", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_hostile_key_cannot_forge_a_line_of_the_message()
    {
        string error = World.ErrorOf("""{"a\n\u001b[31m\u202ex": 1}""");
        Assert.Equal("""config.json:1:2: unknown key "a\n\x1b[31m\u{202e}x" """.TrimEnd(), error);
    }

    public static TheoryData<string, byte[], string> BadFiles => new()
    {
        { "empty", [], "config.json:1:1: the file holds nothing; an empty configuration is {}" },
        { "blank", " \n "u8.ToArray(), "config.json:2:2: the file holds nothing; an empty configuration is {}" },
        { "comment", "// only words\n"u8.ToArray(), "config.json:2:1: the file holds nothing; an empty configuration is {}" },
        { "large", new byte[9 << 20], "config.json:1:1: the file is larger than 8 MiB" },
        { "binary", [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0], "config.json:1:8: a zero byte: this is not a text file" },
        { "latin-1", [(byte)'{', (byte)'\n', (byte)'"', 0xe4, (byte)'"'], "config.json:2:2: not UTF-8: byte 0xe4; save the file as UTF-8" },
        { "UTF-16", Encoding.Unicode.GetPreamble(), "config.json:1:1: the file is UTF-16 text; save it as UTF-8" },
        { "deep", Encoding.ASCII.GetBytes("{\"x\":" + new string('[', 5000)), "config.json:1:2: unknown key \"x\"\nconfig.json:1:37: nested too deeply: more than 32 levels" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void A_file_that_is_no_configuration_is_refused_in_one_line(string kind, byte[] file, string expected)
    {
        Assert.NotEmpty(kind);
        Assert.Equal(expected, World.ErrorOf(file));
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] seed = File.ReadAllBytes(Cases.PathOf("seed.jsonc")).AsSpan().TrimEnd(" \n"u8).ToArray();
        for (int length = 0; length < seed.Length; length++)
        {
            ConfigException error = Assert.Throws<ConfigException>(() => ConfigReader.Read("c", seed.AsSpan(0, length), World.Context));
            Assert.All(error.Problems, p => Assert.True(p.Place.Line >= 1 && p.Place.Column >= 1));
        }
    }
}
