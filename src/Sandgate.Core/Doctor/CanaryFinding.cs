namespace Sandgate.Core.Doctor;

/// <summary>What became of one forbidden thing that was really attempted.</summary>
public enum CanaryOutcome : byte
{
    /// <summary>It was refused inside, and only there.</summary>
    Blocked,

    /// <summary>It went through.</summary>
    NotBlocked,

    /// <summary>It fails without a sandbox, too, so that its failure inside would prove nothing.</summary>
    NotTried,
}

/// <summary>One canary: a forbidden thing, attempted without a sandbox and inside of one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Attempt">What is attempted, in words.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Detail">The errno inside; or why it proves nothing; or what went through.</param>
public sealed record CanaryFinding(string Name, string Attempt, CanaryOutcome Outcome, string Detail);
