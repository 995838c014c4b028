using System.Text.Json;
using Sandgate.Core.Control;
using Sandgate.Core.Record;

namespace Sandgate.Cli;

/// <summary>A session that runs, read like a record that is being written: from now on, to its end.</summary>
internal sealed class FollowedSession(IControlLink link, Action wait) : IRecording
{
    /// <inheritdoc/>
    public IEnumerable<RecordedEvent> Events()
    {
        link.Request("subscribe", static members =>
        {
            members.WriteStartArray("to");
            members.WriteStringValue("events");
            members.WriteStringValue("denials");
            members.WriteEndArray();
        });
        DateTimeOffset last = DateTimeOffset.UtcNow;
        while (link.Next() is { } told)
        {
            // What a slow client misses has no time.
            RecordedEvent recorded = told.TryGetProperty("time", out _) ? EventJsonReader.Read(told)
                : new EventsDropped { Time = last, Count = told.TryGetProperty("count", out JsonElement count) && count.TryGetInt64(out long dropped) ? dropped : 0 };
            last = recorded.Time;
            yield return recorded;
            wait();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => link.Dispose();
}
