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
            && SameCall.AreSame(x.Views, y.Views) && SameFacts(x, y, needs(x.Syscall)));

    private static bool SameFacts(CallEvent x, CallEvent y, Needs needed)
    {
        Caller a = x.Caller, b = y.Caller;
        bool Differ(Needs need) => (needed & need) != 0;
        if ((Differ(Needs.Executable) && a.Executable != b.Executable) || (Differ(Needs.Parent) && a.ParentExecutable != b.ParentExecutable)
            || (Differ(Needs.CommandLine) && a.CommandLine != b.CommandLine) || (Differ(Needs.Directory) && a.WorkingDirectory != b.WorkingDirectory)
            || (Differ(Needs.Identity) && (a.ProcessId != b.ProcessId || a.Name != b.Name || a.UserId != b.UserId)))
            return false;
        return !Differ(Needs.Hash | Needs.Registers | Needs.Domains) || SameCall.AreSame(x.Facts, y.Facts);
    }

    public int GetHashCode([DisallowNull] CallEvent obj) => HashCode.Combine(obj.Text, obj.Resolved);
}
