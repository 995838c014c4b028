namespace Sandgate.Linux.Confine.Limits;

/// <summary>A figure that the supervisor itself compares with a limit, again and again.</summary>
/// <param name="Limit">The limit's word in configurations.</param>
/// <param name="Most">The most that is allowed; after a pause, as much again.</param>
/// <param name="Read">The figure, given the tree and the most; null when it can't be told, which counts as too much.</param>
/// <param name="Say">The figure for people, and what is allowed.</param>
internal sealed record Gauge(string Limit, long Most, Func<TreeSample, long, long?> Read, Func<long, long, string> Say)
{
    /// <summary>The exit status of a run that this limit ended: as timeout(1) has it, or as of a program that was killed.</summary>
    public int Status { get; init; } = LimitStatus.Killed;

    /// <summary>True when the program can be stopped instead of killed.</summary>
    public bool MayPause { get; init; } = true;

    /// <summary>True when the figure still tells afterwards that the kernel ended the program for it.</summary>
    public Func<int, bool> TellsAfterwards { get; init; } = _ => false;

    /// <summary>The most that is allowed now.</summary>
    public long Allowed { get; set; } = Most;

    /// <summary>True when more than half is used: then it is looked at more often.</summary>
    public bool IsNear { get; private set; }

    /// <summary>What is wrong; null when nothing is.</summary>
    public string? Check(TreeSample sample)
    {
        long? figure = Read(sample, Allowed);
        IsNear = MayPause && figure > Allowed / 2;
        return figure is null ? "it can't be told of every process" : figure > Allowed ? Say(figure.Value, Allowed) : null;
    }
}
