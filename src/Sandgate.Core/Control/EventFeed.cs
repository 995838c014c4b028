using Sandgate.Core.Record;

namespace Sandgate.Core.Control;

/// <summary>A sink that hands events on to subscribed clients. While there are none it wants nothing, and costs nothing.</summary>
public sealed class EventFeed : IEventSink
{
    private volatile Feed _wanted;

    /// <summary>What clients want now.</summary>
    public Feed Wanted { get => _wanted; set => _wanted = value; }

    /// <summary>Hands a line to the clients that want such lines.</summary>
    public Action<Feed, byte[]>? Tell { get; set; }

    /// <inheritdoc/>
    public bool Wants(bool allowed, bool logged) => (_wanted & FeedOf(allowed, logged)) != 0;

    /// <inheritdoc/>
    public void Write(RecordedEvent written) =>
        Tell?.Invoke(written is CallEvent call ? FeedOf(call.Verdict.Allowed, call.Verdict.Logged) : Feed.Denials, LineOf(written));

    /// <summary>An event as clients are told it.</summary>
    public static byte[] LineOf(RecordedEvent written) => ControlLine.OfValue(json => EventJson.Write(json, written));

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static Feed FeedOf(bool allowed, bool logged) => allowed && !logged ? Feed.Events : Feed.Denials;
}
