using System.Text.Json;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Control;

/// <summary>One line of a client: <c>{"v":1,"id":7,"do":"status"}</c>. Whatever the bytes are, they are a request or a <see cref="ControlException"/>.</summary>
public sealed class ControlRequest
{
    /// <summary>The version of the protocol that is spoken here.</summary>
    public const int Version = 1;

    /// <summary>How long a line may be, without its end.</summary>
    public const int LongestLine = 64 * 1024;

    private const int Depth = 8, LongestWord = 32;

    private readonly JsonElement _root;

    private ControlRequest(JsonElement root, long? id, string verb) => (_root, Id, Do) = (root, id, verb);

    /// <summary>The client's own number for the request; null when it gave none.</summary>
    public long? Id { get; }

    /// <summary>What is to be done.</summary>
    public string Do { get; }

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="id">The request's number as soon as it is known, so that an error can name it.</param>
    /// <exception cref="ControlException">It is no request.</exception>
    public static ControlRequest Parse(ReadOnlyMemory<byte> line, out long? id)
    {
        id = null;
        if (line.Length > LongestLine)
            throw new ControlException("a line may have 65536 bytes at most");
        JsonElement root;
        try
        {
            using JsonDocument document = JsonDocument.Parse(line, new() { MaxDepth = Depth });
            root = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new ControlException("not a line of JSON, or nested deeper than 8");
        }

        if (root.ValueKind != JsonValueKind.Object)
            throw new ControlException("a request is an object");
        if (root.TryGetProperty("id", out JsonElement number))
            id = number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out long known) ? known : throw new ControlException("\"id\" must be a whole number");
        ControlRequest request = new(root, id, "");
        if (request.Number("v") is not Version)
            throw new ControlException("\"v\" must be 1: this is version 1 of the protocol");
        string verb = request.Text("do") ?? throw new ControlException("\"do\" is missing");
        return new(root, id, verb.Length <= LongestWord ? verb : verb[..LongestWord]);
    }

    /// <summary>A text; null when it isn't there.</summary>
    /// <exception cref="ControlException">It is something else.</exception>
    public string? Text(string name)
    {
        if (!_root.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.String ? TextOf(value) : throw new ControlException($"\"{name}\" must be a text");
    }

    /// <summary>A whole number; null when it isn't there.</summary>
    /// <exception cref="ControlException">It is something else.</exception>
    public long? Number(string name)
    {
        if (!_root.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : throw new ControlException($"\"{name}\" must be a whole number");
    }

    /// <summary>A list of texts; empty when it isn't there.</summary>
    /// <exception cref="ControlException">It is something else.</exception>
    public IReadOnlyList<string> Texts(string name)
    {
        if (!_root.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return [];
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.String))
            throw new ControlException($"\"{name}\" must be a list of texts");
        return [.. value.EnumerateArray().Select(TextOf)];
    }

    /// <summary>A text as a message may show it.</summary>
    public static string Quote(string text) => "\"" + CallText.Printable(text) + "\"";

    // Half of a surrogate pair is JSON and no text.
    private static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new ControlException("a text is not UTF-8");
        }
    }
}
