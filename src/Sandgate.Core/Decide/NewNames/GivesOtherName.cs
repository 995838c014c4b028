using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.NewNames;

/// <summary>The call gives something a name by which more would be allowed. The policy itself asks (<see cref="NameGuard"/>): it takes all rules to tell.</summary>
internal sealed record GivesOtherName : Condition
{
    private GivesOtherName()
    {
    }

    /// <summary>The operations that give names to what has names already.</summary>
    public static IReadOnlyList<Operation> Operations { get; } = [Operation.Rename, Operation.Link, Operation.Mount, Operation.Umount, Operation.PivotRoot, Operation.Mknod];

    /// <summary>Calls of no such operation that can make names of files other ones, too: by a mount namespace, which takes its names along when it ends.</summary>
    public static IReadOnlyList<string> Syscalls { get; } = ["unshare", "clone"];

    /// <summary>True for calls of which flags in registers tell whether they give other names, and which: a record must have them.</summary>
    public static bool IsToldByFlags(SyscallShape shape) => shape.Name is "renameat2" or "umount2" || Syscalls.Contains(shape.Name);

    /// <summary>There is one.</summary>
    public static GivesOtherName Instance { get; } = new();

    /// <inheritdoc/>
    public override Truth Evaluate(Call call, CallView view, Reading reading) => Truth.False;

    /// <summary>Flags decide about umount2(2); all others name files.</summary>
    public override Needs Needs(OperationInfo? operation) =>
        operation?.Operation == Operation.Umount ? Decode.Needs.NewNames : Decode.Needs.Strings | Decode.Needs.ResolvedPaths | Decode.Needs.NewNames;

    /// <inheritdoc/>
    public override string ToExpression() => "other_names";

    /// <inheritdoc/>
    public override string ToString() => ToExpression();
}
