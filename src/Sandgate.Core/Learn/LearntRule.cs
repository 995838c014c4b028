using System.Collections.Immutable;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>What a rule is for: the headings of a learnt configuration, in their order.</summary>
public enum Purpose : byte
{
    /// <summary>What may be executed.</summary>
    Programs,

    /// <summary>What packages installed.</summary>
    System,

    /// <summary>The machine's settings.</summary>
    Settings,

    /// <summary>Files that the kernel makes up, and devices.</summary>
    Kernel,

    /// <summary>Everything else.</summary>
    Own,

    /// <summary>Temporary files.</summary>
    Temporary,

    /// <summary>Sockets.</summary>
    Network,

    /// <summary>Other processes.</summary>
    Processes,

    /// <summary>Mounts and roots.</summary>
    Mounts,
}

/// <summary>A rule that was learnt: it allows.</summary>
/// <param name="Purpose">Under which heading it stands.</param>
/// <param name="On">The families.</param>
/// <param name="When">The expression; null for all their calls.</param>
/// <param name="Count">How many calls it was learnt from.</param>
/// <param name="Programs">Which programs made them.</param>
public sealed record LearntRule(Purpose Purpose, ImmutableArray<Operation> On, string? When, long Count, ImmutableArray<string> Programs)
{
    /// <summary>More about it, for people; null when there is nothing to say.</summary>
    public string? Note { get; init; }

    /// <summary>The same for these programs only.</summary>
    internal LearntRule ForPrograms()
    {
        string[] known = [.. Programs.Where(p => p is ['/', ..])];
        if (known.Length == 0 || known.Length < Programs.Length)
            return this;
        string who = known.Length == 1 ? $"exe == {RuleText.Quote(known[0])}" : $"exe in ({string.Join(", ", known.Select(RuleText.Quote))})";
        return this with { When = When is null ? who : $"{(RuleText.NeedsParentheses(When) ? $"({When})" : When)} and {who}" };
    }
}
