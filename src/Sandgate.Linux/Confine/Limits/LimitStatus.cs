namespace Sandgate.Linux.Confine.Limits;

/// <summary>Exit statuses of runs that a limit ended.</summary>
internal static class LimitStatus
{
    /// <summary>Time is over, on the clock or on processors; as timeout(1) has it.</summary>
    public const int TimeIsOver = 124;

    /// <summary>Anything else: as of a program that was killed.</summary>
    public const int Killed = 137;
}
