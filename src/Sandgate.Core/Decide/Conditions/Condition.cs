using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decide.Index;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary>When a rule matches. Conditions print themselves in the language they were written in.</summary>
public abstract record Condition
{
    // No name of a stream contains a control character.
    private const string NoName = "\u0001";

    /// <summary>Whether a rule with this condition matches a view of a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="view">The operation with its arguments.</param>
    /// <param name="reading">Which forms of a path may match.</param>
    public Truth Matches(Call call, CallView view, Reading reading)
    {
        if (!IsStdio(view))
            return Evaluate(call, view, reading);

        // The standard streams are reached only by their names, never by a wildcard:
        // the match must be lost when the stream has no name.
        if (!MayNameStream)
            return Truth.False;
        Truth named = Evaluate(call, view, reading);
        if (named == Truth.False)
            return Truth.False;
        Argument[] arguments = [Argument.FromText(NoName), .. view.Arguments.AsSpan(1)];
        return Evaluate(call, view with { Arguments = arguments }, reading) switch
        {
            Truth.True => Truth.False,
            Truth.False => named,
            _ => Truth.Unknown,
        };
    }

    /// <summary>Whether the condition holds, for any argument but a standard stream's.</summary>
    public abstract Truth Evaluate(Call call, CallView view, Reading reading);

    /// <summary>What must be read from the program before <see cref="Evaluate"/> can tell, for a call of this operation.</summary>
    /// <param name="operation">The family; null for the kernel's own view.</param>
    public abstract Needs Needs(OperationInfo? operation);

    /// <summary>True when the condition could hold because of a standard stream's name.</summary>
    public virtual bool MayNameStream => false;

    /// <summary>True when the condition looks at a word that stands for a register's value, and so can fail before memory is read.</summary>
    public virtual bool LooksAtWord(OperationInfo? operation) => false;

    /// <summary>
    /// True when no call without free text can match: the call's text would be made only of numbers
    /// and of <paramref name="words"/>. Such calls then need not be stopped.
    /// </summary>
    public virtual bool CanOnlyMatchFreeText(IReadOnlyList<string> words) => false;

    /// <summary>
    /// Adds sets of keys. Of each set, at least one is found in every call of the operation that the condition does not
    /// certainly refuse; an empty set says that it refuses all. A condition without a set must be asked about every call.
    /// </summary>
    internal virtual void AddKeys(OperationInfo? operation, List<Key[]> sets)
    {
    }

    /// <summary>
    /// True when it is certain that whatever call the condition holds for by a file's old name, it holds for the same call by its new
    /// one. False proves nothing.
    /// </summary>
    internal virtual bool Carries(in NamePair names) => false;

    /// <summary>True when it is certain that the condition holds by the new name (for a tree: by its own and every name below), whatever else a call shows. False proves nothing.</summary>
    internal virtual bool HoldsByNewName(in NamePair names) => false;

    /// <summary>True when the call's text or a script decides: what the condition looks at can't be told from outside.</summary>
    internal virtual bool IsOpaque => false;

    /// <summary>True when equal views always get equal answers: nothing else of the call is looked at.</summary>
    internal virtual bool LooksOnlyAtView => false;

    /// <summary>True when a regular expression is searched.</summary>
    internal virtual bool Searches => false;

    /// <summary>The condition as a part of an expression (<see cref="Language.ExpressionParser"/>), which reads it back as an equal one.</summary>
    public abstract string ToExpression();

    /// <summary>How tightly the outermost operator of <see cref="ToExpression"/> binds: <c>or</c> 0, <c>and</c> 1, <c>not</c> 2, all else 3.</summary>
    internal virtual int Precedence => 3;

    /// <summary>The expression in parentheses if its operator binds less tightly than what surrounds it.</summary>
    internal string ToExpression(int surroundings) => Precedence < surroundings ? $"({ToExpression()})" : ToExpression();

    private static bool IsStdio(CallView view) =>
        view.Arguments.Length > 0 && view.Arguments[0].Kind == ArgumentKind.Stdio;
}
