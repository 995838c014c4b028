using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Bytes written to disks by the whole tree. The kernel limits no such sum, so it is added up.</summary>
internal sealed class DiskLimit(long most, LimitWatch watch) : IMechanism
{
    private Gauge? _gauge;

    /// <inheritdoc/>
    public string Name => "limit disk_written";

    /// <inheritdoc/>
    public Grant Prepare()
    {
        if (!File.Exists("/proc/thread-self/io"))
            return Grant.Unavailable(Name, "this kernel doesn't count what processes write");
        _gauge = new("disk_written", most, (sample, _) => sample.Written(), (figure, allowed) => $"{Quantity.OfBytes(figure)} of {Quantity.OfBytes(allowed)}");
        watch.Add(_gauge);
        return Grant.Substituted(Name, "the supervisor adds up 20 times a second what the processes have given to the kernel for disks; in between more can be written");
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => watch.Forget(_gauge);
}
