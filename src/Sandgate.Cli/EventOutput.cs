using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandgate.Core.Record;

namespace Sandgate.Cli;

/// <summary>Events on standard output in one of the formats, as they come; what was not printed is thrown away when nobody reads any more.</summary>
internal sealed class EventOutput : IDisposable
{
    private const int Full = 64 * 1024;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(Full + 4096);
    private readonly StringBuilder _text = new();
    private readonly Utf8JsonWriter _json;

    /// <summary>Makes an output.</summary>
    /// <param name="format"><c>text</c>, <c>jsonl</c>, <c>csv</c> or <c>json</c>.</param>
    public EventOutput(string format)
    {
        Format = format;
        _json = new(_buffer, s_options);
        if (format == "csv")
            Text(EventCsv.Header);
    }

    /// <summary>The format.</summary>
    public string Format { get; }

    /// <summary>True when a person looks.</summary>
    public bool Colour { get; } = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Prints one event.</summary>
    public void Event(RecordedEvent recorded)
    {
        switch (Format)
        {
            case "jsonl":
                _json.Reset();
                EventJson.Write(_json, recorded);
                _json.Flush();
                Text("\n");
                break;
            case "csv":
                EventCsv.Append(_text.Clear(), recorded);
                Text(_text.ToString());
                break;
            default:
                Text(EventLines.Of(recorded, Colour));
                break;
        }
    }

    /// <summary>Prints a JSON value on a line of its own.</summary>
    public void Json(Action<Utf8JsonWriter> write)
    {
        _json.Reset();
        write(_json);
        _json.Flush();
        Text("\n");
    }

    /// <summary>Prints a text.</summary>
    public void Text(string text)
    {
        Encoding.UTF8.GetBytes(text, _buffer);
        if (_buffer.WrittenCount > Full)
            Flush();
    }

    /// <summary>Hands over what was printed.</summary>
    public void Flush()
    {
        Platform.WriteOutput(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();
}
