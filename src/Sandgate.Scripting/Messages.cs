using System.Globalization;
using System.Text;
using Sandgate.Core.Decode;

namespace Sandgate.Scripting;

/// <summary>What a script said, made fit to be shown.</summary>
internal static class Messages
{
    private const int Longest = 2048;

    /// <summary>
    /// The message, of bounded length, with tabs and line ends but no other control characters: it may hold what the program chose, and ends on a terminal.
    /// </summary>
    public static string From(ReadOnlySpan<byte> bytes)
    {
        bool cut = bytes.Length > Longest;
        StringBuilder text = new();
        foreach (char c in TargetText.FromBytes(cut ? bytes[..Longest] : bytes))
        {
            if (char.IsControl(c) && c is not ('\n' or '\t') || c is >= '\uDC80' and <= '\uDCFF' && !IsSecondHalf(text))
                text.Append(CultureInfo.InvariantCulture, $"\\x{c & 0xFF:x2}");
            else
                text.Append(c);
        }

        return cut ? text.Append('…').ToString() : text.ToString();
    }

    private static bool IsSecondHalf(StringBuilder text) => text.Length > 0 && char.IsHighSurrogate(text[^1]);
}
