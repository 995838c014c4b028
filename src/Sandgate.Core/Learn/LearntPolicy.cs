using System.Collections.Immutable;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>The least that what was observed needs.</summary>
public sealed record LearntPolicy
{
    /// <summary>The families that are restricted.</summary>
    public required ImmutableArray<Operation> Families { get; init; }

    /// <summary>What is allowed of them.</summary>
    public required ImmutableArray<LearntRule> Rules { get; init; }

    /// <summary>What was observed of secrets. It is left out, unless the user said otherwise.</summary>
    public required ImmutableArray<LearntRule> Secrets { get; init; }

    /// <summary>The secrets as people read them: paths and addresses.</summary>
    public required ImmutableArray<string> SecretNames { get; init; }

    /// <summary>True when the user wants secrets allowed.</summary>
    public required bool AllowsSecrets { get; init; }

    /// <summary>Refusals that come after what is allowed: rules that reach further than what was seen must not reach a secret.</summary>
    public required ImmutableArray<Rule> Guards { get; init; }

    /// <summary>Calls that must be refused, as tests of the configuration.</summary>
    public required ImmutableArray<string> Canaries { get; init; }

    /// <summary>True when a set-user-ID bit was set, or a device made.</summary>
    public required bool GivesRights { get; init; }

    /// <summary>Of how many calls it could not be told what they were about.</summary>
    public required long Untold { get; init; }
}

/// <summary>What the user wants of a learner.</summary>
/// <param name="Families">What to restrict.</param>
/// <param name="AllowSecrets">True to allow secrets that were used.</param>
/// <param name="PerProgram">True to allow each program only what it did itself.</param>
public sealed record LearnOptions(IReadOnlySet<Operation> Families, bool AllowSecrets = false, bool PerProgram = false);
