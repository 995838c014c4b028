namespace Sandgate.Core.Decide.Index;

/// <summary>About how often each run of characters occurs in the keys of all rules.</summary>
internal sealed class GramCounts
{
    private const int Bits = 16;

    private readonly int[] _long = new int[1 << Bits], _short = new int[1 << Bits];

    /// <summary>Counts a key's runs.</summary>
    public void Add(Key key)
    {
        foreach (string part in key.Parts)
        {
            Count(part, Grams.Long, _long);
            Count(part, Grams.Short, _short);
        }
    }

    private static void Count(string part, int length, int[] counts)
    {
        ulong window = 0, mask = Grams.Mask(length);
        for (int i = 0; i < part.Length; i++)
        {
            window = Grams.Push(window, part[i]) & mask;
            if (i >= length - 1)
                counts[Grams.Hash(window) >> (64 - Bits)]++;
        }
    }

    /// <summary>The rarest run of a key's parts: how long, which, and how often it occurs. A longer one is taken before a shorter one that is as rare.</summary>
    public (int Length, ulong Gram, int Count) Rarest(Key key)
    {
        (int Length, ulong Gram, int Count) best = (0, 0, int.MaxValue);
        foreach (string part in key.Parts)
        {
            Seek(part, Grams.Long, _long, ref best);
            Seek(part, Grams.Short, _short, ref best);
        }

        return best;
    }

    private static void Seek(string part, int length, int[] counts, ref (int Length, ulong Gram, int Count) best)
    {
        ulong window = 0, mask = Grams.Mask(length);
        for (int i = 0; i < part.Length; i++)
        {
            window = Grams.Push(window, part[i]) & mask;
            if (i < length - 1)
                continue;
            int count = counts[Grams.Hash(window) >> (64 - Bits)];
            if (count < best.Count || (count == best.Count && length > best.Length))
                best = (length, window, count);
        }
    }
}
