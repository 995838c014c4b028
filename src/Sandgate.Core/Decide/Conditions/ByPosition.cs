using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decide.Index;
using System.Collections.Immutable;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary><c>('glob', *)</c>: one pattern for each argument; missing positions are <c>*</c>.</summary>
/// <param name="Positions">The patterns; null is a bare <c>*</c>.</param>
public sealed record ByPosition(ImmutableArray<ArgumentPattern?> Positions) : Condition
{
    /// <inheritdoc/>
    public override Truth Evaluate(Call call, CallView view, Reading reading)
    {
        Truth result = Truth.True;
        for (int i = 0; i < Positions.Length; i++)
        {
            if (Positions[i] is not { } pattern)
                continue;
            if (i >= view.Arguments.Length)
            {
                // Where reading broke off, nobody knows what follows.
                if (view.Arguments is not [.., { Kind: ArgumentKind.Unreadable }])
                    return Truth.False;
                result = Truth.Unknown;
                continue;
            }

            switch (pattern.Match(in view.Arguments[i], reading))
            {
                case Truth.False: return Truth.False;
                case Truth.Unknown: result = Truth.Unknown; break;
            }
        }

        return result;
    }

    /// <inheritdoc/>
    public override Needs Needs(OperationInfo? operation)
    {
        Needs needs = AnyCall.StreamNeeds(operation);
        for (int i = 0; i < Positions.Length; i++)
        {
            if (Positions[i] is not null)
                needs |= NeedsOf(operation, i);
        }

        return needs;
    }

    /// <summary>What must be read for the argument at a position.</summary>
    internal static Needs NeedsOf(OperationInfo? operation, int position) => operation?.KindAt(position) switch
    {
        ArgumentKind.Path => Decode.Needs.Strings | Decode.Needs.ResolvedPaths,
        ArgumentKind.Descriptor => Decode.Needs.Descriptors,
        ArgumentKind.Data => Decode.Needs.Data,
        ArgumentKind.Number => Decode.Needs.None,
        ArgumentKind.Word => Decode.Needs.None,
        ArgumentKind.Text => Decode.Needs.Strings,
        ArgumentKind.Address => Decode.Needs.Addresses,
        _ => Decode.Needs.Text,
    };

    /// <inheritdoc/>
    public override bool LooksAtWord(OperationInfo? operation)
    {
        for (int i = 0; i < Positions.Length; i++)
        {
            if (Positions[i] is not null && operation?.KindAt(i) is ArgumentKind.Word)
                return true;
        }

        return false;
    }

    internal override void AddKeys(OperationInfo? operation, List<Key[]> sets)
    {
        for (int i = 0; i < Positions.Length; i++)
        {
            List<Key> keys = [];
            if (Positions[i]?.AddKeys(i, operation?.KindAt(i), keys) == true)
                sets.Add([.. keys]);
        }
    }

    // The other arguments stay as they are.
    internal override bool Carries(in NamePair names) => names.At >= Positions.Length || Positions[names.At] is not { } position || position.Carries(in names);

    internal override bool LooksOnlyAtView => true;

    /// <inheritdoc/>
    public override bool MayNameStream => Positions is [{ Plain.Literal: "stdin" or "stdout" or "stderr" }, ..];

    /// <inheritdoc/>
    public bool Equals(ByPosition? other) => other is not null && Positions.SequenceEqual(other.Positions);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToExpression() => "pattern " + Language.ExpressionText.Quote(ToString());

    /// <inheritdoc/>
    public override string ToString() => "(" + string.Join(", ", Positions.Select(p => p?.ToString() ?? "*")) + ")";
}
