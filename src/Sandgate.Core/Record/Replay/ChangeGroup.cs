namespace Sandgate.Core.Record.Replay;

/// <summary>Calls that would be decided otherwise, all in the same way and by the same rule.</summary>
/// <param name="before">What was decided.</param>
/// <param name="after">What would be.</param>
/// <param name="rule">The rule that decides now, or <c>default</c>.</param>
/// <param name="place">Where that is written; "" when nowhere.</param>
public sealed class ChangeGroup(string before, string after, string rule, string place)
{
    private const int MostExamples = 3;

    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);

    /// <summary>What was decided.</summary>
    public string Before => before;

    /// <summary>What would be.</summary>
    public string After => after;

    /// <summary>The rule that decides now.</summary>
    public string Rule => rule;

    /// <summary>Where it is written.</summary>
    public string Place => place;

    /// <summary>How many calls.</summary>
    public long Count { get; private set; }

    /// <summary>The first few that look different.</summary>
    public List<CallEvent> Examples { get; } = [];

    internal void Add(CallEvent call)
    {
        Count++;
        if (Examples.Count < MostExamples && _texts.Add(call.Resolved ?? call.Text))
            Examples.Add(call);
    }
}
