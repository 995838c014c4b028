using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Tests.Launch;

/// <summary>What both launchers do, by carrying plans out; above all that nothing is left of a launch that fails.</summary>
[Collection(nameof(LauncherTests))]
[CollectionDefinition(nameof(LauncherTests), DisableParallelization = true)]
public sealed class LauncherTests : IDisposable
{
    private const int ENOENT = 2, EBADF = 9, ENOEXEC = 8, EACCES = 13, ECHILD = 10;

    private readonly string _script = Path.GetTempFileName();
    private int _listener = -1;

    public static TheoryData<string> Names => ["vfork", "posix_spawn"];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_program_starts_under_a_filter_and_its_first_exec_passes(string launcher)
    {
        using LaunchPlan plan = TestPlans.Sandboxed("/bin/true");
        LaunchResult result = Launch(launcher, plan);
        Assert.True(result.Runs, result.ToString());
        Assert.True(_listener >= 0);
        Assert.Equal(0, WaitFor(result.Pid));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_failing_step_is_told_with_its_errno_and_nothing_is_left(string launcher)
    {
        AssertNothingLeft(() =>
        {
            using LaunchPlan plan = TestPlans.Of(p => p.Add(StepScope.Thread, "do the impossible", SyscallNumbers.close, -1));
            LaunchResult result = Launch(launcher, plan);
            Assert.Equal((0, EBADF), (result.Pid, result.Errno));
            Assert.Equal("do the impossible", plan.Steps[result.FailedStep].Purpose);
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_step_that_may_fail_stops_nothing(string launcher)
    {
        using LaunchPlan plan = TestPlans.Of(p => p.TryAdd(StepScope.Thread, "try the impossible", SyscallNumbers.close, -1));
        LaunchResult result = Launch(launcher, plan);
        Assert.Equal(0, WaitFor(result.Pid));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_filter_that_the_kernel_rejects_is_told_and_nothing_is_left(string launcher)
    {
        AssertNothingLeft(() =>
        {
            using LaunchPlan plan = TestPlans.Of(p => p.AddListener("install the filter", SyscallNumbers.seccomp, Seccomp.SET_MODE_FILTER, 8, 0));
            LaunchResult result = Launch(launcher, plan);
            Assert.Equal((plan.ListenerStep, 14 /* EFAULT */, -1), (result.FailedStep, result.Errno, _listener));
        });
    }

    [Theory]
    [InlineData("vfork", "/nonexistent/program", ENOENT)]
    [InlineData("vfork", "/etc/passwd", EACCES)]
    [InlineData("vfork", null, ENOEXEC)]
    [InlineData("posix_spawn", "/nonexistent/program", ENOENT)]
    [InlineData("posix_spawn", "/etc/passwd", EACCES)]
    [InlineData("posix_spawn", null, ENOEXEC)]
    public void An_exec_that_fails_under_the_filter_is_told_and_nothing_is_left(string launcher, string? file, int errno)
    {
        File.WriteAllText(_script, "exit 3\n");
        File.SetUnixFileMode(_script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        AssertNothingLeft(() =>
        {
            using LaunchPlan plan = TestPlans.Sandboxed(file ?? _script);
            LaunchResult result = Launch(launcher, plan);
            Assert.Equal((0, plan.Steps.Count - 1, errno), (result.Pid, result.FailedStep, result.Errno));
            CloseListener();
        });
    }

    [Fact]
    public void A_thread_takes_no_step_that_is_a_childs()
    {
        using LaunchPlan plan = TestPlans.Of(p => p.Add(StepScope.Child, "be a child", SyscallNumbers.close, -1));
        List<string> said = [];
        LaunchResult result = new PosixSpawnLauncher(said.Add, _ => false).Run(plan, _ => { });
        Assert.Equal(0, WaitFor(result.Pid));
        Assert.Equal(["started by posix_spawn, which leaves out: be a child"], said);
    }

    [Fact]
    public void A_refused_call_of_posix_spawn_itself_is_told()
    {
        AssertNothingLeft(() =>
        {
            FilterCase[] refuse = [new([], FilterAction.Fail(1))];
            using LaunchPlan plan = TestPlans.Of(p => TestPlans.AddFilter(p, listener: true,
                (SyscallNumbers.clone, refuse), (SyscallNumbers.clone3, refuse), (SyscallNumbers.vfork, refuse)));
            Assert.Equal(LaunchResult.NoProcess(1), Launch("posix_spawn", plan));
            CloseListener();
        });
    }

    [Theory]
    [InlineData(SyscallNumbers.futex)]
    [InlineData(SyscallNumbers.rt_sigprocmask)]
    public void Rules_on_what_the_launchers_thread_cannot_do_without_are_refused(int number)
    {
        using LaunchPlan plan = TestPlans.Sandboxed("/bin/true");
        PosixSpawnLauncher launcher = new(_ => { }, n => n == number);
        Assert.Equal(1, Assert.Throws<SandboxException>(() => launcher.Run(plan, _ => { })).Errno);
    }

    [Fact]
    public void An_unknown_launcher_is_refused() =>
        Assert.Contains("vfork or posix_spawn", Assert.Throws<SandboxException>(() => Named("docker")).Message, StringComparison.Ordinal);

    public void Dispose()
    {
        CloseListener();
        File.Delete(_script);
    }

    private static ILauncher Named(string name) => Launchers.Choose(name, new PosixSpawnLauncher(_ => { }, _ => false));

    private LaunchResult Launch(string launcher, LaunchPlan plan) => Named(launcher).Run(plan, l => _listener = l.Descriptor);

    private void CloseListener()
    {
        if (_listener >= 0)
            Files.Close(_listener);
        _listener = -1;
    }

    private static unsafe int WaitFor(int pid)
    {
        int status = -1;

        // SAFETY: status lives on this stack for the whole call.
        while (Libc.CallBlocking(SyscallNumbers.wait4, pid, (long)(&status), 0, 0) == -4)
        {
        }

        return status;
    }

    private static void AssertNothingLeft(Action launch)
    {
        launch();
        int listeners = Listeners();
        launch();
        Assert.Equal(listeners, Listeners());
        Assert.Equal(-ECHILD, Libc.Call(SyscallNumbers.wait4, -1, 0, 1 /* WNOHANG */, 0));
    }

    private static int Listeners() =>
        Directory.GetFileSystemEntries("/proc/self/fd").Count(f => new FileInfo(f).LinkTarget is "anon_inode:seccomp notify");
}
