using Sandgate.Core.Learn;
using Sandgate.Core.Record;

namespace Sandgate.Cli;

/// <summary>Collects what a run does, to learn from it.</summary>
internal sealed class ObservationSink(Observations observations) : IEventSink
{
    /// <inheritdoc/>
    public bool WantsDetails => true;

    /// <inheritdoc/>
    public bool Wants(bool allowed, bool logged) => true;

    /// <inheritdoc/>
    public void Write(RecordedEvent written) => observations.Add(written);

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
