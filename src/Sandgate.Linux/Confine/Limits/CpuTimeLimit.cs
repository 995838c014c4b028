using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Time on processors, of all processes together: counted by the kernel in a control group, or added up.</summary>
internal sealed class CpuTimeLimit(TimeSpan most, LimitWatch watch) : IMechanism
{
    private const int SIGKILL = 9;

    private ControlGroup? _group;
    private Gauge? _gauge;

    /// <inheritdoc/>
    public string Name => "limit cpu_time";

    /// <inheritdoc/>
    public Grant Prepare()
    {
        _group = watch.Groups.With("cpuacct", "cpuacct.usage") ?? (watch.Groups.With("cpu", "cpu.stat") is { Version: 2 } second ? second : null);
        _gauge = new("cpu_time", (long)most.TotalMilliseconds, Milliseconds, (figure, allowed) => $"{Quantity.OfTime(TimeSpan.FromMilliseconds(figure))} of {Quantity.OfTime(TimeSpan.FromMilliseconds(allowed))}")
        {
            Status = LimitStatus.TimeIsOver,

            // The backstop is the kernel's: RLIMIT_CPU of each process.
            TellsAfterwards = status => status == 128 + SIGKILL,
        };
        watch.Add(_gauge);
        return _group is not null ? Grant.Given(Name, $"counted in a control group, version {_group.Version}, and looked at 20 times a second")
            : Grant.Substituted(Name, "the supervisor adds up 20 times a second what /proc tells; what ended without being waited for isn't in it (no control group can be made here)");
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan) => _group?.AddJoin(plan);

    /// <inheritdoc/>
    public void Dispose()
    {
        watch.Forget(_gauge);
        _group?.Leave();
    }

    private long? Milliseconds(TreeSample sample, long allowed) =>
        (long)((_group is null ? null : GroupUsage.CpuOf(_group)) ?? sample.Cpu).TotalMilliseconds;
}
