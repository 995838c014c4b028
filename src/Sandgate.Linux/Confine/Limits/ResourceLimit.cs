using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>A limit that the kernel has for each process (getrlimit(2)); it is inherited, and only root can raise it.</summary>
internal sealed class ResourceLimit(string limit, int resource, long most) : IMechanism
{
    private ulong _set;

    /// <inheritdoc/>
    public string Name => "limit " + limit;

    /// <inheritdoc/>
    public unsafe Grant Prepare()
    {
        ulong* own = stackalloc ulong[2];

        // SAFETY: struct rlimit64 is two 64-bit numbers that live on this stack for the whole call.
        if (Libc.Call(SyscallNumbers.prlimit64, 0, resource, 0, (long)own) is < 0 and var errno)
            return Grant.Unavailable(Name, "prlimit(2): " + Core.Decide.Errnos.NameOf((int)-errno));

        // One that is stricter already holds, too.
        _set = Math.Min((ulong)most, own[1]);
        return Grant.Given(Name, string.Create(CultureInfo.InvariantCulture, $"resource limit of each process, {_set}"));
    }

    /// <inheritdoc/>
    public unsafe void AddSteps(LaunchPlan plan) =>
        plan.Add(StepScope.Child, $"limit {limit}", SyscallNumbers.prlimit64, 0, resource, (long)plan.Memory.Copy<ulong>([_set, _set]));

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
