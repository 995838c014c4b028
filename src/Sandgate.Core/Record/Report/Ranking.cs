namespace Sandgate.Core.Record.Report;

/// <summary>Counts things by name, in bounded room: names that come when it is full are counted together.</summary>
public sealed class Ranking
{
    private const int MostNames = 20_000;

    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>How many names there are, without those that found no room.</summary>
    public int Count => _counts.Count;

    /// <summary>How often something came that found no room.</summary>
    public long Others { get; private set; }

    /// <summary>Counts one more.</summary>
    public void Add(string name)
    {
        if (_counts.TryGetValue(name, out long count) || _counts.Count < MostNames)
            _counts[name] = count + 1;
        else
            Others++;
    }

    /// <summary>The most frequent first.</summary>
    public IEnumerable<KeyValuePair<string, long>> Top => _counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal);
}
