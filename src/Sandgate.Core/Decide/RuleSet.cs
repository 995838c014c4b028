using System.Collections.Immutable;
using Sandgate.Core.Confine;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide;

/// <summary>What a configuration says, read and checked, in the order of the file.</summary>
public sealed record RuleSet
{
    /// <summary>The user's rules.</summary>
    public ImmutableArray<Rule> Rules { get; init; } = [];

    /// <summary>Which matching rule wins.</summary>
    public Evaluation Evaluation { get; init; }

    /// <summary>What happens to a call that no rule matches: allow, not_allow or ask.</summary>
    public RuleAction Default { get; init; } = RuleAction.Allow;

    /// <summary>What happens to a call whose denies can't be evaluated: allow, not_allow or ask.</summary>
    public RuleAction OnUnknown { get; init; } = RuleAction.NotAllow;

    /// <summary>True when a deny is refused that a hostile thread could get round.</summary>
    public bool Strict { get; init; }

    /// <summary>True when the program gets a channel over which it can ask, tell and read its session's name.</summary>
    public bool Channel { get; init; }

    /// <summary>What the configuration expects of itself.</summary>
    public ImmutableArray<PolicyTest> Tests { get; init; } = [];

    /// <summary>The floor rules that the user lifted, by name.</summary>
    public ImmutableArray<FloorRule> LiftedFloor { get; init; } = [];

    /// <summary>True when some rule may refuse calls of this shape.</summary>
    public bool MayRefuse(SyscallShape shape) => Default != RuleAction.Allow || Rules.Any(r => r.MayRefuse && r.Scope.Includes(shape));

    /// <summary>What the program is shut off from.</summary>
    public Isolation Isolation { get; init; } = Isolation.None;

    /// <summary>How much of the machine it may use.</summary>
    public Limits Limits { get; init; } = Limits.None;

    /// <summary>These rules without those that have expired.</summary>
    public RuleSet At(DateTimeOffset now) => this with { Rules = [.. Rules.Where(r => r.Expires is null || r.Expires > now)] };

    /// <summary>No rules at all; the floor stays.</summary>
    public static RuleSet Empty { get; } = new();
}
