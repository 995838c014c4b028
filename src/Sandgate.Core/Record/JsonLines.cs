using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sandgate.Core.Record;

/// <summary>Every event as one JSON object a line.</summary>
public sealed class JsonLines(Stream output) : IEventSink
{
    // Nothing here is pasted into a page; quotes stay quotes for whoever reads or greps it.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(64 * 1024);

    /// <inheritdoc/>
    public bool Wants(bool allowed, bool logged) => true;

    /// <inheritdoc/>
    public bool WantsDetails => true;

    /// <inheritdoc/>
    public void Write(RecordedEvent written)
    {
        using (Utf8JsonWriter json = new(_buffer, s_options))
            EventJson.Write(json, written);
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount > 32 * 1024 || written is SessionStart)
            Flush();
    }

    /// <inheritdoc/>
    public void Flush()
    {
        output.Write(_buffer.WrittenSpan);
        output.Flush();
        _buffer.ResetWrittenCount();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        output.Dispose();
    }
}
