using System.Text.Json;

namespace Sandgate.Linux.Tests.Live;

/// <summary>What was refused is said, exactly, and nobody can forge it.</summary>
public class DenialTests
{
    [Fact]
    public void A_denial_is_one_line_in_the_promised_form()
    {
        using Sandbox box = new();
        Result denied = box.Under("open ('/etc/passwd') = not_allow", "open", "/etc/passwd", "r");
        Assert.Equal("open = EACCES\n", denied.Out);
        Assert.Matches(@"^sandgate: denied open\('/etc/passwd', 'r'\) by rule open \('/etc/passwd'\) \[pid [0-9]+ victim\]\n$", denied.Err);
    }

    [Fact]
    public void A_rule_from_a_file_and_its_name_and_errno_are_shown()
    {
        using Sandbox box = new();
        box.Write("rules.json", """{ "rules": { "open": { "('/etc/passwd')": { "action": "not_allow", "errno": "ENOENT", "name": "no users" } } } }""");
        Result denied = box.Run(["-c", "rules.json"], Sandbox.Victim, "open", "/etc/passwd");
        Assert.Equal("open = ENOENT\n", denied.Out);
        Assert.Contains("by rule \"no users\" [pid ", Assert.Single(denied.Denials));
    }

    [Fact]
    public void The_real_file_is_named_where_it_differs()
    {
        using Sandbox box = new();
        File.CreateSymbolicLink(box.PathOf("link"), "/etc/passwd");
        Assert.Contains("denied open('link', 'r'), really open('/etc/passwd', 'r') by rule", Assert.Single(box.Under("open ('/etc/passwd') = not_allow", "open", "link").Said));
    }

    [Theory]
    [InlineData("$'\\e[31mred\\e[0m'", @"\x1b[31mred\x1b[0m")]
    [InlineData("$'a\\nsandgate: denied nothing'", @"a\nsandgate: denied nothing")]
    [InlineData("$'it\\'s'", @"it\'s")]
    [InlineData("$'\\xff\\xfe'", @"\xff\xfe")]
    [InlineData("$'a\\rb\\tc\\x01'", @"a\rb\tc\x01")]
    [InlineData("$'\\xe2\\x80\\xaegnp.exe'", @"\u{202e}gnp.exe")]
    [InlineData("$'a\\\\nb'", @"a\\nb")]
    public void A_hostile_name_cannot_forge_a_line(string name, string shown)
    {
        using Sandbox box = new();
        Result denied = box.Shell($"\"$VICTIM\" creat {name} >/dev/null && exec \"$SANDGATE\" run -e \"open ('./*') = not_allow\" -- \"$VICTIM\" open {name}");
        Assert.Equal("open = EACCES\n", denied.Out);
        Assert.Contains($"denied open('{shown}', 'r')", Assert.Single(denied.Err.TrimEnd('\n').Split('\n')));
    }

    [Fact]
    public void A_hostile_process_name_cannot_forge_a_line()
    {
        using Sandbox box = new();
        Result denied = box.Shell("cp \"$VICTIM\" $'x\\n\\e]0m'; exec \"$SANDGATE\" run -e \"open ('/etc/passwd') = not_allow\" -- $'./x\\n\\e]0m' open /etc/passwd");
        Assert.EndsWith(@" x\n\x1b]0m]", Assert.Single(denied.Err.TrimEnd('\n').Split('\n')));
    }

    [Fact]
    public void A_record_has_every_decision_and_why()
    {
        using Sandbox box = new();
        box.Write("rules.json", "{ \"rules\": {\n  \"open\": {\n    \"('./no*')\": \"not_allow\",\n    \"('./yes*')\": \"allow\" },\n  \"mkdir\": { \"*\": \"log\" } } }");
        box.Write("no", "");
        box.Write("yes", "");
        box.Write("other", "");
        (Result result, JsonElement[] events) = box.Record(["-c", "rules.json"], "bash", "-c", ": < yes; : < other; : < no; mkdir new; kill -0 $PPID; kill $PPID; exit 3");
        Assert.Equal(3, result.Status);
        JsonElement Event(string call) => Assert.Single(events, e => e.GetProperty("call").GetString()!.StartsWith(call, StringComparison.Ordinal));
        string Of(string call, params string[] fields) => string.Join(' ', fields.Select(f => Event(call).TryGetProperty(f, out JsonElement value) ? value.GetString() : "-"));

        Assert.Equal("not_allow EACCES rule rules.json:3:5 denied bash", Of("open('no'", "verdict", "errno", "reason", "place", "outcome", "comm"));
        Assert.Equal("open ('./no*')", Of("open('no'", "rule"));
        Assert.Equal("allow - rule rules.json:4:5", Of("open('yes'", "verdict", "errno", "reason", "place"));
        Assert.Equal("allow - default -", Of("open('other'", "verdict", "errno", "reason", "rule"));
        Assert.Equal("allow mkdir", Of("mkdir('new'", "verdict", "comm"));
        Assert.Equal(box.PathOf("no"), Event("open('no'").GetProperty("resolved").GetString()!.Split('\'')[1]);
        JsonElement kill = events.Single(e => e.GetProperty("call").GetString()!.Contains("SIGTERM", StringComparison.Ordinal));
        Assert.Equal("not_allow EPERM floor", string.Join(' ', new[] { "verdict", "errno", "reason" }.Select(f => kill.GetProperty(f).GetString())));
        foreach (JsonElement one in events)
        {
            Assert.Contains(one.GetProperty("binding").GetString(), new[] { "kernel", "register", "emulated", "verified", "racy" });
            Assert.Contains(one.GetProperty("outcome").GetString(), new[] { "continued", "denied", "failed", "emulated", "vanished", "killed" });
            Assert.True(one.GetProperty("pid").GetInt32() > 0 && one.GetProperty("tid").GetInt32() > 0);
            Assert.InRange(DateTimeOffset.UtcNow - one.GetProperty("time").GetDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromMinutes(5));
            Assert.NotEmpty(one.GetProperty("syscall").GetString()!);
        }
    }

    [Fact]
    public void A_record_is_its_owners_only()
    {
        using Sandbox box = new();
        Assert.Equal(0, box.Shell("umask 0; \"$SANDGATE\" run --record calls.jsonl -e \"open ('/x') = not_allow\" -- true; exit $?").Status);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(box.PathOf("calls.jsonl")));
    }

    [Fact]
    public void A_record_of_hostile_names_is_still_json()
    {
        using Sandbox box = new();
        Result result = box.Shell("\"$SANDGATE\" run -q --record calls.jsonl -e \"open ('./*') = not_allow\" -- bash -c ': < $'\\''\\xff\"\\n}'\\''; : < $'\\''\\xe2\\x80\\xae\\e'\\''' 2>/dev/null; exit 0");
        Assert.Equal(0, result.Status);
        string[] lines = File.ReadAllLines(box.PathOf("calls.jsonl"));
        Assert.True(lines.Length >= 2);
        foreach (string line in lines)
            Assert.Equal(JsonValueKind.Object, JsonElement.Parse(line).ValueKind);
    }

    [Fact]
    public void No_denial_is_lost_when_there_are_many()
    {
        using Sandbox box = new();
        (Result result, JsonElement[] events) = box.Record(["-e", "open ('/etc/passwd') = not_allow"], Sandbox.Victim, "open-loop", "20000", "/etc/passwd");
        Assert.Equal("open-loop = 20000 failed\n", result.Out);
        Assert.Equal(20000, result.Denials.Length);
        Assert.Equal(20000, events.Count(e => e.GetProperty("verdict").GetString() == "not_allow"));
    }

    [Fact]
    public void A_trace_shows_calls_as_they_happen()
    {
        using Sandbox box = new();
        Result traced = box.Run(["--trace=open,mkdir", "-e", "mkdir ('./b') = not_allow"], "bash", "-c", ": < /etc/passwd; mkdir a b");
        Assert.Matches(@"(?m)^\[[0-9]+ bash\] open\('/etc/passwd', 'r'\) = allowed$", traced.Err);
        Assert.Matches(@"(?m)^\[[0-9]+ mkdir\] mkdir\('a', '0777'\) = allowed$", traced.Err);
        Assert.Matches(@"(?m)^\[[0-9]+ mkdir\] mkdir\('b', '0777'\) = EACCES.* by rule mkdir \('\./b'\)$", traced.Err);
        Assert.Equal("", traced.Out);
    }

    [Fact]
    public void Quiet_is_silent_and_still_denies()
    {
        using Sandbox box = new();
        Assert.Equal(new Result(1, "open = EACCES\n", ""), box.Run(["-q", "-e", "open ('/etc/passwd') = not_allow"], Sandbox.Victim, "open", "/etc/passwd"));
    }

    [Fact]
    public void Nothing_of_Sandgates_goes_to_stdout()
    {
        using Sandbox box = new();
        Result noisy = box.Run(["--trace", "-e", "open ('/etc/passwd') = not_allow"], "bash", "-c", "echo mine; cat /etc/passwd; kill $PPID; nosuchcommand");
        Assert.Equal("mine\n", noisy.Out);
        Assert.NotEmpty(noisy.Err);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--trace")]
    public void Colour_is_for_terminals_only_and_never_with_NO_COLOR(string option)
    {
        using Sandbox box = new();
        box.Write("run.sh", $"\"$SANDGATE\" run {option} -e \"open ('/etc/passwd') = not_allow\" -- \"$VICTIM\" open /etc/passwd\n");
        Assert.DoesNotContain('\e', box.Shell(". ./run.sh").Err);
        Assert.Contains("\e[", box.Start(["script", "-qec", "bash ./run.sh", "/dev/null"]).Out);
        Assert.DoesNotContain('\e', box.Start(["script", "-qec", "NO_COLOR=1 bash ./run.sh", "/dev/null"]).Out);
    }

    [Fact]
    public void A_full_disk_ends_the_recording_and_not_the_program()
    {
        using Sandbox box = new();
        Result result = box.Shell("ln -s /dev/full calls.jsonl; \"$SANDGATE\" run --record calls.jsonl -e \"open ('/x') = not_allow\" -- bash -c ': < /etc/passwd; exit 3'; exit $?");
        Assert.Equal(3, result.Status);
        Assert.Contains(result.Said, l => l.StartsWith("recording has stopped", StringComparison.Ordinal));
    }
}
