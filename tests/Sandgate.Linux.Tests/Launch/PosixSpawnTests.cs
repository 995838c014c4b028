using System.Diagnostics;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Tests.Launch;

/// <summary>The published command line with the fall-back launcher gives what it gives with the usual one.</summary>
[Collection(nameof(LauncherTests))]
public sealed class PosixSpawnTests
{
    private const string Launcher = "posix_spawn";

    [Fact]
    public void The_exit_status_is_the_programs_own_and_comes_at_once()
    {
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal(7, Outside.Sandboxed(Launcher, "run", "--", "sh", "-c", "exit 7").Status);

        // The launcher's thread keeps the listener alive; nobody may wait for its end.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(4), watch.Elapsed.ToString());
        Assert.Equal(128 + 9, Outside.Sandboxed(Launcher, "run", "--", "sh", "-c", "kill -9 $$").Status);
    }

    [Fact]
    public void What_is_left_out_is_said()
    {
        string said = Outside.Sandboxed(Launcher, "run", "--", "true").Error;
        Assert.Contains("started by posix_spawn, which leaves out: die with the supervisor", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Standard_input_reaches_the_program()
    {
        string text = string.Concat(Enumerable.Repeat("a line of text\n", 20000));
        Assert.Equal(text, Outside.Run(Outside.Sandgate, ["run", "--", "cat"], text, Launcher).Output);
    }

    [Fact]
    public void Signals_descriptors_and_privileges_are_as_with_the_other_launcher()
    {
        const string Show = "grep -E '^(Sig(Blk|Ign|Cgt)|NoNewPrivs|Cap|Seccomp:)' /proc/self/status; ls /proc/self/fd";
        string inside = Outside.Sandboxed(Launcher, "run", "--", "sh", "-c", Show).Output;
        Assert.Equal(Outside.Sandboxed("vfork", "run", "--", "sh", "-c", Show).Output, inside);
        const string Signals = "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; trap '' INT USR1; sh -c 'grep SigIgn /proc/self/status'";

        // The test runner ignores SIGPIPE, and its children inherit that.
        Assert.Equal(Outside.Run("env", ["--default-signal=PIPE", "sh", "-c", Signals]).Output, Outside.Sandboxed(Launcher, "run", "--", "sh", "-c", Signals).Output);
    }

    [Fact]
    public void An_ignored_signal_stays_ignored()
    {
        string command = $"trap '' HUP; {Outside.Sandgate} run -- grep SigIgn /proc/self/status";
        Assert.Contains("0000000000000001", Outside.Run("sh", ["-c", command], launcher: Launcher).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_denied_open_is_denied()
    {
        Outside run = Outside.Sandboxed(Launcher, "run", "-e", "open ('/etc/passwd') = not_allow", "--", "cat", "/etc/passwd");
        Assert.Equal((1, ""), (run.Status, run.Output));
        Assert.Contains("denied open('/etc/passwd', 'r')", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_programs_own_exec_is_judged_and_the_first_one_only_once()
    {
        const string Rule = "exec ('*/false') = not_allow";
        Outside later = Outside.Sandboxed(Launcher, "run", "-e", Rule, "--", "sh", "-c", "/bin/false; echo $?");
        Assert.Equal("126\n", later.Output);
        Outside first = Outside.Sandboxed(Launcher, "run", "-e", Rule, "--", "/bin/false");
        Assert.Equal(126, first.Status);
        Assert.Single(first.Error.Split('\n'), l => l.Contains("denied exec", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/nonexistent/program", 127)]
    [InlineData("/etc/passwd", 126)]
    public void A_command_that_cannot_run_has_the_shells_status(string command, int status) =>
        Assert.Equal(status, Outside.Sandboxed(Launcher, "run", "--", command).Status);

    [Fact]
    public void A_script_without_an_interpreter_is_the_shells()
    {
        string script = Path.GetTempFileName();
        File.WriteAllText(script, "echo from the script; exit 3\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Outside run = Outside.Sandboxed(Launcher, "run", "--", script);
        File.Delete(script);
        Assert.Equal((3, "from the script\n"), (run.Status, run.Output));
    }

    [Theory]
    [InlineData("mmap")]
    [InlineData("clone")]
    [InlineData("rt_sigprocmask")]
    [InlineData("rt_sigaction")]
    [InlineData("futex")]
    [InlineData("pause")]
    public void A_rule_that_stops_the_launcher_itself_ends_in_125(string syscall)
    {
        Outside run = Outside.Sandboxed(Launcher, "run", "-e", syscall + " ('*') = not_allow", "--", "true");
        Assert.Equal(125, run.Status);
        Assert.Contains("nothing was run", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_can_be_watched()
    {
        Outside run = Outside.Sandboxed(Launcher, "run", "--trace", "--", "sh", "-c", "true & wait; echo done");
        Assert.Equal((0, "done\n"), (run.Status, run.Output));
    }

    [Fact]
    public void What_the_program_leaves_running_is_waited_for()
    {
        Outside run = Outside.Sandboxed(Launcher, "run", "--", "sh", "-c", "(sleep 0.3; echo late) & exit 4");
        Assert.Equal((4, "late\n"), (run.Status, run.Output));
    }

    [Theory]
    [InlineData("vfork")]
    [InlineData(Launcher)]
    public void A_key_that_interrupts_reaches_the_program_once(string launcher)
    {
        // The terminal's signal comes to the whole foreground group; the program alone decides what it means.
        string program = $"trap : INT; {Outside.Sandgate} run -- sh -c \"trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.1; done\"; echo status $?";
        string drive =
            $$"""
            import os, pty, select, sys, time
            pid, tty = pty.fork()
            if pid == 0:
                os.execvp("sh", ["sh", "-c", {{System.Text.Json.JsonSerializer.Serialize(program)}}])
            seen, pressed, end = b"", False, time.time() + 30
            while time.time() < end and b"status" not in seen:
                if select.select([tty], [], [], 1)[0]:
                    try: seen += os.read(tty, 4096)
                    except OSError: break
                if b"ready" in seen and not pressed:
                    os.write(tty, b"\x03"); pressed = True
            sys.stdout.write(seen.decode())
            """;
        string shown = Outside.Run("python3", ["-c", drive], launcher: launcher).Output;
        Assert.Single(shown.Split('\n'), l => l.Contains("caught", StringComparison.Ordinal));
        Assert.Contains("status 5", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_chosen_where_the_direct_clone_is_refused()
    {
        // CLONE_VFORK together with CLONE_FILES: the vfork launcher's, and nobody else's.
        const uint Flags = 0x4000 | 0x400;
        string[] command = ["/bin/sh", "-c", $"exec {Outside.Sandgate} run -- sh -c 'exit 6' 2>&1 | grep -q posix_spawn"];
        using LaunchPlan plan = TestPlans.Of(p => TestPlans.AddFilter(p, listener: false,
            (SyscallNumbers.clone, [new([new ArgumentTest(0, Flags, Flags, Equal: true)], FilterAction.Fail(1))])), command);
        LaunchResult result = new VforkChild().Run(plan, _ => { });
        Assert.Equal(0, Wait(result.Pid));
    }

    private static unsafe int Wait(int pid)
    {
        int status = -1;

        // SAFETY: status lives on this stack for the whole call.
        while (Libc.CallBlocking(SyscallNumbers.wait4, pid, (long)(&status), 0, 0) == -4)
        {
        }

        return status;
    }
}
