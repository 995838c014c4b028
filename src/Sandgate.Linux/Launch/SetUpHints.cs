namespace Sandgate.Linux.Launch;

/// <summary>What a user can do when a step of the set-up fails.</summary>
internal static class SetUpHints
{
    private const int EBUSY = 16, EINVAL = 22, ENOSYS = 38, EPERM = 1;

    /// <summary>A way out, as the end of a sentence.</summary>
    public static string For(string step, int errno) => (step, errno) switch
    {
        ("install the filter", EBUSY) => "nothing was run; another supervisor already listens to this process (a sandbox inside a sandbox?)",
        ("install the filter", EINVAL or ENOSYS) => "nothing was run; this kernel or platform has no seccomp user notification (Linux 5.9 or newer; gVisor has none)",
        ("install the filter", EPERM) => "nothing was run; the container's own filter forbids seccomp(2)",
        _ => "nothing was run",
    };
}
