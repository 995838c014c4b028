namespace Sandgate.Core.Record;

/// <summary>Where decided calls are written to. A sink runs on the recorder's thread, never on the loop's.</summary>
public interface IEventSink : IDisposable
{
    /// <summary>True when the sink wants this call.</summary>
    bool Wants(bool allowed, bool logged);

    /// <summary>
    /// Writes one call down on the loop's own thread, before the program goes on, so that a person
    /// reads the denial before what the program says of it. False when that would wait; then
    /// <see cref="Write"/> is called on the recorder's thread.
    /// </summary>
    bool TryWriteAtOnce(CallEvent written) => false;

    /// <summary>Writes down what the record is about; called once, before everything else.</summary>
    void Begin(SessionStart start)
    {
    }

    /// <summary>Writes one call down.</summary>
    void Write(CallEvent written);

    /// <summary>Called when the queue has run empty: hand over what is buffered.</summary>
    void Flush();
}
