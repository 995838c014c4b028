using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary>When a rule matches. Conditions print themselves in the language they were written in.</summary>
public abstract record Condition
{
    /// <summary>Whether the condition holds for this view of a call.</summary>
    /// <param name="view">The operation with its arguments.</param>
    /// <param name="reading">Which forms of a path may match.</param>
    public abstract Truth Evaluate(CallView view, Reading reading);

    /// <summary>What must be read from the program before <see cref="Evaluate"/> can tell, for a call of this operation.</summary>
    /// <param name="operation">The family; null for the kernel's own view.</param>
    public abstract Needs Needs(OperationInfo? operation);

    /// <summary>True when the condition looks at a word that stands for a register's value, and so can fail before memory is read.</summary>
    public virtual bool LooksAtWord(OperationInfo? operation) => false;

    /// <summary>
    /// True when no call without free text can match: the call's text would be made only of numbers
    /// and of <paramref name="words"/>. Such calls then need not be stopped.
    /// </summary>
    public virtual bool CanOnlyMatchFreeText(IReadOnlyList<string> words) => false;

    /// <summary>The standard streams are reached only by their names, never by a wildcard.</summary>
    protected static bool IsStdio(CallView view) =>
        view.Arguments.Length > 0 && view.Arguments[0].Kind == ArgumentKind.Stdio;
}
