using System.Globalization;
using Sandgate.Core.Record;
using Sandgate.Store;

namespace Sandgate.Linux.Tests.Live;

/// <summary>What <c>--record</c> writes down of real programs.</summary>
public class RecordTests
{
    private const string DenyShadow = "open ('/etc/shadow') = not_allow";

    // What the recorder's queue holds: all that may be lost when the supervisor is killed.
    private const int Queue = 8192;

    private static RecordedEvent[] Read(string file)
    {
        using IRecording recording = Recordings.Open(file);
        return [.. recording.Events()];
    }

    [Theory]
    [InlineData("x.db")]
    [InlineData("x.jsonl")]
    public void It_begins_with_what_runs_and_ends_with_how_it_ended(string name)
    {
        using Sandbox box = new();
        Result result = box.Run(["-e", DenyShadow, "--record", name], "bash", "-c", "cat /etc/shadow; exit 5");
        Assert.Equal(5, result.Status);

        RecordedEvent[] events = Read(box.PathOf(name));

        SessionStart start = Assert.IsType<SessionStart>(events[0]);
        Assert.Equal(["bash", "-c", "cat /etc/shadow; exit 5"], start.Command);
        Assert.Equal(box.Directory, start.Directory);
        Assert.Equal([("open ('/etc/shadow') = not_allow", "emulated")], start.Labels);
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), start.Host["kernel"]);
        SessionEnded end = Assert.IsType<SessionEnded>(events[^1]);
        Assert.Equal((5, 0L), (end.Status, end.Dropped));
        Assert.Equal(events.OfType<CallEvent>().LongCount(), end.Calls);
        Assert.Equal(Enumerable.Range(1, events.Length).Select(n => (long)n), events.Select(e => e.Number));

        CallEvent denied = Assert.Single(events.OfType<CallEvent>(), c => !c.Verdict.Allowed);
        Assert.Equal("open('/etc/shadow', 'r')", denied.Text);
        Assert.Equal(("/usr/bin/cat", "cat /etc/shadow", box.Directory), (denied.Caller.Executable, denied.Caller.CommandLine, denied.Caller.WorkingDirectory));
        Assert.Equal("open ('/etc/shadow')", denied.Rule);
        Assert.InRange(denied.Held, denied.Cost, TimeSpan.FromSeconds(30));
        Assert.True(denied.Cost > TimeSpan.Zero);
    }

    [Fact]
    public void It_is_its_owner_s_alone()
    {
        using Sandbox box = new();
        box.Shell("umask 0; $SANDGATE run --record x.db -- true; $SANDGATE run --record x.jsonl -- true");
        foreach (string name in (string[])["x.db", "x.jsonl"])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(box.PathOf(name)));
    }

    [Fact]
    public void Processes_are_told_from_their_starts_to_their_ends()
    {
        using Sandbox box = new();
        Result result = box.Run(["--record", "x.db"], "bash", "-c", "(exit 7); sleep 100 & /usr/bin/sleep 0.5; kill -9 $!; wait $!; bash -c 'true; ls >/dev/null; true'; exit 3");
        Assert.Equal(3, result.Status);

        RecordedEvent[] events = Read(box.PathOf("x.db"));

        ProcessStarted[] started = [.. events.OfType<ProcessStarted>()];
        ProcessStarted program = Assert.Single(started, s => s.Caller.CommandLine!.Contains("exit 7", StringComparison.Ordinal) && s.Caller.ParentExecutable == Sandbox.Sandgate);
        Assert.All(started.Where(s => s != program), s => Assert.Contains(started, parent => parent.Caller.ProcessId == s.Caller.ParentId));
        Assert.Equal(started.Select(s => s.Caller.ProcessId).Order(), events.OfType<ProcessEnded>().Select(e => e.ProcessId).Order());
        Assert.Equal(3, EndOf(program.Caller.ProcessId).Status);
        int slept = Assert.Single(events.OfType<ProcessExecuted>(), e => e.Caller.CommandLine == "sleep 100").Caller.ProcessId;
        Assert.Contains(EndOf(slept).Status, (int?[])[128 + 9, null]);
        ProcessExecuted listed = Assert.Single(events.OfType<ProcessExecuted>(), e => e.Caller.CommandLine == "ls");
        Assert.Equal("/usr/bin/ls", listed.Caller.Executable);
        Assert.Equal(0, EndOf(listed.Caller.ProcessId).Status);
        Assert.InRange(EndOf(listed.Caller.ProcessId).PeakMemory!.Value, 1 << 20, 1L << 30);
        Assert.Contains(events.OfType<ProcessEnded>(), e => e.Status == 7);

        ProcessEnded EndOf(int process) => Assert.Single(events.OfType<ProcessEnded>(), e => e.ProcessId == process);
    }

    [Fact]
    public void Processor_time_is_what_was_used()
    {
        using Sandbox box = new();
        box.Run(["--record", "x.db"], "/usr/bin/python3", "-c", "import time\nwhile time.process_time() < 0.5: pass");

        ProcessEnded end = Assert.Single(Read(box.PathOf("x.db")).OfType<ProcessEnded>());

        Assert.InRange(end.Cpu!.Value.TotalSeconds, 0.4, 5);
    }

    [Fact]
    public void Connections_have_the_names_that_were_asked_for()
    {
        using Sandbox box = new();
        Result result = box.Start([
            Repository.PathOf("tests/standin/with-dns.sh"), "127.0.0.53", "good.test=127.0.0.2", "--",
            Sandbox.Sandgate, "run", "-q", "--record", "x.db", "--", "/usr/bin/python3", "-c",
            "import socket\ntry: socket.create_connection(('good.test', 9999))\nexcept OSError as e: print(type(e).__name__)"]);
        Assert.Contains("ConnectionRefusedError", result.Out);

        CallEvent connect = Assert.Single(Read(box.PathOf("x.db")).OfType<CallEvent>(), c => c.Text == "connect('127.0.0.2:9999')");

        Assert.Equal(["good.test"], connect.Facts!.Domains);
    }

    [Fact]
    public void The_count_equals_what_the_gate_saw()
    {
        const int Opens = 60_000;
        using Sandbox box = new();
        Result result = box.Run(["-e", DenyShadow, "--record", "x.db"], "/usr/bin/python3", "-c", $"import os\nfor i in range({Opens}): os.close(os.open('/etc/hostname', 0))");
        Assert.Equal(0, result.Status);

        RecordedEvent[] events = Read(box.PathOf("x.db"));

        Assert.Equal(Opens, events.OfType<CallEvent>().Count(c => c.Text == "open('/etc/hostname', 'r')"));
        Assert.Equal(events.OfType<CallEvent>().LongCount(), ((SessionEnded)events[^1]).Calls);
        Assert.Equal("ok", Check(box.PathOf("x.db")));
    }

    [Fact]
    public void A_killed_supervisor_costs_no_more_than_its_queue_and_the_file_is_whole()
    {
        int runs = int.Parse(Environment.GetEnvironmentVariable("SANDGATE_KILLS") ?? "10", CultureInfo.InvariantCulture);
        Random random = new(11);
        for (int run = 0; run < runs; run++)
        {
            using Sandbox box = new();
            Kill(box, random.Next(20, 900));

            string count = File.Exists(box.PathOf("count")) ? File.ReadAllText(box.PathOf("count")) : "0";
            long answered = long.Parse(count.Trim(), CultureInfo.InvariantCulture);
            CallEvent[] recorded = [.. Read(box.PathOf("x.db")).OfType<CallEvent>().Where(c => c.Text == "open('/etc/shadow', 'r')")];

            Assert.Equal("ok", Check(box.PathOf("x.db")));
            Assert.InRange(recorded.Length, answered - (2 * Queue), answered + 1);
            Assert.Equal(recorded.Select(c => c.Number).Order(), recorded.Select(c => c.Number));
        }
    }

    // The program's child counts its denials and lives on when the supervisor is gone; then its calls answer ENOSYS.
    private static void Kill(Sandbox box, int milliseconds)
    {
        box.Write("count.py", """
            import errno, os
            denied = 0
            count = os.open("count", os.O_CREAT | os.O_WRONLY, 0o600)
            while True:
                try:
                    os.open("/etc/shadow", 0)
                except OSError as error:
                    if error.errno == errno.EACCES:
                        denied += 1
                        continue
                    os.write(count, str(denied).encode())
                    os._exit(0)
            """);
        Result result = box.Shell(
            $$"""
            $SANDGATE run -q -e "{{DenyShadow}}" --record x.db -- bash -c '/usr/bin/python3 count.py & echo $! > child; wait' &
            supervisor=$!
            for ((i = 0; i < 500; i++)); do [ -s count -o -e count ] && break; sleep 0.02; done
            sleep 0.{{milliseconds.ToString("D3", CultureInfo.InvariantCulture)}}
            kill -9 $supervisor
            for ((i = 0; i < 500; i++)); do [ -s count ] && break; sleep 0.02; done
            wait $supervisor
            [ -s count ]
            """);
        Assert.True(result.Status == 0, result.ToString());
    }

    private static string? Check(string file)
    {
        using Database database = new(file, write: false);
        using Statement check = database.Prepare("PRAGMA integrity_check");
        return check.Next() ? check.Text(0) : null;
    }

    [Fact]
    public void A_long_record_goes_on_in_new_files()
    {
        using Sandbox box = new();
        Result result = box.Run(
            ["-e", DenyShadow, "--record", "x.jsonl", "--record-size", "1M", "--record-keep", "2"],
            "/usr/bin/python3", "-c", "import os\nfor i in range(9000): os.close(os.open('/etc/hostname', 0))");
        Assert.Equal(0, result.Status);

        Assert.Equal(["x.1.jsonl", "x.2.jsonl", "x.jsonl"], new DirectoryInfo(box.Directory).GetFiles("x.*").Select(f => f.Name).Order(StringComparer.Ordinal));
        string[] sessions = [.. ((string[])["x.2.jsonl", "x.1.jsonl", "x.jsonl"]).Select(f => ((SessionStart)Read(box.PathOf(f))[0]).Session)];
        Assert.Single(sessions.Distinct());
        Assert.IsType<SessionEnded>(Read(box.PathOf("x.jsonl"))[^1]);
    }

    [Theory]
    [InlineData("x.txt", "ends in .db")]
    [InlineData("no/x.db", "can't be created")]
    public void What_can_t_be_recorded_is_not_run(string name, string why)
    {
        using Sandbox box = new();
        Result result = box.Run(["--record", name], "touch", "ran");
        Assert.Equal(125, result.Status);
        Assert.Contains(why, result.Err);
        Assert.False(File.Exists(box.PathOf("ran")));
    }
}
