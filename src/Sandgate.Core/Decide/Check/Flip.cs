using System.Collections.Immutable;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Check;

/// <summary>A change of the rules that turns a verdict. It was tried: the verdict is what it says.</summary>
/// <param name="Added">Rules to add, as they are written in <c>rules</c>.</param>
/// <param name="Removed">Rules to take away.</param>
/// <param name="Lifted">The floor's switch to lift; null when it is not the floor's doing.</param>
/// <param name="Action">What the verdict would then be.</param>
public sealed record Flip(ImmutableArray<string> Added, ImmutableArray<Rule> Removed, string? Lifted, RuleAction Action)
{
    /// <summary>Finds it.</summary>
    public static Flip? Find(RuleSet set, ImmutableArray<Rule> floor, Call call, in Verdict verdict)
    {
        if (verdict.Reason == VerdictReason.Floor)
            return new([], [], verdict.Rule!.Text, RuleAction.Allow);
        RuleAction wanted = verdict.Allowed ? RuleAction.NotAllow : RuleAction.Allow;
        List<Rule> added = [], removed = [];
        RuleSet tried = set;

        // Each step settles the rule that decides now; a call of many views or rules takes several.
        for (int step = 0; step < 32; step++)
        {
            Verdict now = new Policy(tried, floor).Decide(call);
            if (now.Action == wanted)
                return new([.. added.Select(Written)], [.. removed], null, wanted);
            if (now.Reason == VerdictReason.Floor)
                return null;
            bool stronger = set.Evaluation == Evaluation.AllowOverrides ? wanted == RuleAction.NotAllow : set.Evaluation == Evaluation.DenyOverrides && wanted == RuleAction.Allow;
            if (stronger && now.Rule is { } against)
            {
                removed.Add(against);
                tried = tried with { Rules = tried.Rules.Remove(against) };
                continue;
            }

            Rule rule = Exactly(call.Views[now.View], call.Syscall, wanted);
            if (added.Any(a => a.Text == rule.Text && a.Scope == rule.Scope))
                return null;
            added.Add(rule);
            tried = tried with { Rules = tried.Rules.Add(rule) };
        }

        return null;
    }

    private static Rule Exactly(CallView view, string syscall, RuleAction action)
    {
        ByPosition when = new([.. view.Arguments.Select(PatternOf)]);
        return new()
        {
            Scope = view.Operation == Operation.Syscall ? new(null, syscall) : new(view.Operation, null),
            When = when,
            Action = action,
            Text = when.ToString(),
        };
    }

    private static ArgumentPattern? PatternOf(Argument argument)
    {
        if (argument.Resolved is not { } value || argument.IsPartial || argument.Kind is ArgumentKind.Address)
            return null;
        Glob glob = Glob.Parse(value, "");
        return new ArgumentPattern(Glob.Escape(value), glob, [glob]);
    }

    private static string Written(Rule rule) => $"\"{rule.Scope}\": {{ \"{rule.Text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\": \"{Settings.NameOf(rule.Action)}\" }}";
}
