using System.Text;
using System.Text.Json;

namespace Sandgate.Core.Decide.Language;

/// <summary>Adds a rule to the text of a configuration, leaving everything else in it as its author wrote it.</summary>
public static class ConfigAppender
{
    private const string Rules = "rules";

    /// <summary>The text with a rule on exactly this call added last under its operation.</summary>
    /// <param name="utf8">The configuration.</param>
    /// <param name="view">The call; its paths are written as the real files.</param>
    /// <param name="action">The rule's action.</param>
    /// <param name="comment">What stands behind the rule, without its slashes.</param>
    /// <exception cref="ConfigException">The configuration isn't one, so there is no place for the rule.</exception>
    public static byte[] Append(ReadOnlySpan<byte> utf8, CallView view, string action, string comment)
    {
        try
        {
            return AppendTo(utf8, view, action, comment);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter is what the reader says of an escape that stands for half a character.
            throw new ConfigException(new SourcePlace("the configuration", 0, 0), "is no valid JSON any more");
        }
        catch (ArgumentException)
        {
            throw new ConfigException(new SourcePlace("the call", 0, 0), "holds bytes that are no UTF-8, which a configuration can't");
        }
    }

    private static byte[] AppendTo(ReadOnlySpan<byte> utf8, CallView view, string action, string comment)
    {
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        string rule = $"{Json(PatternOf(view))}: {Json(action)} // {comment}";
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException();
        if (!Enter(ref reader, Rules, out long last, out bool isEmpty))
            return Insert(utf8, last, isEmpty, $"{Json(Rules)}: {{\n    {Json(view.Name)}: {{\n      {rule}\n    }}\n  }}", "  ");
        if (!Enter(ref reader, view.Name, out last, out isEmpty))
            return Insert(utf8, last, isEmpty, $"{Json(view.Name)}: {{\n      {rule}\n    }}", "    ");
        if (Has(reader, PatternOf(view)))
            throw new ConfigException(new SourcePlace("the configuration", 0, 0), "has a rule on exactly this call, which says something else");
        Enter(ref reader, "\0", out last, out isEmpty);
        return Insert(utf8, last, isEmpty, rule, "      ");
    }

    // Goes into the object that is the value of a key; if there is none, to this object's end, with the end of its last value.
    private static bool Enter(ref Utf8JsonReader reader, string key, out long last, out bool isEmpty)
    {
        last = reader.BytesConsumed;
        isEmpty = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool found = reader.ValueTextEquals(key);
            reader.Read();
            if (found && reader.TokenType == JsonTokenType.StartObject)
                return true;
            reader.Skip();
            last = reader.BytesConsumed;
            isEmpty = false;
        }

        return false;
    }

    // By value: a key may be there only once.
    private static bool Has(Utf8JsonReader reader, string key)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(key))
                return true;
            reader.Read();
            reader.Skip();
        }

        return false;
    }

    private static byte[] Insert(ReadOnlySpan<byte> utf8, long after, bool isEmpty, string text, string indent)
    {
        ReadOnlySpan<byte> before = utf8[..(int)after], rest = utf8[(int)after..];
        StringBuilder added = new();
        bool hasComma = HasComma(rest, out int comma);
        if (!isEmpty && !hasComma)
            added.Append(',');
        else if (!isEmpty)
        {
            // What stands up to the comma, a comment perhaps, stays before it.
            before = utf8[..((int)after + comma)];
            rest = utf8[((int)after + comma)..];
        }

        // A comment behind the last value belongs to it.
        int line = LineEnd(rest);
        string head = added.ToString(), tail = $"\n{indent}{text}";
        return [.. before, .. Encoding.UTF8.GetBytes(head), .. rest[..line], .. Encoding.UTF8.GetBytes(tail), .. Encoding.UTF8.GetBytes(rest[line..] is [(byte)'\n' or (byte)'\r', ..] ? "" : "\n"), .. rest[line..]];
    }

    // Whether a comma follows, and how many bytes there are up to its end.
    private static bool HasComma(ReadOnlySpan<byte> rest, out int length)
    {
        int at = 0;
        while (at < rest.Length)
        {
            if (rest[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                at++;
            else if (rest[at..].StartsWith("//"u8))
                at += rest[at..].IndexOf((byte)'\n') is >= 0 and var end ? end : rest.Length - at;
            else if (rest[at..].StartsWith("/*"u8))
                at += rest[at..].IndexOf("*/"u8) is >= 0 and var end ? end + 2 : rest.Length - at;
            else
                break;
        }

        length = at + 1;
        return at < rest.Length && rest[at] == (byte)',';
    }

    // The end of the line if nothing but a comment is left on it, else right here.
    private static int LineEnd(ReadOnlySpan<byte> rest)
    {
        int at = 0;
        while (at < rest.Length && rest[at] is (byte)' ' or (byte)'\t')
            at++;
        if (!rest[at..].StartsWith("//"u8))
            return 0;
        int end = rest.IndexOf((byte)'\n');
        return end < 0 ? rest.Length : end;
    }

    private static string PatternOf(CallView view)
    {
        StringBuilder pattern = new("(");
        for (int i = 0; i < view.Arguments.Length; i++)
        {
            pattern.Append(i > 0 ? ", " : "");
            string? value = view.Arguments[i].Resolved;
            if (value is null || view.Arguments[i].IsPartial)
                pattern.Append('*');
            else
            {
                pattern.Append('\'');
                foreach (char c in value)
                    pattern.Append(c is '*' or '?' or '[' or '\\' or '\'' ? "\\" : "").Append(c);
                pattern.Append('\'');
            }
        }

        return pattern.Append(')').ToString();
    }

    private static string Json(string text) => "\"" + JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString() + "\"";
}
