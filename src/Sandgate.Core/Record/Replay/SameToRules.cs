using System.Diagnostics.CodeAnalysis;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Record.Replay;

/// <summary>Recorded calls are the same if rules that need certain things of a call can't tell them apart.</summary>
/// <param name="needs">What rules need of a system call.</param>
internal sealed class SameToRules(Func<string, Needs> needs) : IEqualityComparer<CallEvent>
{
    public bool Equals(CallEvent? x, CallEvent? y) =>
        ReferenceEquals(x, y) || (x is not null && y is not null && x.Syscall == y.Syscall && (x.Outcome == Outcome.Failed) == (y.Outcome == Outcome.Failed)
            && SameViews(x.Views, y.Views) && SameFacts(x, y, needs(x.Syscall)));

    private static bool SameViews(IReadOnlyList<CallView> x, IReadOnlyList<CallView> y)
    {
        if (x.Count != y.Count)
            return false;
        for (int i = 0; i < x.Count; i++)
        {
            if (x[i].Operation != y[i].Operation || x[i].Name != y[i].Name || x[i].Sha256 != y[i].Sha256 || x[i].Arguments.Length != y[i].Arguments.Length)
                return false;
            for (int j = 0; j < x[i].Arguments.Length; j++)
            {
                if (!Same(in x[i].Arguments[j], in y[i].Arguments[j]))
                    return false;
            }
        }

        return true;
    }

    // The text of a number is made of it.
    private static bool Same(in Argument x, in Argument y) =>
        x.Kind == y.Kind && x.Number == y.Number && x.IsPartial == y.IsPartial && x.Entry == y.Entry
        && (x.Kind == ArgumentKind.Number || (x.Given == y.Given && x.Resolved == y.Resolved));

    private static bool SameFacts(CallEvent x, CallEvent y, Needs needed)
    {
        Caller a = x.Caller, b = y.Caller;
        bool Differ(Needs need) => (needed & need) != 0;
        if ((Differ(Needs.Executable) && a.Executable != b.Executable) || (Differ(Needs.Parent) && a.ParentExecutable != b.ParentExecutable)
            || (Differ(Needs.CommandLine) && a.CommandLine != b.CommandLine) || (Differ(Needs.Directory) && a.WorkingDirectory != b.WorkingDirectory)
            || (Differ(Needs.Identity) && (a.ProcessId != b.ProcessId || a.Name != b.Name || a.UserId != b.UserId)))
            return false;
        return !Differ(Needs.Hash | Needs.Registers | Needs.Domains) || SameFacts(x.Facts, y.Facts);
    }

    private static bool SameFacts(CallFacts? x, CallFacts? y) =>
        x?.Sha256 == y?.Sha256 && (x?.DescriptorRegister ?? -1) == (y?.DescriptorRegister ?? -1) && Same(x?.Registers, y?.Registers) && Same(x?.Domains, y?.Domains);

    private static bool Same<T>(IReadOnlyList<T>? x, IReadOnlyList<T>? y) => x is null || y is null ? ReferenceEquals(x, y) : x.SequenceEqual(y);

    public int GetHashCode([DisallowNull] CallEvent obj)
    {
        int hash = obj.Syscall.GetHashCode(StringComparison.Ordinal);
        foreach (CallView view in obj.Views)
        {
            foreach (ref readonly Argument argument in view.Arguments.AsSpan())
                hash = HashCode.Combine(hash, argument.Number, argument.Kind == ArgumentKind.Number ? 0 : argument.Resolved?.GetHashCode(StringComparison.Ordinal) ?? 0);
        }

        return hash;
    }
}
