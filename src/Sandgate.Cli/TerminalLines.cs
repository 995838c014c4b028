using Sandgate.Core.Record;
using Sandgate.Linux.Launch;

namespace Sandgate.Cli;

/// <summary>Prints denials, or with <c>--trace</c> every call, on standard error.</summary>
internal sealed class TerminalLines(bool all, bool colour) : IEventSink
{
    /// <inheritdoc/>
    public bool Wants(bool allowed, bool logged) => all || !allowed;

    /// <inheritdoc/>
    public void Write(CallEvent written) => StandardError.Write(all ? EventText.Trace(written, colour) : EventText.Denial(written, colour));

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
