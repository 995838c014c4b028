namespace Sandgate.Core.Decide.Index;

/// <summary>The keys of all rules over the texts of one argument, or of the whole call.</summary>
internal sealed class KeyTable
{
    private readonly NumberTable _wholes = new(), _long = new(), _short = new();

    /// <summary>Adds a rule under a key. Only before <see cref="Finish"/>.</summary>
    public void Add(Key key, GramCounts counts, int rule)
    {
        if (key.Whole is { } whole)
            _wholes.Add(HashOf(whole), rule);
        else
        {
            (int length, ulong gram, _) = counts.Rarest(key);
            (length == Grams.Long ? _long : _short).Add(gram, rule);
        }
    }

    /// <summary>Makes the tables of what was added.</summary>
    public void Finish()
    {
        _wholes.Finish();
        _long.Finish();
        _short.Finish();
    }

    /// <summary>Finds the rules of which a key may be in a text.</summary>
    public void Find(ReadOnlySpan<char> text, ref FoundRules found)
    {
        if (!_wholes.IsEmpty)
            _wholes.Find(HashOf(text), ref found);
        Scan(text, _long, Grams.Long, ref found);
        Scan(text, _short, Grams.Short, ref found);
    }

    private static void Scan(ReadOnlySpan<char> text, NumberTable table, int length, ref FoundRules found)
    {
        if (table.IsEmpty)
            return;
        ulong window = 0, mask = Grams.Mask(length);
        for (int i = 0; i < text.Length; i++)
        {
            window = Grams.Push(window, text[i]) & mask;
            if (i >= length - 1)
                table.Find(window, ref found);
        }
    }

    private static ulong HashOf(ReadOnlySpan<char> text) => (uint)string.GetHashCode(text);
}
