using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Processes and threads of the whole tree at one time: by a control group, where another one is refused, or by counting.</summary>
internal sealed class ProcessesLimit(int most, LimitWatch watch) : IMechanism
{
    private ControlGroup? _group;
    private Gauge? _gauge;

    /// <inheritdoc/>
    public string Name => "limit processes";

    /// <inheritdoc/>
    public Grant Prepare()
    {
        if (watch.Groups.With("pids", "pids.max") is { } group && group.Set("pids.max", most))
        {
            _group = group;
            return Grant.Given(Name, string.Create(CultureInfo.InvariantCulture, $"control group, version {group.Version}"));
        }

        _gauge = new("processes", most, (sample, _) => sample.Tasks, figure => string.Create(CultureInfo.InvariantCulture, $"{figure} processes and threads of {most}"));
        watch.Add(_gauge);
        return Grant.Substituted(Name, "the supervisor counts them 20 times a second and more often when it gets near; in between there can be more, "
            + "and too many are ended, not refused (no control group can be made here)");
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan) => _group?.AddJoin(plan);

    /// <inheritdoc/>
    public void Dispose() => watch.Forget(_gauge);
}
