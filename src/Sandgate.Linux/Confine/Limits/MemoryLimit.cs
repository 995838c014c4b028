using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Memory of the whole tree: by a control group, or by adding up what its processes have.</summary>
internal sealed class MemoryLimit(long most, bool pauses, LimitWatch watch) : IMechanism
{
    private ControlGroup? _group;
    private Gauge? _gauge;

    /// <inheritdoc/>
    public string Name => "limit memory";

    /// <inheritdoc/>
    public Grant Prepare()
    {
        // The kernel knows no stopping at the limit that a program comes out of again.
        Grant grant;
        if (!pauses && GroupWithLimit() is { } group)
        {
            _group = group;
            _gauge = new("memory", 0, (_, _) => GroupUsage.OutOfMemoryKills(group) ?? 0, (_, _) => $"{Quantity.OfBytes(most)} are used up") { TellsAfterwards = _ => true };
            grant = Grant.Given(Name, string.Create(CultureInfo.InvariantCulture, $"control group, version {group.Version}"));
        }
        else
        {
            _gauge = new("memory", most, Sum, (figure, allowed) => $"{Quantity.OfBytes(figure)} of {Quantity.OfBytes(allowed)}");
            grant = Grant.Substituted(Name, "the supervisor adds up what the processes have, 20 times a second and more often when it gets near; "
                + "in between more can be used" + (pauses ? "" : " (no control group can be made here)"));
        }

        watch.Add(_gauge);
        return grant;
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan) => _group?.AddJoin(plan);

    /// <inheritdoc/>
    public void Dispose()
    {
        watch.Forget(_gauge);
        _group?.Leave();
    }

    // Shared pages count for each at first: only when that is too much is it worth to look closer.
    private static long? Sum(TreeSample sample, long allowed) => sample.Resident <= allowed ? sample.Resident : sample.Proportional();

    private ControlGroup? GroupWithLimit()
    {
        if (watch.Groups.With("memory", "memory.max") is { } second)
        {
            // All of the tree goes at once, which version 1 leaves to the supervisor; older kernels don't know the word.
            second.Set("memory.oom.group", 1);
            return second.Set("memory.max", most) && (!second.Has("memory.swap.max") || second.Set("memory.swap.max", 0)) ? second : null;
        }

        return watch.Groups.With("memory", "memory.limit_in_bytes") is { } first && first.Set("memory.limit_in_bytes", most)
            && (!first.Has("memory.memsw.limit_in_bytes") || first.Set("memory.memsw.limit_in_bytes", most)) ? first : null;
    }
}
