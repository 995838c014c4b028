using System.Text.Json;
using Sandgate.Core.Decide;

namespace Sandgate.Core.Control;

/// <summary>A rule in force, as clients see it.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Id">The number of a rule that was added while the program runs; null for those of files and the command line.</param>
/// <param name="By">Who added it.</param>
public sealed record RuleInForce(Rule Rule, long? Id, string? By);

/// <summary>A session that lets itself be steered. Each of these may throw a <see cref="ControlException"/>, and nothing else.</summary>
public interface ISteered
{
    /// <summary>The session's name.</summary>
    string Session { get; }

    /// <summary>Sandgate's own version.</summary>
    string Version { get; }

    /// <summary>The questions.</summary>
    AskDesk Desk { get; }

    /// <summary>Writes how it goes, as members of an object.</summary>
    void WriteStatus(Utf8JsonWriter json);

    /// <summary>Stops the whole tree; false when it stood still already.</summary>
    bool Pause(string by);

    /// <summary>Lets it go on; false when it wasn't stopped.</summary>
    bool Resume(string by);

    /// <summary>Ends it.</summary>
    void Kill(string by);

    /// <summary>The rules in force, in the order in which they stand.</summary>
    (int Version, IReadOnlyList<RuleInForce> Rules) Rules();

    /// <summary>Adds a rule behind all others; returns its number.</summary>
    /// <param name="text">The rule, as on the command line.</param>
    /// <param name="ttl">After how long it is gone; null for never.</param>
    /// <param name="by">Who wants it.</param>
    long AddRule(string text, TimeSpan? ttl, string by);

    /// <summary>Takes away a rule that was added.</summary>
    void RemoveRule(long id, string by);

    /// <summary>Reads the files again; says what became of it.</summary>
    string ReloadRules(string by);

    /// <summary>A question was answered.</summary>
    void Answered(string text, string by);
}
