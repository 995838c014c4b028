namespace Sandgate.Core.Doctor;

/// <summary>What this machine offers, what follows, and whether the sandbox was seen to hold.</summary>
/// <param name="Machine">Where and as whom.</param>
/// <param name="Mechanisms">What was tried of the machine.</param>
/// <param name="Canaries">What was tried against the sandbox.</param>
/// <param name="Guarantees">What rules are worth here.</param>
public sealed record DoctorReport(
    MachineFacts Machine, IReadOnlyList<MechanismFinding> Mechanisms, IReadOnlyList<CanaryFinding> Canaries, IReadOnlyList<Guarantee> Guarantees)
{
    /// <summary>How many canaries proved something.</summary>
    public int Tried => Canaries.Count(c => c.Outcome != CanaryOutcome.NotTried);

    /// <summary>How many of them were blocked.</summary>
    public int Blocked => Canaries.Count(c => c.Outcome == CanaryOutcome.Blocked);

    /// <summary>True when everything that could be tried was blocked. Where nothing could, nothing is known to hold.</summary>
    public bool Holds => Tried > 0 && Blocked == Tried;
}
