using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide;

/// <summary>What the rules said about one view of a call, as far as they were asked.</summary>
internal struct Tally
{
    private Rule? _allow, _deny, _unknown, _last;
    private bool _logged, _uncertain, _lastIsUnknown;

    /// <summary>Asks one more rule. Rules are asked in their order; leaving out one that doesn't match makes no difference.</summary>
    public void Ask(Rule rule, Call call, CallView view) => Note(rule, TruthOf(rule, call, view));

    /// <summary>Whether a rule matches, read as its action has it.</summary>
    public static Truth TruthOf(Rule rule, Call call, CallView view) =>
        rule.When.Matches(call, view, rule.Action == RuleAction.Allow ? Reading.ResolvedOnly : Reading.AnyForm);

    /// <summary>Counts what one more rule said.</summary>
    public void Note(Rule rule, Truth truth)
    {
        _uncertain |= truth == Truth.Unknown;
        switch (rule.Action, truth)
        {
            case (_, Truth.False) or (RuleAction.Allow, Truth.Unknown): break;
            case (RuleAction.Log, _): _logged = true; break;
            case (RuleAction.Allow, _): _allow ??= rule; (_last, _lastIsUnknown) = (rule, false); break;
            case (_, Truth.True):
                if (_deny is null || Verdict.Severity(rule.Action) > Verdict.Severity(_deny.Action))
                    _deny = rule;
                (_last, _lastIsUnknown) = (rule, false);
                break;
            default: _unknown ??= rule; (_last, _lastIsUnknown) = (rule, true); break;
        }
    }

    /// <summary>The verdict on the view.</summary>
    /// <param name="set">What the configuration says of rules that can't be judged, and which rule wins.</param>
    /// <param name="view">The view that was asked about.</param>
    /// <param name="byDefault">The verdict when no rule matched.</param>
    public readonly Verdict Close(RuleSet set, CallView view, RuleAction byDefault)
    {
        // A rule that could not be judged stands against the call as on_unknown says, so it can outweigh one that was.
        bool unknownOutweighs = _unknown is not null && Verdict.Severity(set.OnUnknown) > Verdict.Severity(_deny?.Action ?? RuleAction.Allow);
        Rule? against = unknownOutweighs ? _unknown : _deny ?? _unknown;
        Rule? winner = set.Evaluation switch
        {
            Evaluation.AllowOverrides => _allow ?? against,
            Evaluation.DenyOverrides => against == _unknown && set.OnUnknown == RuleAction.Allow ? _allow ?? against : against ?? _allow,
            _ => _last,
        };
        bool proven = set.Evaluation == Evaluation.LastMatch ? !_lastIsUnknown : winner != _unknown;
        Verdict verdict = winner switch
        {
            null => Verdict.Of(view, null, VerdictReason.Default, byDefault, proven: false),
            _ when proven => Verdict.Of(view, winner, VerdictReason.Rule, winner.Action, proven: winner.Action != RuleAction.Allow),
            _ => Verdict.Of(view, winner, VerdictReason.Unknown, set.OnUnknown, proven: false),
        };
        return !_uncertain && !_logged ? verdict : verdict with { IsCertain = !_uncertain, Logged = _logged };
    }
}
