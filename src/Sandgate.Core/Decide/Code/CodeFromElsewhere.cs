using System.Collections.Immutable;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Code;

/// <summary>The call makes machine code of a file that code may not come from.</summary>
/// <param name="Code">Where it may come from.</param>
/// <param name="Position">Where the file stands among the view's arguments.</param>
internal sealed record CodeFromElsewhere(CodeLoading Code, int Position) : Condition
{
    private const int Protection = 2, MapFlags = 3;

    private readonly ImmutableArray<Glob>? _from = Code.OnlyFrom is { } globs ? [.. globs.Select(Glob.Parse)] : null;

    /// <inheritdoc/>
    public override bool MayNameStream => true;

    /// <inheritdoc/>
    public override Truth Evaluate(Call call, CallView view, Reading reading)
    {
        if (view.Operation == Operation.Syscall && !(Has(view, Protection, "PROT_EXEC") && !Has(view, MapFlags, "MAP_ANONYMOUS")))
            return Truth.False;
        if (view.Arguments.Length <= Position || view.Arguments[Position].Resolved is not { } file)
            return Truth.Unknown;
        if (!IsFromHere(file))
            return Truth.True;
        if (!Code.Hashes.TryGetValue(file, out string? wanted))
            return Truth.False;
        return (view.Sha256 ?? (view.Operation == Operation.Exec ? call.Facts?.Sha256 : null)) is not { } hash ? Truth.Unknown : hash == wanted ? Truth.False : Truth.True;
    }

    /// <inheritdoc/>
    public override Needs Needs(OperationInfo? operation) =>
        (operation is null ? Decode.Needs.Descriptors | Decode.Needs.KernelView : Decode.Needs.Strings | Decode.Needs.ResolvedPaths) | (Code.Hashes.Count == 0 ? 0 : Decode.Needs.Hash);

    /// <inheritdoc/>
    public override string ToExpression() => "code_from_elsewhere";

    /// <inheritdoc/>
    public override string ToString() => ToExpression();

    // Memory can be written by another mapping of it. What lies in the file system, somebody may write there.
    private bool IsFromHere(string file)
    {
        const string MemoryFile = "/memfd:";
        if (file.StartsWith(MemoryFile, StringComparison.Ordinal))
            return false;
        if (_from is not { } globs)
            return file is ['/', ..];
        foreach (Glob glob in globs)
        {
            if (glob.IsMatch(file))
                return true;
        }

        return false;
    }

    private static bool Has(CallView view, int position, string word) =>
        view.Arguments.Length <= position || view.Arguments[position].Given is not { } words || words.Split('|', '+').Contains(word);
}
