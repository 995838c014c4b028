using System.Text;
using System.Text.Json;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Learn;

/// <summary>Adds rules to a learnt configuration, leaving everything else in it as it is.</summary>
public static class LearntMerge
{
    /// <summary>The text with rules added right behind the one that refuses everything else, so that whatever is refused after it stays refused.</summary>
    /// <exception cref="FormatException">It is no learnt configuration.</exception>
    public static byte[] Add(ReadOnlySpan<byte> utf8, string rules)
    {
        int at = EndOfCatchAll(utf8);
        ReadOnlySpan<byte> rest = utf8[at..];
        int comma = 0;
        while (comma < rest.Length && rest[comma] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            comma++;
        bool has = comma < rest.Length && rest[comma] == (byte)',';
        return [.. utf8[..at], (byte)',', (byte)'\n', (byte)'\n', .. Encoding.UTF8.GetBytes(rules.TrimEnd()), .. has ? rest[(comma + 1)..] : rest];
    }

    private static int EndOfCatchAll(ReadOnlySpan<byte> utf8)
    {
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 3 || !reader.ValueTextEquals("name"))
                    continue;
                reader.Read();
                if (reader.TokenType != JsonTokenType.String || !reader.ValueTextEquals(LearntConfig.CatchAll))
                    continue;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    reader.Skip();
                }

                return (int)reader.BytesConsumed;
            }
        }
        catch (JsonException bad)
        {
            throw new FormatException("is no valid JSON: " + bad.Message, bad);
        }

        throw new FormatException($"has no rule named {Words.Quote(LearntConfig.CatchAll)}: rules can be added to learnt configurations only");
    }
}
