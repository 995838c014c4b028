namespace Sandgate.Core.Record;

/// <summary>Something that a session remembers. It holds values only: the program has gone on since.</summary>
public abstract record RecordedEvent
{
    /// <summary>When it happened.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Its number in the session, from 1, without gaps but where events were dropped; 0 until the recorder has taken it.</summary>
    public long Number { get; set; }
}
