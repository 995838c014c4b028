using System.Diagnostics;
using System.Text.Json;

namespace Sandgate.Linux.Tests.Live;

/// <summary>Each limit by what a program comes up against, beside the same program without.</summary>
public class LimitTests
{
    private static void HasStruck(string limit, int status, Result result)
    {
        Assert.True(result.Status == status, result.ToString());
        Assert.Contains(result.Said, l => l.StartsWith($"limit {limit}: ", StringComparison.Ordinal) && l.Contains("killed", StringComparison.Ordinal));
        Assert.Contains(result.Said, l => l.StartsWith("used ", StringComparison.Ordinal));
    }

    // By the time that a list of such processes is complete, all on it are gone.
    [Theory]
    [InlineData(Limited.Root, "--timeout", "1s")]
    [InlineData(Limited.User, "--timeout", "1s")]
    [InlineData(Limited.Root, "-e", "open ('/etc/hostname') = kill")]
    [InlineData(Limited.User, "-e", "open ('/etc/hostname') = kill")]
    public void What_forks_all_the_time_is_ended(string who, string option, string value)
    {
        using Limited run = new(who);
        Stopwatch clock = Stopwatch.StartNew();
        Result result = run.Start([option, value], run.Victim, "fork-chains", "25", "40", "/etc/hostname");
        Assert.Equal(option == "--timeout" ? 124 : 137, result.Status);
        Assert.Equal("", result.Out);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 15);
    }

    [Fact]
    public void A_process_id_that_is_given_again_changes_no_exit_status()
    {
        using Limited run = new(Limited.Root);
        Result result = run.Start([], run.Victim, "same-pid");
        Assert.Equal((3, "same-pid = ok\n"), (result.Status, result.Out));
    }

    [Theory]
    [InlineData(Limited.Root)]
    [InlineData(Limited.User)]
    public void Memory(string who)
    {
        using Limited run = new(who);
        Assert.Equal((0, "eat-memory = 300\n"), (run.Native("eat-memory", "300").Status, run.Native("eat-memory", "300").Out));
        Assert.Equal("eat-memory = 20\n", run.Run("\"memory\": \"64M\"", "eat-memory", "20").Out);
        Result result = run.Start(["--memory", "64M"], run.Victim, "eat-memory", "300", "100000");
        HasStruck("memory", 137, result);
        Assert.Equal("", result.Out);
    }

    [Theory]
    [InlineData(Limited.Root)]
    [InlineData(Limited.User)]
    public void Memory_counts_together_and_takes_the_whole_tree(string who)
    {
        using Limited run = new(who);
        Assert.Equal("eat-memory = 40\n", run.Run("\"memory\": \"64M\"", "eat-memory", "40").Out);
        Result result = run.Command("\"memory\": \"64M\"", "sh", "-c", "$VICTIM eat-memory 40 100000 & $VICTIM eat-memory 40 100000; sleep 300; echo survived");
        HasStruck("memory", 137, result);
        Assert.Equal("", result.Out);
    }

    [Theory]
    [InlineData(Limited.Root)]
    [InlineData(Limited.User)]
    public void Processes(string who)
    {
        using Limited run = new(who);
        Assert.Equal("fork-many = 40\n", run.Native("fork-many", "40").Out);
        Assert.Equal("fork-many = 8\n", run.Run("\"processes\": 10", "fork-many", "8").Out);
        Result result = run.Start(["--pids", "10"], run.Victim, "fork-many", "40");
        Assert.Equal((1, "fork-many = 9 EAGAIN\n"), (result.Status, result.Out));
        Assert.Equal(who == Limited.User, result.Said.Any(l => l.StartsWith("limit processes: by a substitute", StringComparison.Ordinal)));

        // Room comes back when somebody ends, at once.
        Assert.Equal("fork-loop = 0 failed\n", run.Run("\"processes\": 2", "fork-loop", "50").Out);
    }

    [Theory]
    [InlineData(Limited.Root)]
    [InlineData(Limited.User)]
    public void Time(string who)
    {
        using Limited run = new(who);

        // Nobody of the tree is left who would keep standard output open.
        Result result = run.Start(["--timeout", "300ms"], "sh", "-c", "setsid sleep 300 & echo begun; sleep 300");
        HasStruck("time", 124, result);
        Assert.Equal("begun\n", result.Out);
        Assert.Equal(5, run.Start(["--timeout", "1h"], run.Victim, "exit", "5").Status);
    }

    [Theory]
    [InlineData(Limited.Root, "spin 600000")]
    [InlineData(Limited.Root, "spin 600000 3000")]
    [InlineData(Limited.User, "spin 600000")]
    [InlineData(Limited.User, "spin 600000 3000")]
    public void Time_on_processors(string who, string command)
    {
        using Limited run = new(who);
        Assert.Equal("spin = done\n", run.Run("\"cpu_time\": \"1h\"", "spin", "400").Out);
        HasStruck("cpu_time", 124, run.Run("\"cpu_time\": \"300ms\"", command.Split(' ')));
        Assert.Equal(0, run.Command("\"cpu_time\": \"300ms\"", "sleep", "0.5").Status);
    }

    [Theory]
    [InlineData(Limited.Root)]
    [InlineData(Limited.User)]
    public void Bytes_written_to_disks(string who)
    {
        using Limited run = new(who);
        Result native = run.Shell("$VICTIM fill file 12; grep ^write_bytes: /proc/$$/io");
        Assert.True(long.Parse(native.Out.Split(' ', '\n')[4]) >= 12 << 20, native.ToString());

        // The first has ended when it is looked at, and counts all the same.
        Result result = run.Command("\"disk_written\": \"10M\"", "sh", "-c", "$VICTIM fill file 6; $VICTIM fill file 6; sleep 300");
        HasStruck("disk_written", 137, result);
        Assert.Equal(0, run.Command("\"disk_written\": \"10M\"", "sh", "-c", "$VICTIM fill file 6; sleep 0.3").Status);
    }

    // 4 MiB from one socket to another; then time to be found out.
    private const string Traffic = """
        import socket, time
        server = socket.create_server(("127.0.0.1", 0)); client = socket.create_connection(server.getsockname()); peer, _ = server.accept()
        for _ in range(64):
            client.sendall(bytes(65536)); left = 65536
            while left: left -= len(peer.recv(left))
        print("sent", flush=True); time.sleep(0.3); print("survived")
        """;

    [Theory]
    [InlineData(Limited.Root)]
    [InlineData(Limited.User)]
    public void Bytes_sent_and_received(string who)
    {
        using Limited run = new(who);
        run.Box.Write("traffic.py", Traffic);
        string[] command = ["/usr/bin/python3", "traffic.py"];
        Assert.Equal("sent\nsurvived\n", run.Shell("/usr/bin/python3 traffic.py").Out);

        // What goes through the loopback interface counts once: it is received as it is sent.
        run.Box.Write("limits.json", """{ "limits": { "network": "6M" } }""");
        Assert.Equal("sent\nsurvived\n", run.Start(["-c", "limits.json", "--net", "loopback"], command).Out);
        run.Box.Write("limits.json", """{ "limits": { "network": "3M" } }""");
        Result result = run.Start(["-c", "limits.json", "--net", "loopback"], command);
        HasStruck("network", 137, result);
        Assert.DoesNotContain("survived", result.Out);

        // Where the namespace can't be had, there is nothing to count by: no substitute for the one is enough for the other.
        string[] without = [run.Victim, "without-namespaces", run.Box.Variables["SANDGATE"]!, "run", "-c", "limits.json"];
        foreach (string net in new[] { "none", "loopback" })
        {
            Result refused = run.Box.Start([.. without, "--net", net, "--", "touch", "marker"]);
            Assert.True(refused.Status == 125 && refused.Err.Contains("limit network: it needs namespace net", StringComparison.Ordinal), refused.ToString());
        }

        Assert.False(File.Exists(run.Box.PathOf("marker")));
        Assert.Contains("limit network: NOT in force: it needs namespace net", run.Box.Start([.. without, "--net", "none", "--best-effort", "--", "true"]).Said);
    }

    [Theory]
    [InlineData(Limited.Root)]
    [InlineData(Limited.User)]
    public void Limits_of_each_process(string who)
    {
        using Limited run = new(who);
        Assert.Equal("fill = 6\n", run.Native("fill", "file", "6").Out);
        Assert.Equal((1, "fill = EFBIG\n"), (run.Run("\"file_size\": \"4M\"", "fill", "file", "6").Status, run.Run("\"file_size\": \"4M\"", "fill", "file", "6").Out));
        Assert.Equal(4 << 20, new FileInfo(run.Box.PathOf("file")).Length);
        Assert.Equal("open-many = 100\n", run.Native("open-many", "100").Out);
        Assert.Equal("open-many = 77\n", run.Run("\"open_files\": 80", "open-many", "100").Out);
        Assert.Equal("8 8", run.Command("\"open_files\": 8", "sh", "-c", "sleep 0.3; sed -n 's/^Max open files *\\([0-9]*\\) *\\([0-9]*\\).*/\\1 \\2/p' /proc/self/limits").Out.Trim());
    }

    [Theory]
    [InlineData("", "unlimited unlimited")]
    [InlineData("\"core_dumps\": true", "unlimited unlimited")]
    [InlineData("\"core_dumps\": true, \"time\": \"1h\"", "unlimited unlimited")]
    [InlineData("\"time\": \"1h\"", "1 1")]
    [InlineData("\"core_dumps\": false", "1 1")]
    public void Core_dumps(string limits, string expected)
    {
        using Limited run = new(Limited.Root);
        run.Box.Write("limits.json", $$"""{ "limits": {{{limits}}} }""");
        Result result = run.Shell("ulimit -c unlimited; \"$SANDGATE\" run -c limits.json -- sed -n 's/^Max core file size *\\([^ ]*\\) *\\([^ ]*\\).*/\\1 \\2/p' /proc/self/limits");
        Assert.Equal((0, expected), (result.Status, result.Out.Trim()));
    }

    [Fact]
    public void Processors_worth_of_time()
    {
        using Limited run = new(Limited.Root);
        Assert.True(Limited.HasGroups("cpu", "cpu.max", "cpu.cfs_quota_us"), "root can make no control groups here");

        // A tenth of a processor: 0.3 seconds of it take 3.
        (Result result, JsonElement[] events) = run.Events("--cpus 0.1", "\"$VICTIM\" spin 300");
        Assert.Equal((0, "spin = done\n"), (result.Status, result.Out));
        Assert.True(events[^1].GetProperty("usage").GetProperty("seconds").GetDouble() >= 2, events[^1].ToString());
    }

    [Fact]
    public void What_cannot_be_had_runs_nothing_unless_that_was_allowed()
    {
        using Limited run = new(Limited.User);
        Result refused = run.Start(["--cpus", "0.5"], "touch", "marker");
        Assert.True(refused.Status == 125 && refused.Err.Contains("limit cpus", StringComparison.Ordinal), refused.ToString());
        Assert.Equal(125, run.Start(["--strict", "--memory", "1G"], "touch", "marker").Status);
        Assert.Equal(125, run.Command("\"network\": \"1M\"", "touch", "marker").Status);
        Assert.False(File.Exists(run.Box.PathOf("marker")));

        Result without = run.Start(["--cpus", "0.5", "--best-effort"], "touch", "marker");
        Assert.Contains(without.Said, l => l.StartsWith("limit cpus: NOT in force: ", StringComparison.Ordinal));
        Assert.True(File.Exists(run.Box.PathOf("marker")));
        Assert.Equal("3\n", run.Command("\"cpu_share\": 50", "nice").Out);
    }

    [Theory]
    [InlineData(Limited.Root)]
    [InlineData(Limited.User)]
    public void A_paused_tree_stands_still_until_the_supervisor_goes_on(string who)
    {
        using Limited run = new(who);
        run.Box.Write("limits.json", """{ "limits": { "cpu_time": "200ms", "action": "pause" } }""");
        Result result = run.Shell("""
            "$SANDGATE" run -c limits.json -- "$VICTIM" spin 500 & p=$!
            ticks() { cut -d' ' -f14,15 /proc/$(pgrep -P $p)/stat; }
            for i in $(seq 3000); do
              case $(ps -o stat= -p $p) in
                T*) sleep 0.2; a=$(ticks); sleep 0.2; [ "$a" = "$(ticks)" ] && echo still; kill -CONT $p ;;
                Z* | "") break ;;
              esac
              sleep 0.02
            done
            wait $p; echo "status $?"
            """);
        Assert.Matches("^(still\n)+spin = done\nstatus 0\n$", result.Out);
        Assert.Contains(result.Said, l => l.StartsWith("limit cpu_time: ", StringComparison.Ordinal) && l.Contains("SIGCONT", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Limited.Root)]
    [InlineData(Limited.User)]
    public void A_program_that_stops_itself_stops_neither_the_clock_nor_lets_others_run_on(string who)
    {
        using Limited run = new(who);
        Result result = run.Shell("""
            "$SANDGATE" run --timeout 3s -- sh -c 'setsid sh -c "while :; do echo x; done > grown" & while [ ! -s grown ]; do :; done; kill -STOP $$' & p=$!
            for i in $(seq 100); do
              case $(ps -o stat= -p $p) in
                T*) a=$(stat -c %s grown); sleep 0.3; [ "$a" = "$(stat -c %s grown)" ] && echo still; break ;;
              esac
              sleep 0.02
            done
            wait $p; echo "status $?"
            """);
        Assert.Equal("still\nstatus 124\n", result.Out);
        Assert.Contains(result.Said, l => l.StartsWith("limit time: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Limited.Root, "--pids 30")]
    [InlineData(Limited.User, "--pids 30")]
    public void A_tree_that_forks_all_the_time_is_ended_all_the_same(string who, string options)
    {
        using Limited run = new(who);
        Result result = run.Start(["--timeout", "1s", .. options.Split(' ')], "bash", "-c", "f() { f | f & }; f 2> /dev/null; sleep 300");
        HasStruck("time", 124, result);
    }

    [Fact]
    public void A_launcher_that_cannot_confine_runs_nothing_rather_than_without()
    {
        using Limited run = new(Limited.Root);
        run.Box.Variables["SANDGATE_LAUNCHER"] = "posix_spawn";
        Result refused = run.Start(["--memory", "100M"], "touch", "marker");
        Assert.True(refused.Status == 125 && refused.Err.Contains("limit memory", StringComparison.Ordinal), refused.ToString());
        Assert.False(File.Exists(run.Box.PathOf("marker")));

        // What it goes without is not held against the program.
        Result without = run.Start(["--memory", "100M", "--best-effort"], run.Victim, "eat-memory", "150", "500");
        Assert.Contains(without.Said, l => l.StartsWith("limit memory: NOT in force: ", StringComparison.Ordinal));
        Assert.Equal((0, "eat-memory = 150\n"), (without.Status, without.Out));
        HasStruck("time", 124, run.Start(["--timeout", "300ms"], "sleep", "300"));
    }
}
