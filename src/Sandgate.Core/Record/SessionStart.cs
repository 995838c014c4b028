using Sandgate.Core.Confine;

namespace Sandgate.Core.Record;

/// <summary>What a record begins with: what runs, under which rules, and what stands around the gate.</summary>
public sealed record SessionStart : RecordedEvent
{
    /// <summary>The session's name, unlike any other's.</summary>
    public required string Session { get; init; }

    /// <summary>The command and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The directory that it was started in.</summary>
    public string Directory { get; init; } = "";

    /// <summary>Sandgate's own version.</summary>
    public string Version { get; init; } = "";

    /// <summary>The machine: name, kernel, user, whatever a reader may want to know later; keys are words.</summary>
    public IReadOnlyDictionary<string, string> Host { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the rules come from, and the SHA-256 of all of them together.</summary>
    public IReadOnlyList<string> RuleFiles { get; init; } = [];

    /// <summary>The SHA-256 of the rules as they are in force, in lower-case hexadecimal: the same rules, the same text.</summary>
    public string RulesVersion { get; init; } = "";

    /// <summary>Each rule with its label: how binding it is.</summary>
    public IReadOnlyList<(string Rule, string Label)> Labels { get; init; } = [];

    /// <summary>What was to be done about what can't be had.</summary>
    public required Demand Demand { get; init; }

    /// <summary>Each mechanism that was asked for, and what became of it.</summary>
    public required IReadOnlyList<Grant> Grants { get; init; }

    /// <summary>The floor rules that the user lifted.</summary>
    public required IReadOnlyList<string> LiftedFloor { get; init; }
}
