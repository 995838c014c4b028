using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Time on the clock, from the program's start.</summary>
internal sealed class TimeLimit(TimeSpan most, LimitWatch watch) : IMechanism
{
    private Gauge? _gauge;

    /// <inheritdoc/>
    public string Name => "limit time";

    /// <inheritdoc/>
    public Grant Prepare()
    {
        _gauge = new("time", (long)most.TotalMilliseconds, (sample, _) => (long)sample.Elapsed.TotalMilliseconds, (_, _) => $"{Quantity.OfTime(most)} are over") { Status = LimitStatus.TimeIsOver, MayPause = false };
        watch.Add(_gauge);
        return Grant.Given(Name, "the supervisor's clock");
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => watch.Forget(_gauge);
}
