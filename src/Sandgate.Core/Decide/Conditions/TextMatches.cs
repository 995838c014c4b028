using Sandgate.Core.Decide.Index;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary>A regular expression searched in the text between the call's outer parentheses.</summary>
/// <param name="Written">The pattern as the user wrote it, slashes and flags included.</param>
/// <param name="Expression">The expression.</param>
public sealed record TextMatches(string Written, LinearRegex Expression) : Condition
{
    /// <inheritdoc/>
    public override Truth Evaluate(Call call, CallView view, Reading reading) =>
        CallTextForms.Search(view, reading, Expression, whole: false);

    /// <inheritdoc/>
    public override Needs Needs(OperationInfo? operation) => Decode.Needs.Text;

    /// <summary>An expression without these letters doesn't name a stream.</summary>
    public override bool MayNameStream => Written.Contains("std", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool CanOnlyMatchFreeText(IReadOnlyList<string> words) =>
        Expression.Required is { } literal && literal.Any(char.IsLetter)
        && !words.Any(word => word.Contains(literal, StringComparison.OrdinalIgnoreCase))
        && !literal.All(c => char.IsAsciiHexDigit(c) || c is 'x' or 'X');

    internal override void AddKeys(OperationInfo? operation, List<Key[]> sets)
    {
        if (Key.OfPart(Key.WholeCall, Expression.Required) is { } key)
            sets.Add([key]);
    }

    internal override bool IsOpaque => true;

    internal override bool LooksOnlyAtView => true;

    internal override bool Searches => true;

    /// <inheritdoc/>
    public bool Equals(TextMatches? other) => other is not null && Written == other.Written;

    /// <inheritdoc/>
    public override int GetHashCode() => Written.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToExpression() => "pattern " + Language.ExpressionText.Quote(Written);

    /// <inheritdoc/>
    public override string ToString() => Written;
}
