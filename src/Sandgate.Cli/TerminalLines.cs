using Sandgate.Core.Record;

namespace Sandgate.Cli;

/// <summary>Prints denials, or with <c>--trace</c> every call, on standard error.</summary>
internal sealed class TerminalLines(bool all, bool colour) : IEventSink
{
    /// <inheritdoc/>
    public bool Wants(bool allowed, bool logged) => all || logged || !allowed;

    /// <inheritdoc/>
    public bool TryWriteAtOnce(CallEvent written) => Platform.TryWriteError(Line(written));

    /// <inheritdoc/>
    public void Write(RecordedEvent written)
    {
        if (written is CallEvent call)
            Platform.WriteError(Line(call));
    }

    private string Line(CallEvent written) => all ? EventText.Trace(written, colour) : EventText.Denial(written, colour);

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
