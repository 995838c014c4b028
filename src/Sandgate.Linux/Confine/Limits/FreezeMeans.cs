using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>By what the tree is stopped, where limits pause: a control group's freezer, which nothing in it notices, or SIGSTOP.</summary>
internal sealed class FreezeMeans(ControlGroups groups) : IMechanism
{
    private ControlGroup? _group;

    /// <inheritdoc/>
    public string Name => "limit action";

    /// <inheritdoc/>
    public Grant Prepare()
    {
        _group = groups.With("freezer", "freezer.state") ?? groups.With("", "cgroup.freeze");
        return _group is null
            ? Grant.Substituted(Name, "each process is stopped by SIGSTOP, and another of the same user can let it go on (no control group can be made here)")
            : Grant.Given(Name, string.Create(CultureInfo.InvariantCulture, $"control group, version {_group.Version}"));
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan) => _group?.AddJoin(plan);

    /// <inheritdoc/>
    public void Dispose() => _group?.Leave();
}
