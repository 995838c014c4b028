namespace Sandgate.Linux.Launch;

/// <summary>What a user can do when a step of the set-up fails.</summary>
internal static class SetUpHints
{
    private const int EAGAIN = 11, EBUSY = 16, EINVAL = 22, ENOSYS = 38, EPERM = 1;

    /// <summary>What is tried before the first step of the plan.</summary>
    public const string StartProcess = "start a process";

    /// <summary>A way out, as the end of a sentence.</summary>
    public static string For(string step, int errno) => (step, errno) switch
    {
        ("install the filter", EBUSY) => "nothing was run; another supervisor already listens to this process (a sandbox inside a sandbox?)",
        ("install the filter", EINVAL or ENOSYS) => "nothing was run; this kernel or platform has no seccomp user notification (Linux 5.9 or newer; gVisor has none)",
        ("install the filter", EPERM) => "nothing was run; the container's own filter forbids seccomp(2)",
        (StartProcess, EAGAIN) => "nothing was run; is there a limit on processes (ulimit -u)?",
        (StartProcess, _) => "nothing was run; do the rules, or the container's own filter, forbid a call that starting a process takes (clone, mmap, rt_sigprocmask)?",
        _ => "nothing was run",
    };
}
