namespace Sandgate.Core.Decide.Language;

/// <summary>Finds the word that somebody probably meant.</summary>
public static class Suggestion
{
    private const int LongestWord = 64;

    /// <summary><c>did you mean "open"?</c> for the nearest of the known words; null when none is near. The first of equally near ones wins.</summary>
    public static string? For(string wrong, IEnumerable<string> known) =>
        Nearest(wrong, known) is { } word ? $"did you mean \"{word}\"?" : null;

    /// <summary>The nearest of the known words; null when none is near.</summary>
    public static string? Nearest(string wrong, IEnumerable<string> known)
    {
        if (wrong.Length is 0 or > LongestWord)
            return null;
        string? best = null;
        int limit = Math.Max(1, wrong.Length / 3) + 1;
        foreach (string word in known)
        {
            if (Math.Abs(word.Length - wrong.Length) >= limit || word.Length > LongestWord)
                continue;
            int distance = Distance(wrong, word);
            if (distance < limit && distance < Math.Min(word.Length, wrong.Length))
            {
                best = word;
                limit = distance;
            }
        }

        return best;
    }

    /// <summary>
    /// How many characters must be added, dropped, replaced or swapped with their neighbour to make
    /// one word of the other; upper and lower case count as the same.
    /// </summary>
    public static int Distance(string a, string b)
    {
        int[] beforeLast = new int[b.Length + 1], last = new int[b.Length + 1], row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            (beforeLast, last, row) = (last, row, beforeLast);
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = last[j - 1] + (Same(a[i - 1], b[j - 1]) ? 0 : 1);
                row[j] = Math.Min(replace, 1 + Math.Min(last[j], row[j - 1]));
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
            }
        }

        return row[b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
