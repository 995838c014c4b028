namespace Sandgate.Core.Doctor;

/// <summary>What came of trying one mechanism of the machine.</summary>
/// <param name="Name">The mechanism.</param>
/// <param name="Available">True when the attempt succeeded.</param>
/// <param name="How">What succeeded, where there are several ways or a number that matters; else null.</param>
/// <param name="Why">Why it failed; null when it succeeded.</param>
/// <param name="Instead">What Sandgate does without it; null when it is available.</param>
public sealed record MechanismFinding(string Name, bool Available, string? How, string? Why, string? Instead)
{
    /// <summary>The attempt succeeded.</summary>
    public static MechanismFinding Works(string name, string? how = null) => new(name, true, how, null, null);

    /// <summary>The attempt failed.</summary>
    public static MechanismFinding Lacking(string name, string why, string instead) => new(name, false, null, why, instead);
}
