using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Weight against others when processors are scarce: of the tree by a control group, or of each process by its niceness (sched(7)).</summary>
internal sealed class CpuShareLimit(int share, ControlGroups groups) : IMechanism
{
    private const int Usual = 100, UsualOfVersion1 = 1024, MostOfVersion1 = 262_144, MostNice = 19, PRIO_PROCESS = 0;

    // What one step of niceness makes of a process's weight.
    private const double Step = 1.25;

    private ControlGroup? _group;
    private int _nice;

    /// <inheritdoc/>
    public string Name => "limit cpu_share";

    /// <inheritdoc/>
    public Grant Prepare()
    {
        _group = groups.With("cpu", "cpu.weight") is { } second ? second.Set("cpu.weight", share) ? second : null
            : groups.With("cpu", "cpu.shares") is { } first && first.Set("cpu.shares", Math.Clamp((long)share * UsualOfVersion1 / Usual, 2, MostOfVersion1)) ? first : null;
        if (_group is not null)
            return Grant.Given(Name, string.Create(CultureInfo.InvariantCulture, $"control group, version {_group.Version}"));
        if (share > Usual)
            return Grant.Unavailable(Name, "no control group for processors can be made here, and no process is made more important than others");
        _nice = Math.Min(MostNice, (int)Math.Round(Math.Log((double)Usual / share) / Math.Log(Step)));
        return Grant.Substituted(Name, string.Create(CultureInfo.InvariantCulture, $"each process is made nicer by {_nice} (no control group for processors can be made here)"));
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan)
    {
        _group?.AddJoin(plan);
        if (_nice > 0)
            plan.Add(StepScope.Child, "be nicer", SyscallNumbers.setpriority, PRIO_PROCESS, 0, Math.Min(MostNice, OwnNice() + _nice));
    }

    /// <inheritdoc/>
    public void Dispose() => _group?.Leave();

    // The call answers 20 less the niceness.
    private static int OwnNice() => 20 - (int)Libc.Call(SyscallNumbers.getpriority, PRIO_PROCESS, 0);
}
