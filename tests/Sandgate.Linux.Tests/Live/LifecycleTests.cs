using System.Diagnostics;

namespace Sandgate.Linux.Tests.Live;

/// <summary>The whole tree is supervised to its end, whoever dies first. Not beside other tests: these watch the clock.</summary>
[Collection(nameof(Alone))]
public class LifecycleTests
{
    [Fact]
    public void A_daemon_is_supervised_to_its_end()
    {
        using Sandbox box = new();
        Assert.Equal("orphan = ok\norphan-open = 3\n", box.Shell("\"$VICTIM\" orphan 0.5 /etc/passwd | cat").Out);
        Result inside = box.Under("open ('/etc/passwd') = not_allow", "orphan", "1.5", "/etc/passwd");
        Assert.Equal((0, "orphan = ok\norphan-open = EACCES\n"), (inside.Status, inside.Out));
        Assert.Single(inside.Denials);
        Assert.Contains(inside.Said, l => l.Contains("still supervised", StringComparison.Ordinal));
    }

    [Fact]
    public void No_zombies_are_left_while_the_program_runs()
    {
        using Sandbox box = new();
        const string Script = "for i in $(seq 50); do (sleep 0.1 &); done; sleep 0.6; grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | while read f; do grep -q \"^PPid:.$PPID$\" $f && echo $f; done; exit 5";
        Assert.Equal(new Result(5, "", ""), box.Run(["-e", "open ('/x') = not_allow"], "bash", "-c", Script));
    }

    [Fact]
    public void Many_processes_at_once_are_all_let_go()
    {
        using Sandbox box = new();
        Assert.Equal("fork-bomb = 400 held\n", box.Native("fork-bomb", "400").Out);
        Assert.Equal(new Result(0, "fork-bomb = 400 held\n", ""), box.Under("fork ('nothing') = not_allow", "fork-bomb", "400"));
    }

    [Fact]
    public void A_bomb_meets_the_limit_and_leaves_nothing()
    {
        using Sandbox box = new();
        Result inside = box.Run(["-e", "fork ('process') = not_allow"], Sandbox.Victim, "fork-bomb", "50");
        Assert.Equal((1, "fork-bomb = 0 held\n"), (inside.Status, inside.Out));
    }

    [Fact]
    public void A_program_killed_in_the_middle_of_its_calls_ends_the_run()
    {
        using Sandbox box = new();
        Result inside = box.Run(["-e", "open ('/x') = not_allow"], "bash", "-c",
            "\"$VICTIM\" hammer 30 4 /etc/passwd & sleep 0.3; kill -9 $!; wait $!; echo $?; (sleep 0.3; kill -9 $$) & exec \"$VICTIM\" hammer 30 4 /etc/passwd");
        Assert.Equal((137, "137\n"), (inside.Status, inside.Out));
    }

    [Fact]
    public void Without_its_supervisor_the_program_dies_and_nobody_opens_a_file()
    {
        using Orphaned run = new("while date +%N > beat; do :; done & echo $$ > pid; wait");
        Until(() => run.Has("beat") && run.Has("pid"));
        string program = $"/proc/{run.Text("pid").Trim()}";
        Assert.Equal("bash\n", File.ReadAllText($"{program}/comm"));
        run.KillSupervisor();
        Until(() => !Directory.Exists(program) || File.ReadAllText($"{program}/status").Contains("State:\tZ", StringComparison.Ordinal));
        Thread.Sleep(300);
        string last = run.Text("beat");
        Thread.Sleep(500);
        Assert.Equal(last, run.Text("beat"));
    }

    /// <summary>A script under a supervisor that is to be killed.</summary>
    private sealed class Orphaned : IDisposable
    {
        private readonly Sandbox _box = new();
        private readonly Process _sandgate;

        public Orphaned(string script)
        {
            _box.Write("run.sh", script);
            _sandgate = Process.Start(new ProcessStartInfo(Sandbox.Sandgate, ["run", "-e", "open ('/x') = not_allow", "--", "bash", "./run.sh"])
            {
                WorkingDirectory = _box.Directory,
                RedirectStandardError = true,
            })!;
        }

        public bool Has(string file) => File.Exists(_box.PathOf(file)) && Text(file).EndsWith('\n');

        public string Text(string file) => File.ReadAllText(_box.PathOf(file));

        public void KillSupervisor()
        {
            _sandgate.Kill();
            _sandgate.WaitForExit();
        }

        public void Dispose()
        {
            _sandgate.Kill(entireProcessTree: true);
            _sandgate.Dispose();
            _box.Dispose();
        }
    }

    private static void Until(Func<bool> done)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!done())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), "waited in vain");
            Thread.Sleep(10);
        }
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("USR1")]
    [InlineData("USR2")]
    [InlineData("INT")]
    [InlineData("QUIT")]
    [InlineData("WINCH")]
    [InlineData("CONT")]
    public void A_signal_sent_to_sandgate_reaches_the_program(string signal)
    {
        Assert.Equal($"await-signal = ready / await-signal = {signal}", Await(signal, Sandbox.Victim, "await-signal"));
        Assert.Equal($"await-signal = ready / await-signal = {signal}", Await(signal, Sandbox.Sandgate, "run", "--", Sandbox.Victim, "await-signal"));
    }

    private static string Await(string signal, params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!;
        using Timer patience = new(_ => process.Kill(entireProcessTree: true), null, 10_000, Timeout.Infinite);
        string? ready = process.StandardOutput.ReadLine();
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
            kill.WaitForExit();
        string? got = process.StandardOutput.ReadLine();
        process.WaitForExit();
        return $"{ready} / {got}";
    }

    [Fact]
    public void A_polite_end_is_left_to_the_program()
    {
        using Sandbox box = new();
        Assert.Equal("7\n", box.Shell("\"$SANDGATE\" run -- bash -c 'trap \"exit 7\" TERM; echo > ready; while :; do sleep 0.05; done' & while [ ! -e ready ]; do sleep 0.05; done; kill $!; wait $!; echo $?").Out);
        Assert.Equal("143\n", box.Shell("\"$SANDGATE\" run -- bash -c 'echo > set; exec sleep 60' & while [ ! -e set ]; do sleep 0.05; done; sleep 0.2; kill $!; wait $!; echo $?").Out);
    }

    [Fact]
    public void A_thousand_threads_blocked_at_once_all_come_back()
    {
        using Sandbox box = new();
        Assert.Equal(0, box.Native("mknod", "fifo").Status);
        Assert.Equal("threads = 1000\n", box.Native("threads", "1000", "fifo").Out);
        string[] rules = ["-e", "open ('/x') = not_allow", "-e", "read ('/x') = not_allow"];
        Assert.Equal(new Result(0, "threads = 1000\n", ""), box.Run(rules, Sandbox.Victim, "threads", "1000", "fifo"));
    }

    [Fact]
    public void Threads_that_open_at_once_all_get_their_answer()
    {
        using Sandbox box = new();
        Assert.Equal(new Result(0, "threads-open = 200 opened, 0 failed\n", ""), box.Under("open ('/x') = not_allow", "threads-open", "200", "/etc/passwd"));
        Result denied = box.Under("open ('/etc/passwd') = not_allow", "threads-open", "200", "/etc/passwd");
        Assert.Equal("threads-open = 0 opened, 200 failed\n", denied.Out);
        Assert.Equal(200, denied.Denials.Length);
    }

    [Fact]
    public void A_sandbox_inside_a_sandbox_is_refused_and_runs_nothing()
    {
        using Sandbox box = new();
        Result nested = box.Run([], Sandbox.Sandgate, "run", "--", "touch", "marker");
        Assert.Equal(125, nested.Status);
        Assert.Contains("install the filter: EBUSY", nested.Err);
        Assert.False(File.Exists(box.PathOf("marker")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--record calls.jsonl")]
    [InlineData("-e \"exec ('/x') = not_allow\"")]
    public void A_bomb_that_uses_up_the_users_processes_does_not_take_the_supervisor_along(string options)
    {
        using Sandbox box = new();
        File.SetUnixFileMode(box.Directory, (UnixFileMode)0x1ff);
        const string AsNobody = "cp \"$SANDGATE\" \"$VICTIM\" . && exec setpriv --reuid 4242 --clear-groups bash -c \"$1\"";
        Result inside = box.Shell(AsNobody, $"ulimit -c 0; ulimit -u 24; ./sandgate run {options} -- ./victim fork-bomb 60; echo $?");
        Assert.Matches("^fork-bomb = [0-9]+ held\n1\n$", inside.Out);
        Assert.Equal("", inside.Err);
    }

    [Fact]
    public void A_terminal_cannot_be_typed_into()
    {
        using Sandbox box = new();
        string InTerminal(string command) => box.Start(["script", "-qec", command, "/dev/null"]).Out;
        Assert.Contains("tiocsti = 0", InTerminal("\"$VICTIM\" tiocsti"));
        Assert.Contains("tiocsti-high = 0", InTerminal("\"$VICTIM\" tiocsti-high"));
        foreach (string command in new[] { "tiocsti", "tiocsti-high", "tioclinux" })
            Assert.Contains($"{command} = EPERM", InTerminal($"\"$SANDGATE\" run -- \"$VICTIM\" {command}"));
        box.Write("lifted.json", """{ "floor": { "terminal_injection": false } }""");
        Assert.Contains("tiocsti = 0", InTerminal("\"$SANDGATE\" run -c lifted.json -- \"$VICTIM\" tiocsti"));
    }
}

/// <summary>Tests that use the terminal or much processor time run one after the other.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;
