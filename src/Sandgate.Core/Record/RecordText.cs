using System.Globalization;
using System.Text;

namespace Sandgate.Core.Record;

/// <summary>
/// Text of the program as records hold it. Names that are no UTF-8 have lone surrogates in them (<see cref="Decode.TargetText"/>), which
/// neither JSON nor SQLite can hold: each becomes the noncharacter U+FFFE and the byte in hexadecimal.
/// </summary>
public static class RecordText
{
    private const char Mark = '\uFFFE';

    /// <summary>The text as it is written; nearly always the same.</summary>
    public static string? Encode(string? text)
    {
        if (text is null || IsPlain(text))
            return text;
        StringBuilder encoded = new(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == Mark)
                encoded.Append(Mark).Append("--");
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                encoded.Append(c).Append(text[++i]);
            else if (char.IsSurrogate(c))
                encoded.Append(Mark).Append(((byte)c).ToString("X2", CultureInfo.InvariantCulture));
            else
                encoded.Append(c);
        }

        return encoded.ToString();
    }

    /// <summary>The text that was written.</summary>
    public static string? Decode(string? written)
    {
        if (written is null || !written.Contains(Mark, StringComparison.Ordinal))
            return written;
        StringBuilder text = new(written.Length);
        for (int i = 0; i < written.Length; i++)
        {
            if (written[i] == Mark && i + 2 < written.Length)
            {
                ReadOnlySpan<char> code = written.AsSpan(i + 1, 2);
                if (code is "--")
                    text.Append(Mark);
                else if (byte.TryParse(code, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
                    text.Append((char)(0xDC00 + value));
                i += 2;
            }
            else
                text.Append(written[i]);
        }

        return text.ToString();
    }

    private static bool IsPlain(string text)
    {
        foreach (char c in text)
        {
            if (char.IsSurrogate(c) || c == Mark)
                return false;
        }

        return true;
    }
}
