using System.Collections.Immutable;

namespace Sandgate.Core.Decide.Language;

/// <summary>What one configuration says, and what it leaves to others. Parts are laid over each other.</summary>
internal sealed record ConfigPart
{
    /// <summary>The rules, in the order of the file.</summary>
    public ImmutableArray<Rule> Rules { get; init; } = [];

    public Evaluation? Evaluation { get; init; }

    public RuleAction? Default { get; init; }

    public RuleAction? OnUnknown { get; init; }

    public bool? Strict { get; init; }

    /// <summary>The floor's switches that were set, true for held.</summary>
    public ImmutableDictionary<FloorRule, bool> Floor { get; init; } = ImmutableDictionary<FloorRule, bool>.Empty;

    /// <summary>This part with a later one laid over it: its settings win, its rules come after, and replace those with the same pattern.</summary>
    public ConfigPart Then(ConfigPart later)
    {
        HashSet<(RuleScope, string)> replaced = [.. later.Rules.Select(Identity)];
        return new()
        {
            Rules = replaced.Count == 0 ? Rules : [.. Rules.Where(r => !replaced.Contains(Identity(r))), .. later.Rules],
            Evaluation = later.Evaluation ?? Evaluation,
            Default = later.Default ?? Default,
            OnUnknown = later.OnUnknown ?? OnUnknown,
            Strict = later.Strict ?? Strict,
            Floor = Floor.SetItems(later.Floor),
        };
    }

    private static (RuleScope, string) Identity(Rule rule) => (rule.Scope, rule.Name is { } name ? "\0" + name : rule.Text);

    /// <summary>The whole, with the defaults for what nobody said.</summary>
    public RuleSet ToRuleSet() => new()
    {
        Rules = Rules,
        Evaluation = Evaluation ?? Decide.Evaluation.AllowOverrides,
        Default = Default ?? RuleAction.Allow,
        OnUnknown = OnUnknown ?? RuleAction.NotAllow,
        Strict = Strict ?? false,
        LiftedFloor = [.. Floor.Where(f => !f.Value).Select(f => f.Key).Order()],
    };
}
