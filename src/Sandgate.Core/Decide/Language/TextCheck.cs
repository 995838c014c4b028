using System.Text;
using System.Text.Unicode;

namespace Sandgate.Core.Decide.Language;

/// <summary>Refuses what is not a text file before anything tries to read it as one.</summary>
internal static class TextCheck
{
    private const int MostBytes = 8 << 20;

    /// <summary>The file's text without its byte order mark.</summary>
    /// <exception cref="ConfigException">It is too large, binary, or not UTF-8.</exception>
    public static ReadOnlySpan<byte> Check(string file, ReadOnlySpan<byte> bytes)
    {
        SourcePlace start = new(file, 1, 1);
        if (bytes.Length > MostBytes)
            throw new ConfigException(start, "the file is larger than 8 MiB");
        if (bytes is [0xff, 0xfe, ..] or [0xfe, 0xff, ..])
            throw new ConfigException(start, "the file is UTF-16 text", "save it as UTF-8");
        if (bytes is [0xef, 0xbb, 0xbf, ..])
            bytes = bytes[3..];

        int zero = bytes.IndexOf((byte)0);
        if (zero >= 0)
            throw new ConfigException(new PlaceFinder(file, bytes).At(zero), "a zero byte: this is not a text file");
        if (!Utf8.IsValid(bytes))
        {
            int wrong = FirstInvalid(bytes);
            throw new ConfigException(new PlaceFinder(file, bytes).At(wrong), $"not UTF-8: byte 0x{bytes[wrong]:x2}", "save the file as UTF-8");
        }

        return bytes;
    }

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out int used) == System.Buffers.OperationStatus.Done)
            at += used;
        return at;
    }
}
