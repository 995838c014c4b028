using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Processors' worth of time per time, by a control group. There is no other way: stopping and continuing would be job control's.</summary>
internal sealed class CpusLimit(double cpus, ControlGroups groups) : IMechanism
{
    private const long Period = 100_000, LeastQuota = 1000;

    private ControlGroup? _group;

    /// <inheritdoc/>
    public string Name => "limit cpus";

    /// <inheritdoc/>
    public Grant Prepare()
    {
        long quota = Math.Max(LeastQuota, (long)(cpus * Period));
        _group = groups.With("cpu", "cpu.max") is { } second
            ? second.Set("cpu.max", string.Create(CultureInfo.InvariantCulture, $"{quota} {Period}")) ? second : null
            : groups.With("cpu", "cpu.cfs_quota_us") is { } first && first.Set("cpu.cfs_period_us", Period) && first.Set("cpu.cfs_quota_us", quota) ? first : null;
        return _group is null ? Grant.Unavailable(Name, "no control group for processors can be made here")
            : Grant.Given(Name, string.Create(CultureInfo.InvariantCulture, $"control group, version {_group.Version}"));
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan) => _group?.AddJoin(plan);

    /// <inheritdoc/>
    public void Dispose() => _group?.Leave();
}
