using Sandgate.Core.Decide;
using Sandgate.Core.Doctor;
using Sandgate.Linux.Doctor.Trials;

namespace Sandgate.Linux.Doctor;

/// <summary>Says why a call failed: the errno alone could mean a filter, a setting, a missing right or an old kernel.</summary>
internal sealed class Reasons(MachineFacts machine)
{
    public const int CAP_SYS_PTRACE = 19, CAP_SYS_ADMIN = 21;

    private const int EPERM = 1, EACCES = 13, EINVAL = 22, ENOTTY = 25, ENOSYS = 38, EOPNOTSUPP = 95;

    /// <summary>Where and as whom.</summary>
    public MachineFacts Machine => machine;

    /// <summary>Why a call failed.</summary>
    /// <param name="errno">What it failed with.</param>
    /// <param name="number">The call's number.</param>
    /// <param name="capability">The right that it takes, or that makes settings moot; null when there is none.</param>
    /// <param name="setting">A setting of the kernel that is known to forbid it, as it stands now; null when none does.</param>
    public string For(int errno, int number, int? capability = null, string? setting = null) => $"{Errnos.NameOf(errno)}: {Explain(errno, number, capability, setting)}";

    private string Explain(int errno, int number, int? capability, string? setting)
    {
        if (IsFilteredOut(number))
            return machine.Container is null ? "a seccomp filter around this process forbids the call" : "the container's seccomp profile forbids the call";
        return errno switch
        {
            _ when setting is not null => setting,
            ENOSYS => $"Linux {machine.Kernel} has no such call",
            EINVAL or ENOTTY or EOPNOTSUPP => $"Linux {machine.Kernel} was built without it, or is too old",
            EPERM or EACCES when capability is { } needed && !machine.Has(needed) => $"needs {NameOf(needed)}",
            EPERM or EACCES => "the kernel refuses it",
            _ => "the kernel doesn't do it",
        };
    }

    private static string NameOf(int capability) => capability switch { CAP_SYS_ADMIN => "CAP_SYS_ADMIN", CAP_SYS_PTRACE => "CAP_SYS_PTRACE", _ => $"capability {capability}" };

    // A filter sees numbers before the kernel sees arguments: nonsense that the kernel would call invalid is forbidden by nobody else.
    private bool IsFilteredOut(int number) => machine.Filtered && TrialChild.Try(new TrialCall(number, -1, -1, -1, -1, -1, -1)).Errno is EPERM or ENOSYS;
}
