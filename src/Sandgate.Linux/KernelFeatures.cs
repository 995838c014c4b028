using System.Globalization;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux;

/// <summary>What this kernel offers beyond the floor of 5.9.</summary>
/// <param name="Release">The kernel's release, as uname(2) tells it.</param>
/// <param name="WaitKillable">A held call is not interrupted by ordinary signals (5.19).</param>
/// <param name="SyncWakeUp">The supervisor and the stopped thread hand one processor over to each other (6.6).</param>
/// <param name="RecvEndsWithTree">RECV returns when the last process of the tree has gone (6.11).</param>
internal sealed record KernelFeatures(string Release, bool WaitKillable, bool SyncWakeUp, bool RecvEndsWithTree)
{
    /// <summary>Asks the running kernel.</summary>
    public static unsafe KernelFeatures Probe()
    {
        string release = Environment.OSVersion.Version is var v ? $"{v.Major}.{v.Minor}" : "";

        // A filter address of NULL: EFAULT tells that the flags are known, EINVAL that they are not.
        long known = Libc.Call(SyscallNumbers.seccomp, Seccomp.SET_MODE_FILTER,
            Seccomp.FILTER_FLAG_NEW_LISTENER | Seccomp.FILTER_FLAG_WAIT_KILLABLE_RECV, 0);
        return new(release, known == -14, IsAtLeast(release, 6, 6), IsAtLeast(release, 6, 11));
    }

    private static bool IsAtLeast(string release, int major, int minor)
    {
        string[] parts = release.Split('.');
        int have = int.Parse(parts[0], CultureInfo.InvariantCulture), than = int.Parse(parts[1], CultureInfo.InvariantCulture);
        return have > major || (have == major && than >= minor);
    }
}
