namespace Sandgate.Linux.Tests.Live;

/// <summary>The exit status is the program's, or says that nothing ran.</summary>
public class ExitStatusTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(124)]
    [InlineData(125)]
    [InlineData(255)]
    public void A_status_of_the_programs_own_comes_through(int status)
    {
        using Sandbox box = new();
        Assert.Equal(status, box.Run([], Sandbox.Victim, "exit", $"{status}").Status);
    }

    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("KILL", 9)]
    [InlineData("INT", 2)]
    [InlineData("SEGV", 11)]
    [InlineData("PIPE", 13)]
    public void A_signal_that_ended_the_program_shows_as_128_and_its_number(string name, int signal)
    {
        using Sandbox box = new();
        Result inside = box.Shell("ulimit -c 0; \"$SANDGATE\" run -- \"$VICTIM\" signal-self $1; exit $?", name);
        Assert.Equal(128 + signal, inside.Status);
        Assert.Equal(128 + signal, box.Shell("ulimit -c 0; \"$VICTIM\" signal-self $1; exit $?", name).Status);
    }

    [Fact]
    public void A_denied_command_is_126_and_says_by_which_rule()
    {
        using Sandbox box = new();
        Result denied = box.Run(["-e", "exec ('*/touch') = not_allow"], "touch", "marker");
        Assert.Equal((126, ""), (denied.Status, denied.Out));
        Assert.Matches(@"^denied exec\('/.*/touch', 'touch', 'marker'\) by rule exec \('\*/touch'\) \[pid [0-9]+ sandgate\]$", Assert.Single(denied.Said));
        Assert.False(File.Exists(box.PathOf("marker")));
    }

    [Fact]
    public void A_file_that_cannot_be_executed_is_126()
    {
        using Sandbox box = new();
        box.Write("plain", "#!/bin/sh\ntouch marker\n");
        Directory.CreateDirectory(box.PathOf("directory"));
        box.Write("garbage", "\x7fELF that is none\n");
        File.SetUnixFileMode(box.PathOf("garbage"), (UnixFileMode)0x1ed);
        foreach (string command in new[] { "./plain", "./directory", "./plain/below" })
        {
            Result refused = box.Run([], command);
            Assert.True(refused.Status == 126, refused.ToString());
            Assert.Contains(command, Assert.Single(refused.Said));
            Assert.Equal(refused.Status, box.Shell("\"$1\"", command).Status);
        }

        box.Variables["PATH"] = box.Directory;
        Assert.Equal(126, box.Start([Sandbox.Sandgate, "run", "--", "plain"]).Status);
    }

    [Fact]
    public void A_command_that_is_not_there_is_127()
    {
        using Sandbox box = new();
        box.Write("script", "#!/no/such/interpreter\n");
        File.SetUnixFileMode(box.PathOf("script"), (UnixFileMode)0x1ed);
        File.CreateSymbolicLink(box.PathOf("dangling"), "nowhere");
        foreach (string command in new[] { "no-such-command", "./missing", "/no/such/thing", "./script", "./dangling", "" })
        {
            Result refused = box.Run([], command);
            Assert.True(refused.Status == 127, $"{command}: {refused}");
            Assert.Contains(command, Assert.Single(refused.Said));
        }
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{ \"rules\": { \"open\": { \"*\": \"not_al", "")]
    [InlineData("{ \"rules\": {}, \"rules\": {} }", "duplicate key \"rules\"")]
    [InlineData("{ \"rules\": { \"open\": { \"*\": \"allow\", \"*\": \"not_allow\" } } }", "duplicate key")]
    [InlineData("{ \"rules\": [] }", "\"rules\" must be an object")]
    [InlineData("{ \"rules\": { \"open\": { \"*\": 5 } } }", "an action must be")]
    [InlineData("[]", "must be an object")]
    [InlineData("{ \"rules\": { \"opne\": { \"*\": \"allow\" } } }", "did you mean \"open\"?")]
    [InlineData("{ \"rules\": { \"open\": { \"*\": \"not_alow\" } } }", "did you mean \"not_allow\"?")]
    [InlineData("{ \"ruels\": {} }", "did you mean \"rules\"?")]
    [InlineData("{ \"floor\": { \"iouring\": false } }", "did you mean \"io_uring\"?")]
    [InlineData("{ \"rules\": { \"open\": { \"/(\": \"allow\" } } }", "a parenthesis is not closed")]
    [InlineData("{ \"rules\": {} } trailing", "")]
    public void A_config_that_does_not_load_whole_runs_nothing(string text, string reason)
    {
        using Sandbox box = new();
        box.Write("bad.json", text);
        Result refused = box.Run(["-c", "bad.json"], "touch", "marker");
        Assert.True(refused.Status == 125, refused.ToString());
        Assert.Contains(reason, refused.Err, StringComparison.OrdinalIgnoreCase);
        Assert.Matches(@"(?m)^sandgate: bad\.json(:[0-9]+:[0-9]+)?: ", refused.Err);
        Assert.Contains("nothing was run", refused.Err);
        Assert.Equal("", refused.Out);
        Assert.False(File.Exists(box.PathOf("marker")));
    }

    [Theory]
    [InlineData("rm -f bad.json", "no such file")]
    [InlineData("rm -f bad.json; mkdir bad.json", "directory")]
    [InlineData("head -c 50000000 /dev/zero > bad.json", "")]
    [InlineData("head -c 50000000 /dev/zero | tr '\\0' ' ' > bad.json", "")]
    [InlineData("head -c 5000 /dev/urandom > bad.json", "")]
    [InlineData("cp /bin/true bad.json", "")]
    [InlineData("printf '{\"rules\": {\"open\": {\"\\xff\": \"allow\"}}}' > bad.json", "UTF-8")]
    [InlineData("rm -f bad.json; ln -s bad.json bad.json", "can't be read")]
    [InlineData("head -c 5000000 /dev/zero | tr '\\0' '[' > bad.json", "")]
    public void A_config_that_is_no_config_runs_nothing(string make, string reason)
    {
        using Sandbox box = new();
        Assert.Equal(0, box.Shell(make).Status);
        Result refused = box.Run(["-c", "bad.json"], "touch", "marker");
        Assert.True(refused.Status == 125, refused.ToString());
        Assert.Contains(reason, refused.Err, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("bad.json", refused.Err);
        Assert.Contains("nothing was run", refused.Err);
        Assert.DoesNotContain("   at ", refused.Err);
        Assert.DoesNotMatch("[\x00-\x09\x0b-\x1f]", refused.Err);
        Assert.False(File.Exists(box.PathOf("marker")));
    }

    [Theory]
    [InlineData("run --recrod x.jsonl -- touch marker", "--record")]
    [InlineData("run --no-such-thing -- touch marker", "unknown option '--no-such-thing'")]
    [InlineData("run -c -- touch marker", "-c")]
    [InlineData("run", "no program given")]
    [InlineData("run --", "no program given")]
    [InlineData("run touch marker", "write the program after '--'")]
    [InlineData("rnu -- touch marker", "did you mean")]
    [InlineData("", "")]
    [InlineData("run --keep-fd x -- touch marker", "descriptor number")]
    [InlineData("run --keep-fd 77 -- touch marker", "77")]
    [InlineData("run --record /no/such/dir/x.jsonl -- touch marker", "/no/such/dir/x.jsonl")]
    [InlineData("run --record x.txt -- touch marker", "x.txt")]
    [InlineData("run --trace=opne -- touch marker", "did you mean \"open\"?")]
    [InlineData("run -e open -- touch marker", "not a rule")]
    [InlineData("run -e opne(*)=allow -- touch marker", "did you mean \"open\"?")]
    [InlineData("run -c a.json -c b.json -- touch marker", "")]
    public void A_command_line_that_is_wrong_runs_nothing(string arguments, string reason)
    {
        using Sandbox box = new();
        Result refused = box.Start([Sandbox.Sandgate, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.True(refused.Status == 125, refused.ToString());
        Assert.Contains(reason, refused.Err);
        Assert.NotEmpty(refused.Said);
        Assert.DoesNotContain("   at ", refused.Err);
        Assert.Equal("", refused.Out);
        Assert.False(File.Exists(box.PathOf("marker")));
    }

    [Fact]
    public void The_verb_can_be_left_out_before_the_dashes()
    {
        using Sandbox box = new();
        Assert.Equal(7, box.Start([Sandbox.Sandgate, "--", Sandbox.Victim, "exit", "7"]).Status);
        box.Write("rules.json", """{ "rules": { "open": { "('./x')": "not_allow" } } }""");
        box.Write("x", "");
        Assert.Equal("open = EACCES\n", box.Start([Sandbox.Sandgate, "-c", "rules.json", "--", Sandbox.Victim, "open", "x"]).Out);
    }

    [Fact]
    public void Help_is_no_failure_and_has_examples()
    {
        using Sandbox box = new();
        Result help = box.Start([Sandbox.Sandgate, "run", "--help"]);
        Assert.Equal(0, help.Status);
        Assert.True(help.Out.Split("sandgate run ").Length > 2, help.Out);
    }
}
