using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Sandgate.Core.ProgramChannel;

/// <summary>
/// Reads what a program says over its channel: one JSON object a message, <c>{"v":1,"do":"ask","call":"open('/etc/passwd', 'r')"}</c>.
/// Whoever says it may be hostile: everything is bounded, and nothing that isn't known is passed over.
/// </summary>
public static class ChannelReader
{
    /// <summary>The longest message in bytes.</summary>
    public const int MaxLength = 4096;

    /// <summary>The deepest data; the message itself is a level.</summary>
    public const int MaxDepth = 8;

    private const int Version = 1;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>The request.</summary>
    /// <exception cref="ChannelException">It is none.</exception>
    public static ChannelRequest Read(ReadOnlySpan<byte> message)
    {
        if (message.Length > MaxLength)
            throw new ChannelException($"a message has at most {MaxLength} bytes");
        if (!Utf8.IsValid(message))
            throw new ChannelException("a message is JSON in UTF-8");
        try
        {
            using JsonDocument document = JsonDocument.Parse(message.ToArray(), s_options);
            return Read(document.RootElement);
        }
        catch (JsonException)
        {
            throw new ChannelException($"a message is one JSON object, at most {MaxDepth} levels deep, no key twice");
        }
        catch (InvalidOperationException)
        {
            // JSON can spell halves of characters; no text has them.
            throw new ChannelException("a text has an escape that stands for no character");
        }
    }

    private static ChannelRequest Read(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object)
            throw new ChannelException("a message is one JSON object");
        long? version = null, id = null;
        string? what = null, call = null;
        JsonElement? data = null;
        foreach (JsonProperty property in message.EnumerateObject())
        {
            switch (property.Name)
            {
                case "v": version = Number(property); break;
                case "id": id = Number(property); break;
                case "do": what = Text(property); break;
                case "call": call = Text(property); break;
                case "data": data = property.Value; break;
                default: throw new ChannelException("unknown key; there are \"v\", \"do\", \"id\", \"call\" and \"data\"");
            }
        }

        if (version != Version)
            throw new ChannelException("write \"v\": 1");
        return (what, call, data) switch
        {
            ("session", null, null) => new SessionRequest(id),
            ("ask", { } text, null) => new AskRequest(id, text),
            ("emit", null, { } value) => new EmitRequest(id, Canonical(value)),
            _ => throw new ChannelException("\"do\" is \"session\", \"ask\" with \"call\", or \"emit\" with \"data\""),
        };
    }

    private static long Number(JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt64(out long number) ? number
        : throw new ChannelException($"\"{property.Name}\" is a whole number");

    private static string Text(JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()!
        : throw new ChannelException($"\"{property.Name}\" is a text");

    // Written anew: no white space, and nothing beyond ASCII that a terminal or an editor could take for something else.
    private static string Canonical(JsonElement value)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
            value.WriteTo(json);
        return Encoding.ASCII.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
