using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decide.Index;
using System.Collections.Immutable;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary><c>a or b</c>.</summary>
/// <param name="Parts">At least two, none of them an <see cref="AnyOf"/>.</param>
public sealed record AnyOf(ImmutableArray<Condition> Parts) : Condition
{
    /// <summary>Either of two conditions.</summary>
    public static AnyOf Of(Condition left, Condition right) =>
        new([.. left is AnyOf l ? l.Parts : [left], .. right is AnyOf r ? r.Parts : [right]]);

    /// <inheritdoc/>
    public override Truth Evaluate(Call call, CallView view, Reading reading)
    {
        Truth result = Truth.False;
        foreach (Condition part in Parts)
        {
            switch (part.Evaluate(call, view, reading))
            {
                case Truth.True: return Truth.True;
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
    public override bool LooksAtWord(OperationInfo? operation) => Parts.All(p => p.LooksAtWord(operation));

    /// <inheritdoc/>
    public override bool CanOnlyMatchFreeText(IReadOnlyList<string> words) => Parts.All(p => p.CanOnlyMatchFreeText(words));

    internal override void AddKeys(OperationInfo? operation, List<Key[]> sets)
    {
        List<Key> keys = [];
        List<Key[]> its = [];
        foreach (Condition part in Parts)
        {
            its.Clear();
            part.AddKeys(operation, its);
            if (KeyChoice.Longest(its) is not { } longest)
                return;
            keys.AddRange(longest);
        }

        sets.Add([.. keys]);
    }

    internal override bool HoldsByNewName(in NamePair names)
    {
        foreach (Condition part in Parts)
        {
            if (part.HoldsByNewName(in names))
                return true;
        }

        return false;
    }

    internal override bool Carries(in NamePair names)
    {
        // One alternative may hold by the old name and another by the new one.
        if (HoldsByNewName(in names))
            return true;
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

    internal override int Precedence => 0;

    /// <inheritdoc/>
    public override string ToExpression() => string.Join(" or ", Parts.Select(p => p.ToExpression(1)));

    /// <inheritdoc/>
    public bool Equals(AnyOf? other) => other is not null && Parts.SequenceEqual(other.Parts);

    /// <inheritdoc/>
    public override int GetHashCode() => ToExpression().GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => ToExpression();
}
