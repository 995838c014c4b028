using System.Text.RegularExpressions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary>A regular expression searched in the text between the call's outer parentheses. Its run time is linear in the text.</summary>
/// <param name="Written">The expression as the user wrote it.</param>
/// <param name="Expression">The compiled expression, non-backtracking.</param>
public sealed record TextMatches(string Written, Regex Expression) : Condition
{
    // No text of a call contains a bare control character: they are all escaped.
    private const string NoName = "\u0001";

    private readonly string? _required = RequiredLiteral.Of(Expression.ToString());

    /// <inheritdoc/>
    public override Truth Evaluate(CallView view, Reading reading)
    {
        if (IsStdio(view))
            return EvaluateStdio(view);

        if (IsMatch(view, PathForm.Resolved))
            return Truth.True;

        bool forms = false, unknown = false;
        foreach (ref readonly Argument argument in view.Arguments.AsSpan())
        {
            forms |= argument.Kind == ArgumentKind.Path;
            unknown |= argument.IsPartial || argument.Given is null || argument.Resolved is null;
        }

        if (forms && reading == Reading.AnyForm && (IsMatch(view, PathForm.Given) || IsMatch(view, PathForm.Entry)))
            return Truth.True;
        return unknown ? Truth.Unknown : Truth.False;
    }

    // By its name and not otherwise: the match must be lost when the stream has no name.
    private Truth EvaluateStdio(CallView view)
    {
        if (!IsMatch(view, PathForm.Resolved))
            return view.Arguments.Any(a => a.IsPartial || a.Given is null) ? Truth.Unknown : Truth.False;
        Argument[] nameless = [Argument.FromText(NoName), .. view.Arguments.AsSpan(1)];
        return IsMatch(view with { Arguments = nameless }, PathForm.Resolved) ? Truth.False : Truth.True;
    }

    private bool IsMatch(CallView view, PathForm form) => Expression.IsMatch(CallText.RenderArguments(view, form));

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
