namespace Sandgate.Linux.Tests.Live;

/// <summary>The program starts with what it would have been started with: descriptors, signals, arguments, limits.</summary>
public class InheritanceTests
{
    /// <summary>Whatever the test runner itself was started with.</summary>
    private const string CloseOthers = "for f in /proc/$$/fd/*; do [ \"${f##*/}\" -le 2 ] || eval \"exec ${f##*/}>&-\"; done 2>/dev/null; ";

    [Fact]
    public void Only_the_standard_streams_are_inherited()
    {
        using Sandbox box = new();
        const string Open = CloseOthers + "exec 5</etc/passwd 9>/dev/null 12</; ";
        Assert.Equal("fds = 0 1 2 5 9 12\n", box.Shell(Open + "exec \"$VICTIM\" fds").Out);
        Assert.Equal("fds = 0 1 2\n", box.Shell(Open + "exec \"$SANDGATE\" run -- \"$VICTIM\" fds").Out);
        Assert.Equal("fds = 0 1 2 5\n", box.Shell(Open + "exec \"$SANDGATE\" run --keep-fd 5 -- \"$VICTIM\" fds").Out);
        Assert.Equal("fds = 0 1 2 5 12\n", box.Shell(Open + "exec \"$SANDGATE\" run --keep-fd 5 --keep-fd 12 -e \"open ('/x') = not_allow\" -- \"$VICTIM\" fds").Out);
    }

    [Theory]
    [InlineData("<&-")]
    [InlineData("2>&-")]
    [InlineData("<&- 2>&-")]
    public void Closed_streams_stay_closed(string closed)
    {
        using Sandbox box = new();
        Result native = box.Shell(CloseOthers + $"\"$VICTIM\" fds {closed}");
        Assert.DoesNotContain("0 1 2", native.Out);
        foreach (string rule in new[] { "", "-e \"open ('/x') = not_allow\"" })
            Assert.Equal(native.Out, box.Shell($"\"$SANDGATE\" run {rule} -- \"$VICTIM\" fds {closed}").Out);
    }

    [Fact]
    public void A_closed_stdout_stays_closed_and_nothing_else_gets_its_number()
    {
        using Sandbox box = new();
        Result native = box.Shell($"bash -c '{{ echo x; }} 2>/dev/null; echo $? >&2' >&-");
        Result inside = box.Shell($"\"$SANDGATE\" run -- bash -c '{{ echo x; }} 2>/dev/null; echo $? >&2' >&-");
        Assert.Equal("1\n", native.Err);
        Assert.Equal(native, inside);
    }

    [Fact]
    public void With_every_stream_closed_the_program_still_runs()
    {
        using Sandbox box = new();
        Result inside = box.Shell("\"$SANDGATE\" run -e \"open ('./secret') = not_allow\" -- bash -c ': > marker; : > secret; exit 7' <&- >&- 2>&-");
        Assert.Equal(7, inside.Status);
        Assert.True(File.Exists(box.PathOf("marker")));
        Assert.False(File.Exists(box.PathOf("secret")));
        Assert.Equal(0, new FileInfo(box.PathOf("marker")).Length);
    }

    [Fact]
    public void Standard_input_is_piped_through()
    {
        string text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i}\n"));
        using Sandbox box = new() { Input = text };
        Assert.Equal(text, box.Run(["-e", "open ('/x') = not_allow"], "cat").Out);
        Assert.Equal("line 0\n", box.Run([], "head", "-n", "1").Out);
    }

    [Fact]
    public void Large_output_comes_whole_through_both_pipes()
    {
        using Sandbox box = new();
        const string Both = "seq 1 300000; seq 1 300000 >&2";
        Result native = box.Start(["bash", "-c", Both]);
        Assert.Equal(native, box.Run(["-e", "write ('/x') = not_allow"], "bash", "-c", Both));
    }

    [Fact]
    public void A_reader_that_goes_away_ends_the_program_as_natively()
    {
        using Sandbox box = new();
        const string Script = "yes | head -n 2; echo ${PIPESTATUS[0]}";
        Assert.Equal("y\ny\n141\n", box.Shell(Script.Replace("yes", "\"$SANDGATE\" run -- yes", StringComparison.Ordinal)).Out);
        Assert.Equal("y\ny\n141\n", box.Shell("\"$SANDGATE\" run -- bash -c '" + Script + "'").Out);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-e \"exec ('/x') = not_allow\"")]
    public void Bytes_that_are_no_text_arrive_unchanged(string rule)
    {
        using Sandbox box = new();
        const string Arguments = "arguments $'\\xff\\xfe' '' ' a  b ' $'new\\nline' $'\\xc3\\xbc' $'\\xed\\xa0\\x80' -- -e \"it's\" '*'";
        Result native = box.Shell($"exec \"$VICTIM\" {Arguments}");
        Assert.Contains("\xff\xfe", native.Out);
        Assert.Equal(native, box.Shell($"exec \"$SANDGATE\" run {rule} -- \"$VICTIM\" {Arguments}"));

        const string Environment = "export ODD=$'\\xff\\xfe' EMPTY= LINES_=$'a\\nb'; ";
        Result variables = box.Shell(Environment + "exec env -0");
        Assert.Contains("ODD=\xff\xfe\0", variables.Out);
        Assert.Equal(variables.Out, box.Shell(Environment + $"exec \"$SANDGATE\" run {rule} -- env -0").Out);
    }

    [Fact]
    public void A_program_whose_name_is_no_text_is_found()
    {
        using Sandbox box = new();
        const string Make = "cp \"$VICTIM\" $'./\\xff\\xe9'; ";
        Assert.Equal(7, box.Shell(Make + "./$'\\xff\\xe9' exit 7").Status);
        Assert.Equal(7, box.Shell("exec \"$SANDGATE\" run -- ./$'\\xff\\xe9' exit 7").Status);
        Assert.Equal(7, box.Shell("PATH=.:$PATH exec \"$SANDGATE\" run -- $'\\xff\\xe9' exit 7").Status);
        Assert.Equal(126, box.Shell("exec \"$SANDGATE\" run -e \"exec ('./*') = not_allow\" -- ./$'\\xff\\xe9' exit 7").Status);
    }

    [Fact]
    public void A_directory_whose_name_is_no_text_can_be_the_start_directory()
    {
        using Sandbox box = new();
        const string Make = "mkdir -p $'\\xff'; cd $'\\xff'; : > x; ";
        Assert.Equal("open = 3\n", box.Shell(Make + "exec \"$VICTIM\" open x").Out);
        Assert.Equal("open = EACCES\n", box.Shell(Make + "exec \"$SANDGATE\" run -e \"open ('./x') = not_allow\" -- \"$VICTIM\" open x").Out);
    }

    [Fact]
    public void The_first_argument_is_the_name_that_the_user_typed()
    {
        using Sandbox box = new();
        Assert.Equal("bash\n", box.Run([], "bash", "-c", "tr '\\0' '\\n' < /proc/$$/cmdline | head -n 1").Out);
    }

    [Fact]
    public void A_script_without_a_first_line_is_the_shells()
    {
        using Sandbox box = new();
        box.Write("script", "echo \"$# $1\"; exit 7\n");
        File.SetUnixFileMode(box.PathOf("script"), (UnixFileMode)0x1ed);
        Result native = box.Shell("./script 'a b' c"), inside = box.Run([], "./script", "a b", "c");
        Assert.Equal((7, "2 a b\n"), (native.Status, native.Out));
        Assert.Equal(native, inside);
    }

    [Fact]
    public void A_script_with_a_first_line_runs()
    {
        using Sandbox box = new();
        box.Write("script", "#!/bin/bash -e\necho \"$0 $#\"\nfalse\n");
        File.SetUnixFileMode(box.PathOf("script"), (UnixFileMode)0x1ed);
        Assert.Equal((1, "./script 2\n"), (box.Run([], "./script", "a", "b").Status, box.Run([], "./script", "a", "b").Out));
    }

    [Theory]
    [InlineData("")]
    [InlineData("trap '' INT QUIT; ")]
    [InlineData("trap '' HUP; ")]
    [InlineData("trap '' USR1 CHLD TTOU; ")]
    public void Ignored_and_blocked_signals_are_inherited_as_they_were(string before)
    {
        using Sandbox box = new();
        Result native = box.Shell(before + "exec \"$VICTIM\" signals");
        Assert.StartsWith("signals = blocked ", native.Out);
        Assert.Equal(native.Out, box.Shell(before + "exec \"$SANDGATE\" run -- \"$VICTIM\" signals").Out);
    }

    [Fact]
    public void A_blocked_signal_stays_blocked()
    {
        using Sandbox box = new();
        const string Block = "import os, signal, sys; signal.signal(signal.SIGPIPE, signal.SIG_DFL); signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGTERM}); os.execv(sys.argv[1], sys.argv[1:])";
        string[] python = ["python3", "-c", Block];
        Result native = box.Start([.. python, Sandbox.Victim, "signals"]);
        Assert.Contains("blocked 0x4800 ", native.Out);
        Assert.Equal(native.Out, box.Start([.. python, Sandbox.Sandgate, "run", "--", Sandbox.Victim, "signals"]).Out);
    }

    [Theory]
    [InlineData("pwd; umask; id; hostname; tty")]
    [InlineData("umask 027; umask; cd /; pwd")]
    [InlineData("ulimit -a | grep -v 'pending signals'")]
    [InlineData("cat /proc/self/limits")]
    [InlineData("grep -v -E 'Pid|gid|NSsid|NSpid|Vm|Rss|ctxt|Seccomp|NoNewPrivs|Cap|Cpus|Mems|FDSize|Name|Threads|Hugetlb|Speculation' /proc/self/status")]
    [InlineData("cat /proc/self/oom_score_adj /proc/self/loginuid; nice; readlink /proc/self/ns/*; ps -o sid= -p $$ | wc -l")]
    [InlineData("cat /proc/self/personality; grep -c . /proc/self/mountinfo; cat /proc/self/cgroup; cat /proc/self/timerslack_ns")]
    public void The_surroundings_are_the_same(string script)
    {
        using Sandbox box = new();
        const string Set = "umask 037; ulimit -S -n 200; ulimit -c 0; ";
        Result native = box.Shell(Set + "bash -c \"$1\"; exit $?", script);
        Assert.NotEmpty(native.Out);
        Assert.Equal(native.Out, box.Shell(Set + "\"$SANDGATE\" run -- bash -c \"$1\"; exit $?", script).Out);
    }

    [Fact]
    public void The_limit_of_open_files_is_the_users_and_not_the_runtimes()
    {
        using Sandbox box = new();
        foreach (string limit in new[] { "ulimit -S -n 100; ", "ulimit -n 150; ", "" })
            Assert.Equal(box.Shell(limit + "exec bash -c 'ulimit -S -n; ulimit -H -n'").Out, box.Shell(limit + "\"$SANDGATE\" run -- bash -c 'ulimit -S -n; ulimit -H -n'; exit $?").Out);
    }
}
