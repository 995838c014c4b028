namespace Sandgate.Core.Confine;

/// <summary>Everything around the gate: what the program is shut off from and how much it may use.</summary>
/// <param name="Isolation">What it is shut off from.</param>
/// <param name="Limits">How much of the machine it may use.</param>
/// <param name="Demand">What is done about what this machine doesn't offer.</param>
public sealed record Confinement(Isolation Isolation, Limits Limits, Demand Demand)
{
    /// <summary>Nothing but the gate.</summary>
    public static Confinement None { get; } = new(Isolation.None, Limits.None, Demand.Equivalent);
}
