namespace Sandgate.Core.Record;

/// <summary>A record that was written, or is being written, read again.</summary>
public interface IRecording : IDisposable
{
    /// <summary>Its events in the order in which they were written. A record can hold several sessions, each beginning with its <see cref="SessionStart"/>.</summary>
    /// <exception cref="FormatException">An event can't be read; the message says where.</exception>
    IEnumerable<RecordedEvent> Events();
}
