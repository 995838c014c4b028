namespace Sandgate.Core.Confine;

/// <summary>What became of one thing that was asked for.</summary>
public enum GrantKind
{
    /// <summary>The kernel does it.</summary>
    Given,

    /// <summary>It is done by other means than the usual ones.</summary>
    Substituted,

    /// <summary>It can't be had here.</summary>
    Unavailable,
}

/// <summary>One mechanism of isolation or limitation: what was asked for, and what this machine gave.</summary>
/// <param name="Mechanism">What was asked for: <c>namespace pid</c>, <c>limit memory</c>.</param>
/// <param name="Kind">What became of it.</param>
/// <param name="How">By what means it is done, or why it can't be.</param>
public readonly record struct Grant(string Mechanism, GrantKind Kind, string How)
{
    /// <summary>Done by the kernel's own mechanism.</summary>
    public static Grant Given(string mechanism, string how) => new(mechanism, GrantKind.Given, how);

    /// <summary>Done in another way.</summary>
    public static Grant Substituted(string mechanism, string how) => new(mechanism, GrantKind.Substituted, how);

    /// <summary>Not done.</summary>
    public static Grant Unavailable(string mechanism, string why) => new(mechanism, GrantKind.Unavailable, why);
}

/// <summary>What to do about what can't be had.</summary>
public enum Demand
{
    /// <summary>Substitutes are taken, and said; without any, nothing is run.</summary>
    Equivalent,

    /// <summary>Nothing is run unless the kernel's own mechanism does it.</summary>
    Strict,

    /// <summary>What can't be had is said and gone without.</summary>
    BestEffort,
}
