using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary>The call reaches into a process that is none of the tree's. Who the tree's are, the decoder knows.</summary>
internal sealed record ReachesOutside : Condition
{
    private ReachesOutside()
    {
    }

    /// <summary>There is one.</summary>
    public static ReachesOutside Instance { get; } = new();

    /// <inheritdoc/>
    public override Truth Evaluate(Call call, CallView view, Reading reading) =>
        view.IsOutside ? Truth.True
        : view.Arguments is [{ Kind: ArgumentKind.Unreadable } or { Kind: ArgumentKind.Path, Resolved: null }, ..] ? Truth.Unknown : Truth.False;

    /// <inheritdoc/>
    public override Needs Needs(OperationInfo? operation) => operation?.Operation == Operation.Open ? Decode.Needs.Strings | Decode.Needs.ResolvedPaths : Decode.Needs.None;

    /// <inheritdoc/>
    public override string ToExpression() => "outside_memory";

    /// <inheritdoc/>
    public override string ToString() => ToExpression();
}
