using Sandgate.Core.Record;

namespace Sandgate.Cli;

/// <summary>Prints denials, or with <c>--trace</c> every call, on standard error.</summary>
/// <param name="all">True for every call.</param>
/// <param name="colour">True for colours.</param>
/// <param name="logged">False when calls that a rule logs are not to be printed.</param>
internal sealed class TerminalLines(bool all, bool colour, bool logged = true) : IEventSink
{
    /// <inheritdoc/>
    public bool Wants(bool allowed, bool wasLogged) => all || (wasLogged && logged) || !allowed;

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
