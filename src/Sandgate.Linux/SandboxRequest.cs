using System.Collections.Frozen;
using Sandgate.Core;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Record;
using Sandgate.Linux.Control;

namespace Sandgate.Linux;

/// <summary>What to run, and under which rules.</summary>
/// <param name="Command">The command and its arguments.</param>
/// <param name="Rules">The user's rules.</param>
/// <param name="ConfigFiles">Real paths of the files that the rules come from.</param>
/// <param name="Watched">Families that are to be seen even where no rule needs them.</param>
/// <param name="KeptDescriptors">Descriptors above 2 that the program inherits.</param>
/// <param name="Asker">Whom rules that ask put their questions to; null when there is nobody.</param>
/// <param name="Reload">
/// Reads the rules anew, or yields null when they have not changed; null when they don't come from a file. It throws when they can't be read.
/// </param>
public sealed record SandboxRequest(
    IReadOnlyList<string> Command, RuleSet Rules, IReadOnlyList<string> ConfigFiles, IReadOnlySet<string> Watched, int[] KeptDescriptors,
    IAsker? Asker, Func<(RuleSet Rules, IReadOnlyList<string> ConfigFiles)?>? Reload)
{
    /// <summary>Families on which rules may come later: they are seen, too, and what gets past such rules is refused from the start.</summary>
    public IReadOnlySet<string> Expected { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Everything around the gate.</summary>
    public Confinement Confinement { get; init; } = Confinement.None;

    /// <summary>True when what was used is said at the end even without limits.</summary>
    public bool Summary { get; init; }

    /// <summary>The descriptor to which events of the run are written; null for none.</summary>
    public int? StatusDescriptor { get; init; }

    /// <summary>True when the program gets a channel over which it can ask, tell and read its session's name.</summary>
    public bool Channel { get; init; }

    /// <summary>The session's name.</summary>
    public required string Session { get; init; }

    /// <summary>How the run is steered from outside; null when it isn't.</summary>
    public ControlOptions? Control { get; init; }

    /// <summary>Names of files that the supervisor writes and the program must not: its record.</summary>
    public IReadOnlyList<string> OwnFiles { get; init; } = [];

    /// <summary>Tells what the record begins with, as far as the sandbox itself doesn't know; asked only if somebody records.</summary>
    public required Func<SessionStart> Start { get; init; }
}
