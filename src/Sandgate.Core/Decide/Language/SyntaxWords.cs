using System.Text;
using System.Text.Json;

namespace Sandgate.Core.Decide.Language;

/// <summary>What is wrong with text that is not JSON, in words of our own: the runtime's are not shipped.</summary>
internal static class SyntaxWords
{
    /// <summary>The words for an error at an offset.</summary>
    /// <param name="utf8">The whole text.</param>
    /// <param name="at">Where reading stopped.</param>
    /// <param name="last">The last token before.</param>
    /// <param name="depth">How many objects and arrays are open.</param>
    public static string Of(ReadOnlySpan<byte> utf8, int at, JsonTokenType last, int depth)
    {
        if (at >= utf8.Length)
            return last == JsonTokenType.None ? "the file holds nothing; an empty configuration is {}" : "the file ends too early: a brace, bracket, quote or comment is not closed";
        byte b = utf8[at];
        if (depth >= JsonText.MaxDepth - 1 && b is (byte)'{' or (byte)'[')
            return $"nested too deeply: more than {JsonText.MaxDepth} levels";
        return b switch
        {
            (byte)'/' when utf8[at..].StartsWith("/*"u8) => "a comment that begins with /* is not closed",
            (byte)'\n' or (byte)'\r' => "a line ends inside a string; close it with \", or write \\n",
            < 0x20 => $"unexpected control character 0x{b:x2}",
            (byte)'\'' => "unexpected '; strings stand in double quotes",
            (byte)'"' or (byte)'{' or (byte)'[' when last is not JsonTokenType.None && depth > 0 => $"unexpected {(char)b}; a comma or colon is missing before it",
            (byte)'}' or (byte)']' when depth > 0 => $"unexpected {(char)b}; a value is missing before it, or another bracket is open",
            _ when last is JsonTokenType.EndObject or JsonTokenType.EndArray && depth == 0 => $"unexpected {Character(utf8[at..])} after the end of the configuration",
            _ => $"unexpected {Character(utf8[at..])}",
        };
    }

    private static string Character(ReadOnlySpan<byte> utf8)
    {
        Rune.DecodeFromUtf8(utf8, out Rune rune, out _);
        return Words.Quote(rune.ToString());
    }
}
