using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>A limit that the kernel has for each process (getrlimit(2)); it is inherited, and only root can raise it.</summary>
/// <param name="limit">Its name in reports.</param>
/// <param name="resource">The kernel's number for it.</param>
/// <param name="most">The most that is allowed.</param>
/// <param name="wasAsked">False when the sandbox stands without it.</param>
internal sealed class ResourceLimit(string limit, int resource, long most, bool wasAsked = true) : IMechanism
{
    private const int RLIMIT_NOFILE = 7, F_DUPFD = 0;

    // What the runtime may open until the program is started.
    private const int Margin = 16;

    private ulong _set;
    private bool _afterStart;

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
        if (resource == RLIMIT_NOFILE && _set <= (ulong)(LowestFree() + Margin))
        {
            _afterStart = true;
            return Grant.Substituted(Name, "it is set a moment after the program has started, because the child shares the supervisor's own descriptors until then, and those are more");
        }

        return Grant.Given(Name, string.Create(CultureInfo.InvariantCulture, $"resource limit of each process, {_set}"));
    }

    /// <inheritdoc/>
    public unsafe void AddSteps(LaunchPlan plan)
    {
        long both = (long)plan.Memory.Copy<ulong>([_set, _set]);
        if (!wasAsked)
            plan.TryAdd(StepScope.Child, Name, SyscallNumbers.prlimit64, 0, resource, both);
        else if (!_afterStart)
            plan.Add(StepScope.Child, Name, SyscallNumbers.prlimit64, 0, resource, both);
    }

    /// <inheritdoc/>
    public unsafe void Started(int program)
    {
        if (!_afterStart)
            return;
        ulong* both = stackalloc ulong[2] { _set, _set };

        // SAFETY: struct rlimit64 is two 64-bit numbers that live on this stack for the whole call. A program that is gone needs no limit.
        Libc.Call(SyscallNumbers.prlimit64, program, resource, (long)both, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static int LowestFree()
    {
        int free = (int)Libc.Call(SyscallNumbers.fcntl, 0, F_DUPFD, 0);
        if (free >= 0)
            Files.Close(free);
        return free;
    }
}
