using System.Collections.Immutable;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Check;

/// <summary>A rule that has something to say of a call.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="View">The operation that it is asked about.</param>
/// <param name="Truth">Whether it matches: true, or unknown.</param>
/// <param name="Decides">True when the verdict is this rule's.</param>
/// <param name="IsFloor">True for a rule of the floor.</param>
public sealed record RuleMatch(Rule Rule, string View, Truth Truth, bool Decides, bool IsFloor);

/// <summary>The verdict on a call, and everything that led to it.</summary>
/// <param name="Call">The call.</param>
/// <param name="Text">The deciding view's text.</param>
/// <param name="Resolved">The same with real paths; null when it says nothing new.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Matches">The rules that match, or can't be told not to, in the order they are asked.</param>
/// <param name="Why">Why the deciding one decides, in a sentence.</param>
/// <param name="Flip">The smallest change that would turn the verdict; null when none was found.</param>
public sealed record Explanation(Call Call, string Text, string? Resolved, Verdict Verdict, ImmutableArray<RuleMatch> Matches, string Why, Flip? Flip)
{
    /// <summary>Explains what a policy says of a call.</summary>
    /// <param name="policy">The rules in force.</param>
    /// <param name="floor">The floor's rules, to try the change with.</param>
    /// <param name="call">The call.</param>
    public static Explanation Of(Policy policy, ImmutableArray<Rule> floor, Call call)
    {
        Verdict verdict = policy.Decide(call);
        ImmutableArray<RuleMatch>.Builder matches = ImmutableArray.CreateBuilder<RuleMatch>();
        for (int i = 0; i < call.Views.Length; i++)
        {
            foreach (Rule rule in policy.FloorOn(call, call.Views[i]))
                Add(rule, i, isFloor: true);
            foreach (Rule rule in policy.RulesOn(call, i))
                Add(rule, i, isFloor: false);
        }

        CallView view = call.Views[verdict.View];
        string text = CallText.Render(view, PathForm.Given), resolved = CallText.Render(view, PathForm.Resolved);
        return new(call, text, resolved == text ? null : resolved, verdict, matches.ToImmutable(), WhyOf(policy.Set, verdict, matches), Flip.Find(policy.Set, floor, call, verdict));

        void Add(Rule rule, int index, bool isFloor)
        {
            Truth truth = rule.When.Matches(call, call.Views[index], rule.Action == RuleAction.Allow ? Reading.ResolvedOnly : Reading.AnyForm);
            if (truth != Truth.False)
                matches.Add(new(rule, call.Views[index].Name, truth, ReferenceEquals(rule, verdict.Rule) && index == verdict.View, isFloor));
        }
    }

    private static string WhyOf(RuleSet set, in Verdict verdict, ImmutableArray<RuleMatch>.Builder matches)
    {
        string order = Settings.Evaluations[(int)set.Evaluation];
        return verdict.Reason switch
        {
            VerdictReason.Floor when verdict.Rule is { Note: { } why } => why,
            VerdictReason.Floor => "the floor stands above all rules",
            VerdictReason.Default when matches.Count == 0 => $"no rule matches, and the default is {Settings.NameOf(set.Default)}",
            VerdictReason.Default => $"no rule that matches allows or denies, and the default is {Settings.NameOf(set.Default)}",
            VerdictReason.Unknown => $"something that the rule looks at is not known, and on_unknown is {Settings.NameOf(set.OnUnknown)}",
            _ when set.Evaluation == Evaluation.LastMatch => "last-match: it is the last rule that matches",
            _ when verdict.Allowed && set.Evaluation == Evaluation.AllowOverrides => $"{order}: an allow that matches wins",
            _ when verdict.Allowed => $"{order}: an allow matches, and nothing is against it",
            _ when set.Evaluation == Evaluation.AllowOverrides => $"{order}: no allow matches, and this is the severest rule against the call",
            _ => $"{order}: a rule against the call wins",
        };
    }
}
