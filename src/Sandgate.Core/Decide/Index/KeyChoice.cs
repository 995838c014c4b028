namespace Sandgate.Core.Decide.Index;

/// <summary>Chooses, of the sets of keys that a condition has, the one that is found in the fewest calls.</summary>
internal static class KeyChoice
{
    /// <summary>The best set; null when there is none.</summary>
    public static Key[]? Best(List<Key[]> sets, GramCounts counts)
    {
        Key[]? best = null;
        long least = long.MaxValue;
        foreach (Key[] set in sets)
        {
            long sum = 0;
            foreach (Key key in set)
                sum += key.Whole is not null ? 1 : counts.Rarest(key).Count;
            if (sum < least)
                (best, least) = (set, sum);
        }

        return best;
    }

    /// <summary>The set whose shortest key is the longest, while it isn't known yet which keys are rare; null when there is none.</summary>
    public static Key[]? Longest(List<Key[]> sets)
    {
        Key[]? best = null;
        int most = -1;
        foreach (Key[] set in sets)
        {
            int shortest = int.MaxValue;
            foreach (Key key in set)
                shortest = Math.Min(shortest, LengthOf(key));
            if (shortest > most)
                (best, most) = (set, shortest);
        }

        return best;
    }

    private static int LengthOf(Key key)
    {
        if (key.Whole is not null)
            return int.MaxValue - 1;
        int longest = 0;
        foreach (string part in key.Parts)
            longest = Math.Max(longest, part.Length);
        return longest;
    }
}
