using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Tests.Launch;

/// <summary>When a step of the set-up fails, nothing runs, and one line names the step, the errno and a way out.</summary>
[Collection(nameof(LauncherTests))]
public sealed class SetUpFailureTests : IDisposable
{
    private const int EPERM = 1, EBUSY = 16, EAGAIN = 11;

    private readonly string _said = Path.GetTempFileName();

    [Theory]
    [InlineData("vfork", SyscallNumbers.seccomp, EPERM, "cannot install the filter: EPERM; nothing was run; the container's own filter forbids seccomp(2)")]
    [InlineData("vfork", SyscallNumbers.seccomp, EBUSY, "cannot install the filter: EBUSY; nothing was run; another supervisor already listens")]
    [InlineData("posix_spawn", SyscallNumbers.seccomp, EPERM, "cannot install the filter: EPERM; nothing was run; the container's own filter forbids seccomp(2)")]
    [InlineData("vfork", SyscallNumbers.capset, EPERM, "cannot drop the right to trace others: EPERM; nothing was run")]
    [InlineData("posix_spawn", SyscallNumbers.capset, EPERM, "cannot drop the right to trace others: EPERM; nothing was run")]
    public void The_step_and_its_errno_are_named(string launcher, int refused, int errno, string message) =>
        Assert.StartsWith("sandgate: " + message, LastLine(launcher, (refused, [new([], FilterAction.Fail(errno))])), StringComparison.Ordinal);

    [Fact]
    public void No_room_for_a_process_is_told()
    {
        // Threads, and the runtime's own children, are started without CLONE_VFORK.
        FilterCase refuse = new([new ArgumentTest(0, 0x4000, 0x4000, Equal: true)], FilterAction.Fail(EAGAIN));
        Assert.Equal(
            "sandgate: cannot start a process: EAGAIN; nothing was run; is there a limit on processes (ulimit -u)?",
            LastLine("", (SyscallNumbers.clone, [refuse])));
    }

    public void Dispose() => File.Delete(_said);

    // Runs sandgate under a filter of the test's own.
    private unsafe string LastLine(string launcher, params (int Number, FilterCase[] Cases)[] outer)
    {
        string script = $"SANDGATE_LAUNCHER={launcher} {Outside.Sandgate} run -- echo it runs > {_said} 2>&1";
        using LaunchPlan plan = TestPlans.Of(p => TestPlans.AddFilter(p, listener: false, outer), "/bin/sh", "-c", script);
        LaunchResult result = new VforkChild().Run(plan, _ => { });
        int status = -1;

        // SAFETY: status lives on this stack for the whole call.
        while (Libc.CallBlocking(SyscallNumbers.wait4, result.Pid, (long)(&status), 0, 0) == -4)
        {
        }

        string said = File.ReadAllText(_said);
        Assert.Equal(125 << 8, status);
        Assert.DoesNotContain("it runs", said, StringComparison.Ordinal);
        return said.TrimEnd().Split('\n')[^1];
    }
}
