namespace Sandgate.Core.Record.Report;

/// <summary>What one rule refused.</summary>
public sealed class DeniedBy
{
    private const int MostExamples = 8;

    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);

    /// <summary>How many calls.</summary>
    public long Count { get; private set; }

    /// <summary>Where the rule is written; null when that is nowhere.</summary>
    public string? Place { get; private set; }

    /// <summary>How binding the last verdict was.</summary>
    public string Binding { get; private set; } = "";

    /// <summary>The first few that look different, as their texts.</summary>
    public IReadOnlyCollection<string> Examples => _texts;

    internal void Add(CallEvent call)
    {
        Count++;
        Place = call.RulePlace;
        Binding = EventWords.Of(call.Binding);
        if (_texts.Count < MostExamples)
            _texts.Add(call.Resolved ?? call.Text);
    }
}
