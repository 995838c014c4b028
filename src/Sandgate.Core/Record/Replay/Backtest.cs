using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Record.Replay;

/// <summary>Asks other rules about the calls of a record: which of them would be decided otherwise?</summary>
public sealed class Backtest
{
    private const string FloorPrefix = "\"floor: ";

    private readonly Func<SessionStart?, Policy> _rules;
    private readonly ICatalogue _catalogue;
    private readonly Func<CallEvent, IReadOnlyList<NewName>?> _namesOf;
    private readonly Dictionary<string, Jury> _juries = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string, string, string), ChangeGroup> _groups = [];
    private readonly Dictionary<string, long> _untold = new(StringComparer.Ordinal);
    private readonly bool[] _seen = new bool[Operations.Count];
    private readonly HashSet<Operation> _asked = [];
    private Jury? _jury;

    /// <summary>Makes a backtest.</summary>
    /// <param name="rules">The rules to ask, for a session: paths such as <c>./x</c> mean what they meant there. Null when a record begins without saying what it is.</param>
    /// <param name="catalogue">The system calls that rules may name.</param>
    /// <param name="namesOf">Which names a recorded call gave to what has names already; null when its record doesn't tell.</param>
    public Backtest(Func<SessionStart?, Policy> rules, ICatalogue catalogue, Func<CallEvent, IReadOnlyList<NewName>?> namesOf) =>
        (_rules, _catalogue, _namesOf) = (rules, catalogue, namesOf);

    /// <summary>Told each change as it is found.</summary>
    public Action<CallEvent, Verdict>? OnChange { get; init; }

    /// <summary>How many calls the record has.</summary>
    public long Calls { get; private set; }

    /// <summary>How many would be decided otherwise.</summary>
    public long Changed { get; private set; }

    /// <summary>How many can't be judged from what was recorded.</summary>
    public long Untold { get; private set; }

    /// <summary>How many sessions there are in the record, how many of them have no end, and how many events were dropped.</summary>
    public (int Sessions, int CutShort, long Dropped) Record { get; private set; }

    /// <summary>The changes by the rule that decides now, the largest group first.</summary>
    public IEnumerable<ChangeGroup> Groups => _groups.Values.OrderByDescending(g => g.Count).ThenBy(g => g.Rule, StringComparer.Ordinal);

    /// <summary>What was not recorded, and how many calls can't be judged without it.</summary>
    public IEnumerable<KeyValuePair<string, long>> Lacking => _untold.OrderByDescending(u => u.Value);

    /// <summary>Families that the rules name and the record has no call of: perhaps there was none, perhaps the rules of then did not stop them.</summary>
    public IEnumerable<string> NotSeen => _asked.Where(o => !_seen[(int)o]).Select(o => Operations.Of(o)!.Name);

    /// <summary>Takes in the next event of the record.</summary>
    public void Add(RecordedEvent recorded)
    {
        switch (recorded)
        {
            case SessionStart start:
                _jury = JuryFor(start);
                Record = Record with { Sessions = Record.Sessions + 1, CutShort = Record.CutShort + 1 };
                break;
            case CallEvent call: Add(call); break;
            case EventsDropped dropped: Record = Record with { Dropped = Record.Dropped + dropped.Count }; break;
            case SessionEnded: Record = Record with { CutShort = Math.Max(0, Record.CutShort - 1) }; break;
        }
    }

    private void Add(CallEvent call)
    {
        Calls++;
        foreach (CallView view in call.Views)
            _seen[(int)view.Operation] = true;
        Judgement now = (_jury ??= JuryFor(null)).Judge(call);
        Verdict then = call.Verdict;
        RuleAction before = ActionOf(then), after = now.Verdict.Action;

        // Both rest on the same ignorance: the gate would decide so again.
        bool bothUnknown = then.Reason == VerdictReason.Unknown && now.Verdict.Reason == VerdictReason.Unknown && before == after;
        string? lacks = bothUnknown ? null : now.Lacks;
        if (then.Reason == VerdictReason.Floor && now.Verdict.Allowed)
        {
            if (call.Rule == FloorPrefix + Floor.NameOf(FloorRule.RunningConfig) + "\"" && !_jury.Lifts(FloorRule.RunningConfig))
                return;
            lacks ??= IsLifted(call.Rule) ? null : "what the floor looked at";
        }

        if (lacks is not null)
        {
            Untold++;
            _untold[lacks] = _untold.GetValueOrDefault(lacks) + 1;
        }
        else if (before != after)
            Note(call, before, now.Verdict);
    }

    // Whoever was asked and said yes would be asked again.
    private static RuleAction ActionOf(in Verdict verdict) => verdict.Reason is VerdictReason.Asked or VerdictReason.Unanswered ? RuleAction.Ask : verdict.Action;

    private bool IsLifted(string? rule) => Enum.GetValues<FloorRule>().Any(f => rule == FloorPrefix + Floor.NameOf(f) + "\"" && _jury!.Lifts(f));

    private void Note(CallEvent call, RuleAction before, in Verdict now)
    {
        Changed++;
        string rule = now.Rule?.ToString() ?? "default", place = now.Rule is { Place.File: not null } placed ? placed.Place.ToString() : "";
        if (now.Reason == VerdictReason.Unknown)
            rule = "on_unknown of " + rule;
        string was = Settings.NameOf(before), becomes = Settings.NameOf(now.Action);
        if (!_groups.TryGetValue((was, becomes, rule, place), out ChangeGroup? group))
            _groups.Add((was, becomes, rule, place), group = new(was, becomes, rule, place));
        group.Add(call);
        OnChange?.Invoke(call, now);
    }

    private Jury JuryFor(SessionStart? start)
    {
        string key = start is null ? "" : start.Directory + "\0" + start.Host.GetValueOrDefault("pid");
        if (_juries.TryGetValue(key, out Jury? known))
            return known;
        Jury jury = new(_rules(start), _catalogue, _namesOf);
        _juries.Add(key, jury);
        _asked.UnionWith(jury.Families);
        return jury;
    }
}
