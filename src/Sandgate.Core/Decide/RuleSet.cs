using System.Collections.Immutable;

namespace Sandgate.Core.Decide;

/// <summary>What a configuration says, read and checked, in the order of the file.</summary>
public sealed record RuleSet
{
    /// <summary>The user's rules.</summary>
    public ImmutableArray<Rule> Rules { get; init; } = [];

    /// <summary>Which matching rule wins.</summary>
    public Evaluation Evaluation { get; init; }

    /// <summary>True when a call that no rule matches goes on.</summary>
    public bool AllowByDefault { get; init; } = true;

    /// <summary>True when a call whose denies can't be evaluated goes on.</summary>
    public bool AllowUnknown { get; init; }

    /// <summary>The floor rules that the user lifted, by name.</summary>
    public ImmutableArray<FloorRule> LiftedFloor { get; init; } = [];

    /// <summary>No rules at all; the floor stays.</summary>
    public static RuleSet Empty { get; } = new();
}
