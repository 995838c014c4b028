namespace Sandgate.Core.Record;

/// <summary>The run is over: what a record ends with. A record without it was cut short.</summary>
public sealed record SessionEnded : RecordedEvent
{
    /// <summary>The exit status.</summary>
    public required int Status { get; init; }

    /// <summary>The limit that ended the program; null when none did.</summary>
    public string? Limit { get; init; }

    /// <summary>How many calls were decided that some sink wanted.</summary>
    public required long Calls { get; init; }

    /// <summary>How many events were dropped because the sinks could not keep up.</summary>
    public required long Dropped { get; init; }
}

/// <summary>Events were dropped here, because the sinks could not keep up and the session was told to drop rather than wait.</summary>
public sealed record EventsDropped : RecordedEvent
{
    /// <summary>How many since the last event that was not dropped.</summary>
    public required long Count { get; init; }
}

/// <summary>Somebody steered the session.</summary>
public sealed record SessionSteered : RecordedEvent
{
    /// <summary>What was done: <c>pause</c>, <c>resume</c>, <c>kill</c>, <c>rules</c>, <c>answer</c>.</summary>
    public required string Action { get; init; }

    /// <summary>More about it, for people: the rule that was added, the question that was answered.</summary>
    public required string Text { get; init; }

    /// <summary>Who did it: <c>signal</c>, or a client of the control socket as <c>uid 1000 pid 42</c>.</summary>
    public required string By { get; init; }
}

/// <summary>The program itself said something, over the channel it was given. What it says is not proven.</summary>
public sealed record ProgramMessage : RecordedEvent
{
    /// <summary>Who said it, by the kernel's word.</summary>
    public required Caller Caller { get; init; }

    /// <summary>True when it is certain who said it: nobody in the tree could give himself out as another, and the process was there to be looked at.</summary>
    public bool IsProven { get; init; }

    /// <summary>What it said: one JSON value as text.</summary>
    public required string Json { get; init; }
}
