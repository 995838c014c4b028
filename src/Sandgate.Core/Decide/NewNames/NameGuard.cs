using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.NewNames;

/// <summary>
/// Keeps names honest: a new name may never permit what the old name refuses, nor stand where no file may be written. For each operation that rules restrict by the
/// file's name, the policy's verdicts on both names are compared; below directories for all names that there can be, where
/// the rules' conditions tell (<see cref="Condition.Carries"/>), else for all names that there are.
/// </summary>
internal sealed class NameGuard
{
    // A name that nothing below a directory has: what would be made there.
    private const string Fresh = "\u0001";

    // Each by itself: a directory for appending to may pass on to another such what neither lets be truncated, and to none where not even that is allowed.
    private static readonly string[] s_writing =
        ["w+create+truncate", "w", "rw", "w+create", "rw+create", "w+truncate", "rw+truncate", "rw+create+truncate", "w+append", "rw+append", "w+create+append", "rw+create+append"];

    private readonly Policy _policy;
    private readonly NameProbe[] _probes, _files;

    private NameGuard(Policy policy, NameProbe[] probes) => (_policy, _probes, _files) = (policy, probes, [.. probes.Where(p => !p.IsAboutPlaces)]);

    /// <summary>The guard of a policy; null when no rule of it restricts anything by a file's name.</summary>
    public static NameGuard? Of(Policy policy)
    {
        NameProbe[] probes = [.. NameProbe.All.Where(p => p.Concerns(policy))];
        return probes.Any(p => p.IsRestricted(policy)) || policy.HasRulesOn(Operation.Ptrace) || policy.Set.Rules.Any(LooksAtPrograms) ? new(policy, probes) : null;
    }

    // What a process runs is known by its name, too.
    private static bool LooksAtPrograms(Rule rule) =>
        rule.Action != RuleAction.Log && (rule.When.Needs(rule.Scope.Operation is { } family ? Operations.Of(family) : null) & (Needs.Executable | Needs.Parent)) != 0;

    /// <summary>The floor's verdict on a call that gives names; null when nothing stands against it.</summary>
    public Verdict? Judge(Call call, CallView view, Rule rule)
    {
        if (WhyNotThere(call, view) is { } placed)
            return Verdict.Of(view, rule with { Note = placed }, VerdictReason.Floor, RuleAction.NotAllow, proven: false);
        foreach (NewName name in NamesOf(call, view))
        {
            if (WhyNot(name) is { } why)
                return Verdict.Of(view, rule with { Note = why, Errno = name.Errno }, VerdictReason.Floor, RuleAction.NotAllow, proven: false);
        }

        return null;
    }

    // A call that a person writes down gives the names that it shows.
    private static IReadOnlyList<NewName> NamesOf(Call call, CallView view) => call.NewNames
        ?? (view is { Operation: Operation.Rename or Operation.Link, Arguments: [var old, var given, ..] } ? [new(old.Resolved, given.Resolved)] : []);

    // What the program could write may not be put where it may not write: where no file may be made, none may be moved.
    private string? WhyNotThere(Call call, CallView view)
    {
        if (view.Operation is not (Operation.Rename or Operation.Link) || view.Arguments is not [{ Resolved: { } old }, { Resolved: { } given }, ..])
            return null;
        foreach (string mode in s_writing)
        {
            if (IsRefused(call, given, mode) is { } made && IsRefused(call, old, mode) is null)
                return $"{CallText.Render(made, PathForm.Given)} is refused";
        }

        return null;
    }

    private CallView? IsRefused(Call call, string name, string mode)
    {
        CallView made = new(Operation.Open, "open", [Argument.FromPath(name, name), Argument.FromText(mode)]);
        Verdict verdict = _policy.Decide(new Call { ThreadId = call.ThreadId, Syscall = "open", Views = [made], Facts = call.Facts, IsQuestion = call.IsQuestion });
        return !verdict.Allowed && (verdict.IsProven || (verdict.Reason == VerdictReason.Default && verdict.IsCertain)) ? made : null;
    }

    private string? WhyNot(NewName name)
    {
        if (name.Refusal is { } refusal)
            return refusal;
        if (name is not { Old: { } old, New: { } given })
            return "what gets which name can't be told";
        if (WhyNotFile(old, given, _files) is { } why)
            return why;

        // A file that some other name still leads to.
        const string Deleted = " (deleted)";
        if (old.EndsWith(Deleted, StringComparison.Ordinal) && WhyNotFile(old[..^Deleted.Length], given, _files) is { } before)
            return before;
        return name.IsTree && old != given ? WhyNotTree(name, old == "/" ? "" : old, given == "/" ? "" : given) : null;
    }

    private string? WhyNotFile(string old, string given, NameProbe[] probes)
    {
        foreach (NameProbe probe in probes)
        {
            if (probe.Freed(_policy, old, given) is { } call)
                return $"{call} is refused, and by the new name it would not be";
        }

        return null;
    }

    private string? WhyNotTree(NewName name, string old, string given)
    {
        NameProbe[] open = [.. _probes.Where(p => !p.IsProven(_policy, old, given, tree: true))];
        if (open.Length == 0)
            return null;
        if (name.StaysBoth)
            return $"some {open[0].Name} below would be refused by the old name and not by the new one";
        if (name.Below is not { } list)
            return null;
        if (list() is not { } names)
            return "below are too many names to compare one by one, or they can't be listed";
        foreach (string below in names.Prepend(""))
        {
            bool directory = below is "" or [.., '/'];
            string entry = directory ? below.TrimEnd('/') : below;
            if (entry.Length > 0 && WhyNotFile($"{old}/{entry}", $"{given}/{entry}", open) is { } why)
                return why;
            if (directory && WhyNotFile($"{old}/{below}{Fresh}", $"{given}/{below}{Fresh}", open) is { } made)
                return made.Replace("\\x01", "…", StringComparison.Ordinal);
        }

        return null;
    }
}
