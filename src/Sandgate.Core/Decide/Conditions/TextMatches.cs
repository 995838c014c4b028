using System.Text.RegularExpressions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary>A regular expression searched in the text between the call's outer parentheses. Its run time is linear in the text.</summary>
/// <param name="Written">The pattern as the user wrote it, slashes and flags included.</param>
/// <param name="Expression">The compiled expression, non-backtracking.</param>
public sealed record TextMatches(string Written, Regex Expression) : Condition
{
    // No name of a stream contains a control character.
    private const string NoName = "\u0001";

    private readonly string? _required = RequiredLiteral.Of(Expression.ToString());
    private readonly bool _hasSeparator = Expression.ToString().Contains(',', StringComparison.Ordinal);
    private readonly bool _looksAtEnd = LooksAtEnd(Expression.ToString());

    /// <inheritdoc/>
    public override Truth Evaluate(CallView view, Reading reading)
    {
        bool otherForms = false, unread = false, partial = false;
        foreach (ref readonly Argument argument in view.Arguments.AsSpan())
        {
            otherForms |= argument.Kind == ArgumentKind.Path && (argument.Entry is not null || argument.Given != argument.Resolved);
            partial |= argument.IsPartial;
            unread |= argument.Kind == ArgumentKind.Unreadable || argument.Resolved is null;
        }

        if (IsStdio(view))
            return EvaluateStdio(view, reading, unread, partial);
        if (reading == Reading.ResolvedOnly)
        {
            // An allow must be proven: what was not read, and what stands in its place in the text, proves nothing.
            if (unread)
                return Truth.Unknown;
            if (partial)
                return MatchesBeginning(view) ? Truth.True : Truth.Unknown;
            return IsMatch(view, PathForm.Resolved) ? Truth.True : Truth.False;
        }

        if (IsMatch(view, PathForm.Resolved) || (otherForms && (IsMatch(view, PathForm.Given) || IsMatch(view, PathForm.Entry))))
            return Truth.True;
        return unread || partial ? Truth.Unknown : Truth.False;
    }

    // By its name and not otherwise: the match must be lost when the stream has no name.
    private Truth EvaluateStdio(CallView view, Reading reading, bool unread, bool partial)
    {
        // An expression without these letters doesn't name a stream.
        if (!Written.Contains("std", StringComparison.OrdinalIgnoreCase))
            return Truth.False;
        bool mustProve = reading == Reading.ResolvedOnly;
        if (mustProve && unread)
            return Truth.Unknown;
        if (!Holds(view))
            return unread || partial ? Truth.Unknown : Truth.False;
        Argument[] nameless = [Argument.FromText(NoName), .. view.Arguments.AsSpan(1)];
        return Holds(view with { Arguments = nameless }) ? Truth.False : Truth.True;

        bool Holds(CallView stream) => mustProve && partial ? MatchesBeginning(stream) : IsMatch(stream, PathForm.Resolved);
    }

    private bool IsMatch(CallView view, PathForm form) =>
        Expression.IsMatch(CallText.RenderArguments(view, form))
        || (_hasSeparator && view.Arguments.Length > 1 && Expression.IsMatch(CallText.RenderArguments(view, form, ",")));

    // A match inside the known beginning stays one whatever follows, unless the expression looks at
    // the end of the text. Data stands last in every operation that has it.
    private bool MatchesBeginning(CallView view) =>
        !_looksAtEnd
        && (IsMatchOfBeginning(CallText.RenderArguments(view, PathForm.Resolved))
            || (_hasSeparator && IsMatchOfBeginning(CallText.RenderArguments(view, PathForm.Resolved, ","))));

    private bool IsMatchOfBeginning(string text) =>
        text.EndsWith(CallText.PartialEnd, StringComparison.Ordinal) && Expression.IsMatch(text.AsSpan(0, text.Length - CallText.PartialEnd.Length));

    private static bool LooksAtEnd(string expression)
    {
        if (expression.Contains('$', StringComparison.Ordinal))
            return true;
        for (int at = expression.IndexOf('\\', StringComparison.Ordinal); at >= 0 && at + 1 < expression.Length; at = expression.IndexOf('\\', at + 2))
        {
            if (expression[at + 1] is 'b' or 'B' or 'z' or 'Z')
                return true;
            if (at + 2 >= expression.Length)
                break;
        }

        return false;
    }

    /// <inheritdoc/>
    public override Needs Needs(OperationInfo? operation) => Decode.Needs.Text;

    /// <inheritdoc/>
    public override bool CanOnlyMatchFreeText(IReadOnlyList<string> words) =>
        _required is { } literal && literal.Any(char.IsLetter)
        && !words.Any(word => word.Contains(literal, StringComparison.OrdinalIgnoreCase))
        && !literal.All(c => char.IsAsciiHexDigit(c) || c is 'x' or 'X');

    /// <inheritdoc/>
    public bool Equals(TextMatches? other) => other is not null && Written == other.Written;

    /// <inheritdoc/>
    public override int GetHashCode() => Written.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Written;
}
