using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Learn;

namespace Sandgate.Cli.Learning;

/// <summary>What <c>sandgate learn</c> was asked to do.</summary>
internal sealed record LearnJob
{
    /// <summary>The command to run; empty when records are enough.</summary>
    public required string[] Command { get; init; }

    /// <summary>Records of runs that were made before.</summary>
    public required string[] From { get; init; }

    /// <summary>Where to write; null with <see cref="Diff"/>.</summary>
    public string? Output { get; init; }

    /// <summary>The configuration to compare with, instead of writing one.</summary>
    public string? Diff { get; init; }

    /// <summary>True to write over a file that exists.</summary>
    public bool Force { get; init; }

    /// <summary>True to add to it.</summary>
    public bool Merge { get; init; }

    /// <summary>Which families to restrict; null for those that are worth it.</summary>
    public string? Families { get; init; }

    /// <summary>True to allow secrets that were used.</summary>
    public bool AllowSecrets { get; init; }

    /// <summary>True to allow each program only what it did itself.</summary>
    public bool PerProgram { get; init; }

    /// <summary>Where to record the run, too.</summary>
    public string? Record { get; init; }

    /// <summary>True for a summary that programs read.</summary>
    public bool Json { get; init; }
}

/// <summary>What became of it.</summary>
/// <param name="Learnt">The rules.</param>
/// <param name="Seen">What they were learnt from.</param>
/// <param name="Status">The program's exit status; null when none ran.</param>
internal sealed record LearnOutcome(LearntPolicy Learnt, Observations Seen, int? Status)
{
    /// <summary>What ends this process in its stead once everything is written down, if anything does.</summary>
    public Action? Last { get; init; }

    /// <summary>What the old configuration refuses of it, or the written one still does.</summary>
    public IReadOnlyList<(Observation Seen, Verdict Verdict)> Refused { get; init; } = [];

    /// <summary>Families that could not be restricted, because the records don't tell of them.</summary>
    public IReadOnlyList<Operation> NotRecorded { get; init; } = [];
}
