namespace Sandgate.Core.Record;

/// <summary>A process of the tree was seen for the first time.</summary>
public sealed record ProcessStarted : RecordedEvent
{
    /// <summary>Who it is.</summary>
    public required Caller Caller { get; init; }
}

/// <summary>A process runs another program than before.</summary>
public sealed record ProcessExecuted : RecordedEvent
{
    /// <summary>Who it is now.</summary>
    public required Caller Caller { get; init; }
}

/// <summary>A process has ended.</summary>
public sealed record ProcessEnded : RecordedEvent
{
    /// <summary>The process.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Its status as a shell would show it, 128 + n for signal n; null when its parent took it before anybody could look.</summary>
    public int? Status { get; init; }

    /// <summary>Processor time it used, without its children's; null when it could not be read.</summary>
    public TimeSpan? Cpu { get; init; }

    /// <summary>The most memory it had in use at once, in bytes; null when it could not be read.</summary>
    public long? PeakMemory { get; init; }
}
