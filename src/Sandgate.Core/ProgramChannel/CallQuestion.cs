using System.Collections.Immutable;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decode;

namespace Sandgate.Core.ProgramChannel;

/// <summary>
/// Judges a call that nobody makes, as a real one would be judged, without doing anything: nobody is asked, no script
/// runs (it could remember that), nothing is written down.
/// </summary>
public static class CallQuestion
{
    /// <summary>
    /// The verdict. It is certain when every call that reads so would get it: not when a rule looks at something that the text doesn't tell,
    /// at which of several system calls it is, or at what lies below a directory that gets another name.
    /// </summary>
    public static Verdict Judge(Policy policy, ICatalogue catalogue, Call call)
    {
        bool family = call.Main.Operation != Operation.Syscall;
        List<string> names = [call.Syscall];
        bool certain = true;
        foreach (SyscallShape shape in catalogue.Syscalls)
        {
            if (family && shape.Operations is [var first, ..] && first == call.Main.Operation)
            {
                if (shape.Name != call.Syscall)
                    names.Add(shape.Name);
                certain &= !policy.HasKernelRules(shape.Name);
            }
            else if (!family && shape.Name == call.Syscall)
                certain &= shape.Operations.Length == 0;
        }

        Verdict? worst = null;
        foreach (string name in names)
        {
            Verdict verdict = policy.Decide(With(policy, call, name));
            certain &= verdict.IsCertain && (worst is not { } other || (other.Action == verdict.Action && other.Errno == verdict.Errno));
            if (worst is not { } before || Verdict.Severity(verdict.Action) > Verdict.Severity(before.Action))
                worst = verdict;
        }

        // Only a real call shows whether it is a directory.
        Verdict judged = worst!.Value;
        bool gives = GivesOtherName.Operations.Contains(call.Main.Operation) && policy.GuardsNames;
        return judged with { IsCertain = certain && !(gives && judged.Allowed) };
    }

    // Names are compared by asking all rules, with calls that don't say that nobody makes them: not where that could run a script.
    private static Call With(Policy policy, Call call, string syscall) => new()
    {
        ThreadId = call.ThreadId,
        Syscall = syscall,
        Views = call.Views,
        CertainErrno = call.CertainErrno,
        Facts = call.Facts,
        NewNames = policy.Set.Rules.Any(r => r.When.IsOpaque) ? ImmutableArray<NewName>.Empty : null,
        IsQuestion = true,
    };
}
