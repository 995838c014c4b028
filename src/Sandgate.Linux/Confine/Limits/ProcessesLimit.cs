using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Processes and threads of the whole tree at one time: by a control group, where another one is refused, or by the gate, which counts.</summary>
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

        // Should tasks that the kernel keeps waiting become more than the gate has counted.
        watch.Forks = new(most);
        _gauge = new("processes", 2L * most, (sample, _) => sample.Tasks, (figure, allowed) => string.Create(CultureInfo.InvariantCulture, $"{figure} processes and threads of {allowed}"));
        watch.Add(_gauge);
        return Grant.Substituted(Name, "the gate counts the tree and refuses one more, which costs each clone and fork some microseconds (no control group can be made here)");
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan) => _group?.AddJoin(plan);

    /// <inheritdoc/>
    public void Dispose()
    {
        watch.Forget(_gauge);
        watch.Forks = null;
        _group?.Leave();
    }
}
