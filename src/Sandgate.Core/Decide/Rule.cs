using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide;

/// <summary>A place in a configuration file.</summary>
/// <param name="File">The file's name as the user wrote it.</param>
/// <param name="Line">Line, from 1; 0 for a rule of the command line, which has no lines.</param>
/// <param name="Column">Column in characters, from 1.</param>
public readonly record struct SourcePlace(string File, int Line, int Column)
{
    /// <inheritdoc/>
    public override string ToString() => Line == 0 ? File ?? "" : $"{File}:{Line}:{Column}";
}

/// <summary>Which calls a rule is asked about.</summary>
/// <param name="Operation">The family; null together with <paramref name="Syscall"/> null means every call.</param>
/// <param name="Syscall">The kernel's name, for a rule on that one system call.</param>
public readonly record struct RuleScope(Operation? Operation, string? Syscall)
{
    /// <summary>Every call of every type.</summary>
    public static RuleScope Every { get; }

    /// <summary>True when the rule is asked about every call.</summary>
    public bool IsEvery => Operation is null && Syscall is null;

    /// <summary>True when the rule is asked about some calls of this shape.</summary>
    public bool Includes(SyscallShape shape) =>
        Operation is { } family ? Array.IndexOf(shape.Operations, family) >= 0 : Syscall is null || Syscall == shape.Name;

    /// <summary>The scope as rules spell it.</summary>
    public override string ToString() =>
        Operation is { } operation ? Operations.Of(operation)?.Name ?? operation.ToString()
        : Syscall is null ? "*"
        : Operations.Find(Syscall) is null ? Syscall : "syscall:" + Syscall;
}

/// <summary>One rule: where it applies, when it matches, what it does.</summary>
public sealed record Rule
{
    /// <summary>The calls it is asked about.</summary>
    public required RuleScope Scope { get; init; }

    /// <summary>When it matches.</summary>
    public required Condition When { get; init; }

    /// <summary>What it does.</summary>
    public required RuleAction Action { get; init; }

    /// <summary>True when a call may not go on because of it.</summary>
    public bool MayRefuse => Action is not (RuleAction.Allow or RuleAction.Log);

    /// <summary>The pattern as the user wrote it, for messages.</summary>
    public required string Text { get; init; }

    /// <summary>The errno of a denial; 0 for the operation's default.</summary>
    public int Errno { get; init; }

    /// <summary>The user's name for the rule, if any.</summary>
    public string? Name { get; init; }

    /// <summary>The user's note, if any.</summary>
    public string? Note { get; init; }

    /// <summary>When the rule ends; null when it doesn't.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>How long an <see cref="RuleAction.Ask"/> waits for an answer; null for the run's own patience.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>True when a question that nobody answers in time counts as allowed.</summary>
    public bool AllowUnanswered { get; init; }

    /// <summary>Where it is written.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>The rule as messages name it: <c>open ('/etc/passwd')</c>.</summary>
    public override string ToString() => Name is null ? $"{Scope} {Text}" : $"\"{Name}\"";
}
