using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sandgate.Core.Control;

/// <summary>One JSON object and the end of its line.</summary>
public static class ControlLine
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The object with these members.</summary>
    public static byte[] Of(Action<Utf8JsonWriter> members) => OfValue(json =>
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    });

    /// <summary>One value and the end of its line.</summary>
    public static byte[] OfValue(Action<Utf8JsonWriter> value)
    {
        ArrayBufferWriter<byte> line = new();
        using (Utf8JsonWriter json = new(line, s_options))
            value(json);
        line.Write("\n"u8);
        return line.WrittenSpan.ToArray();
    }
}
