using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary><c>*</c>: every call of the operation.</summary>
public sealed record AnyCall : Condition
{
    /// <inheritdoc/>
    public override Truth Evaluate(Call call, CallView view, Reading reading) => Truth.True;

    /// <inheritdoc/>
    public override Needs Needs(OperationInfo? operation) => StreamNeeds(operation);

    /// <summary>Whether a descriptor is a standard stream must be known before anything can match it.</summary>
    internal static Needs StreamNeeds(OperationInfo? operation) =>
        operation is { Arguments: [{ Kind: ArgumentKind.Descriptor }, ..] } ? Decode.Needs.Descriptors : Decode.Needs.None;

    internal override bool Carries(in NamePair names) => true;

    internal override bool LooksOnlyAtView => true;

    /// <inheritdoc/>
    public override string ToExpression() => "true";

    /// <inheritdoc/>
    public override string ToString() => "*";
}
