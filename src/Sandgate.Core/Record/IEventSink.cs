namespace Sandgate.Core.Record;

/// <summary>Where events are written to. A sink runs on the recorder's thread, never on the loop's.</summary>
public interface IEventSink : IDisposable
{
    /// <summary>True when the sink wants calls with this verdict. What is no call comes to every sink that wants details.</summary>
    bool Wants(bool allowed, bool logged);

    /// <summary>
    /// True when the sink wants to know who made a call, every argument, and what it cost; and the processes, the session's beginning
    /// and its end. Reading that costs.
    /// </summary>
    bool WantsDetails => false;

    /// <summary>
    /// Writes one call down on the loop's own thread, before the program goes on, so that a person
    /// reads the denial before what the program says of it. False when that would wait; then
    /// <see cref="Write"/> is called on the recorder's thread.
    /// </summary>
    bool TryWriteAtOnce(CallEvent written) => false;

    /// <summary>Writes one event down. The first that a sink of details gets is <see cref="SessionStart"/>.</summary>
    void Write(RecordedEvent written);

    /// <summary>Called when the queue has run empty: hand over what is buffered.</summary>
    void Flush();
}
