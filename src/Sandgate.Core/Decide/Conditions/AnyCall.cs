using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary><c>*</c>: every call of the operation.</summary>
public sealed record AnyCall : Condition
{
    /// <inheritdoc/>
    public override Truth Evaluate(CallView view, Reading reading) => IsStdio(view) ? Truth.False : Truth.True;

    /// <inheritdoc/>
    public override Needs Needs(OperationInfo? operation) =>
        operation is { Arguments: [{ Kind: ArgumentKind.Descriptor }, ..] } ? Decode.Needs.Descriptors : Decode.Needs.None;

    /// <inheritdoc/>
    public override string ToString() => "*";
}
