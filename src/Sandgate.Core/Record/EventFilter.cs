using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Record;

/// <summary>Which events of a record are wanted.</summary>
public sealed class EventFilter
{
    private readonly string? _expression;
    private readonly ReaderContext _context;
    private Condition? _condition;
    private string _directory;
    private DateTimeOffset? _begin;

    /// <summary>Makes a filter.</summary>
    /// <param name="expression">A condition on calls in the language of rules, with the fields of recorded calls; null for none.</param>
    /// <param name="context">What the reader of it must know of the world.</param>
    /// <exception cref="PatternException">The expression can't be read.</exception>
    public EventFilter(string? expression, ReaderContext context)
    {
        (_expression, _context, _directory) = (expression, context with { Fields = FieldCatalogue.OfRecords }, context.StartDirectory);
        Read();
    }

    /// <summary>Only calls that were refused.</summary>
    public bool IsDeniedOnly { get; init; }

    /// <summary>Only events of these kinds (<see cref="EventJson.NameOf"/>); none for all.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Only events from this time on.</summary>
    public TimeBound? Since { get; init; }

    /// <summary>Only events before this time.</summary>
    public TimeBound? Until { get; init; }

    /// <summary>How many calls were left out because what the expression looks at was not recorded.</summary>
    public long Untold { get; private set; }

    /// <summary>True when the event is wanted. Events are to be shown in the order of the record.</summary>
    public bool Wants(RecordedEvent recorded)
    {
        if (recorded is SessionStart start)
            Follow(start);
        DateTimeOffset begin = _begin ??= recorded.Time;
        if (recorded.Time < Since?.In(begin) || recorded.Time >= Until?.In(begin) || (Kinds.Count > 0 && !Kinds.Contains(EventJson.NameOf(recorded))))
            return false;
        if (_condition is null && !IsDeniedOnly)
            return true;
        return recorded is CallEvent call && !(IsDeniedOnly && call.Verdict.Allowed) && (_condition is null || Holds(_condition, call));
    }

    private bool Holds(Condition condition, CallEvent recorded)
    {
        Call call = RecordedCall.Of(recorded);
        bool unknown = false;
        foreach (CallView view in call.Views.Length > 0 ? call.Views : [WithoutArguments(recorded)])
        {
            // Not as a rule matches: a filter shows standard streams like everything else.
            switch (condition.Evaluate(call, view, Reading.AnyForm))
            {
                case Truth.True: return true;
                case Truth.Unknown: unknown = true; break;
            }
        }

        Untold += unknown ? 1 : 0;
        return false;
    }

    // Whoever listens to a session that has no record hears who called and what was decided; the operation stands in the call's text.
    private static CallView WithoutArguments(CallEvent recorded)
    {
        string name = recorded.Text[..Math.Max(0, recorded.Text.IndexOf('(', StringComparison.Ordinal))];
        return new(Operations.Find(name)?.Operation ?? Operation.Syscall, name, [Argument.Unreadable]);
    }

    // A path such as ./x means what it meant to the rules of the session.
    private void Follow(SessionStart start)
    {
        if (start.Directory == _directory || start.Directory is not ['/', ..])
            return;
        _directory = start.Directory;
        Read();
    }

    private void Read() => _condition = _expression is null ? null
        : new PatternParser(_context with { StartDirectory = _directory }).ParseExpression(_expression, [null, .. Operations.All]);
}
