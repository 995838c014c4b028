using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decide.Index;
using System.Collections.Immutable;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary><c>a and b</c>.</summary>
/// <param name="Parts">At least two, none of them an <see cref="AllOf"/>.</param>
public sealed record AllOf(ImmutableArray<Condition> Parts) : Condition
{
    /// <summary>Both of two conditions.</summary>
    public static AllOf Of(Condition left, Condition right) =>
        new([.. left is AllOf l ? l.Parts : [left], .. right is AllOf r ? r.Parts : [right]]);

    /// <inheritdoc/>
    public override Truth Evaluate(Call call, CallView view, Reading reading)
    {
        Truth result = Truth.True;
        foreach (Condition part in Parts)
        {
            switch (part.Evaluate(call, view, reading))
            {
                case Truth.False: return Truth.False;
                case Truth.Unknown: result = Truth.Unknown; break;
            }
        }

        return result;
    }

    /// <inheritdoc/>
    public override Needs Needs(OperationInfo? operation) => Parts.Aggregate(Decode.Needs.None, (needs, part) => needs | part.Needs(operation));

    /// <inheritdoc/>
    public override bool MayNameStream => Parts.Any(p => p.MayNameStream);

    /// <inheritdoc/>
    public override bool LooksAtWord(OperationInfo? operation) => Parts.Any(p => p.LooksAtWord(operation));

    /// <inheritdoc/>
    public override bool CanOnlyMatchFreeText(IReadOnlyList<string> words) => Parts.Any(p => p.CanOnlyMatchFreeText(words));

    internal override void AddKeys(OperationInfo? operation, List<Key[]> sets)
    {
        foreach (Condition part in Parts)
            part.AddKeys(operation, sets);
    }

    internal override bool HoldsByNewName(in NamePair names)
    {
        foreach (Condition part in Parts)
        {
            if (!part.HoldsByNewName(in names))
                return false;
        }

        return true;
    }

    internal override bool Carries(in NamePair names)
    {
        foreach (Condition part in Parts)
        {
            if (!part.Carries(in names))
                return false;
        }

        return true;
    }

    internal override bool IsOpaque => Parts.Any(p => p.IsOpaque);

    internal override bool LooksOnlyAtView => Parts.All(p => p.LooksOnlyAtView);

    internal override bool Searches => Parts.Any(p => p.Searches);

    internal override int Precedence => 1;

    /// <inheritdoc/>
    public override string ToExpression() => string.Join(" and ", Parts.Select(p => p.ToExpression(2)));

    /// <inheritdoc/>
    public bool Equals(AllOf? other) => other is not null && Parts.SequenceEqual(other.Parts);

    /// <inheritdoc/>
    public override int GetHashCode() => ToExpression().GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => ToExpression();
}
