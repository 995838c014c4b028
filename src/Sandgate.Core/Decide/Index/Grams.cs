namespace Sandgate.Core.Decide.Index;

/// <summary>
/// Runs of a few characters, each packed into one number. Characters are folded to a byte, so that equal
/// runs are equal numbers whatever their case; some different runs are, too.
/// </summary>
internal static class Grams
{
    /// <summary>The length of the usual run.</summary>
    public const int Long = 5;

    /// <summary>The length of runs in texts that have no longer one.</summary>
    public const int Short = 3;

    /// <summary>What a window over the text keeps of it, for runs of a length.</summary>
    public static ulong Mask(int length) => (1UL << (8 * length)) - 1;

    /// <summary>The window after one more character.</summary>
    public static ulong Push(ulong window, char c) => (window << 8) | Fold(c);

    /// <summary>Spreads a run's number over 64 bits, of which the upper ones are the best.</summary>
    public static ulong Hash(ulong gram) => gram * 0x9E3779B97F4A7C15;

    private static byte Fold(char c)
    {
        if (c < 0x80)
            return (byte)((uint)(c - 'A') <= 'Z' - 'A' ? c | 0x20 : c);
        return c switch
        {
            // Letters outside of ASCII that are the same as one of it where case doesn't count.
            '\u0130' or '\u0131' => (byte)'i',
            '\u017f' => (byte)'s',
            '\u212a' => (byte)'k',
            _ => (byte)(0x80 | (c ^ (c >> 7))),
        };
    }
}
