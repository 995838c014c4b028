using System.Text.Json;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>The words that problems are told in.</summary>
internal static class Words
{
    private const int LongestQuote = 100;

    /// <summary>What the user wrote, in double quotes, fit for one line of a terminal.</summary>
    public static string Quote(string text)
    {
        int length = text.Length <= LongestQuote ? text.Length : char.IsHighSurrogate(text[LongestQuote - 1]) ? LongestQuote - 1 : LongestQuote;
        return $"\"{CallText.Printable(text.AsSpan(0, length))}{(length < text.Length ? "…" : "")}\"";
    }

    /// <summary>A feature of the language that this version doesn't have.</summary>
    public static string NotAvailable(string what) => $"\"{what}\" is not available in this version";

    /// <summary>What kind of value a token begins.</summary>
    public static string KindOf(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => "null",
    };

    /// <summary>A list for people: <c>a, b or c</c>.</summary>
    public static string Choice(IReadOnlyList<string> words)
    {
        string[] quoted = [.. words.Select(w => $"\"{w}\"")];
        return quoted.Length == 1 ? quoted[0] : $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}";
    }
}
