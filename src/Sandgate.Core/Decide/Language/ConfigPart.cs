using System.Collections.Immutable;
using Sandgate.Core.Confine;

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

    public bool? Channel { get; init; }

    public Isolation Isolation { get; init; } = Isolation.None;

    public Limits Limits { get; init; } = Limits.None;

    /// <summary>The floor's switches in the order of the enumeration, true for held; null for one that was not set.</summary>
    public bool?[] Floor { get; init; } = new bool?[Decide.Floor.Names.Count];

    /// <summary>This part with a later one laid over it: its settings win, its rules come after, and replace those with the same pattern.</summary>
    public ConfigPart Then(ConfigPart later)
    {
        return new()
        {
            Rules = Rules.IsEmpty ? later.Rules : later.Rules.IsEmpty ? Rules : Replaced(Rules, later.Rules),
            Evaluation = later.Evaluation ?? Evaluation,
            Default = later.Default ?? Default,
            OnUnknown = later.OnUnknown ?? OnUnknown,
            Strict = later.Strict ?? Strict,
            Channel = later.Channel ?? Channel,
            Floor = Merge(Floor, later.Floor),
            Isolation = Isolation.Then(later.Isolation),
            Limits = Limits.Then(later.Limits),
        };
    }

    private static ImmutableArray<Rule> Replaced(ImmutableArray<Rule> earlier, ImmutableArray<Rule> later)
    {
        HashSet<(RuleScope, string)> replaced = [.. later.Select(Identity)];
        return [.. earlier.Where(r => !replaced.Contains(Identity(r))), .. later];
    }

    private static bool?[] Merge(bool?[] earlier, bool?[] later)
    {
        bool?[] merged = new bool?[earlier.Length];
        for (int i = 0; i < merged.Length; i++)
            merged[i] = later[i] ?? earlier[i];
        return merged;
    }

    private ImmutableArray<FloorRule> Lifted()
    {
        ImmutableArray<FloorRule> lifted = [];
        for (int i = 0; i < Floor.Length; i++)
        {
            if (Floor[i] == false)
                lifted = lifted.Add((FloorRule)i);
        }

        return lifted;
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
        Channel = Channel ?? false,
        LiftedFloor = Lifted(),
        Isolation = Isolation,
        Limits = Limits,
    };
}
