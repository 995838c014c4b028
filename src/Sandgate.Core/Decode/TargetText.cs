using System.Buffers;
using System.Text;

namespace Sandgate.Core.Decode;

/// <summary>
/// Bytes of the program as text, without loss: valid UTF-8 becomes its characters; any other byte
/// becomes the lone surrogate U+DC00 + byte, which no valid text contains, so that two different
/// names never look the same to a rule.
/// </summary>
public static class TargetText
{
    /// <summary>The text for these bytes.</summary>
    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);

        StringBuilder text = new(bytes.Length);
        Span<char> pair = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int used) == OperationStatus.Done)
                text.Append(pair[..rune.EncodeToUtf16(pair)]);
            else
            {
                used = 1;
                text.Append((char)(0xDC00 + bytes[0]));
            }

            bytes = bytes[used..];
        }

        return text.ToString();
    }

    /// <summary>The bytes that <see cref="FromBytes"/> made this text from.</summary>
    public static byte[] ToBytes(string text)
    {
        ArrayBufferWriter<byte> bytes = new(text.Length + 8);
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int used) == OperationStatus.Done)
                bytes.Advance(rune.EncodeToUtf8(bytes.GetSpan(4)));
            else
            {
                used = 1;
                bytes.GetSpan(1)[0] = (byte)(rest[0] - 0xDC00);
                bytes.Advance(1);
            }

            rest = rest[used..];
        }

        return bytes.WrittenSpan.ToArray();
    }
}
