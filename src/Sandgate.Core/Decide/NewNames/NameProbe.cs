using System.Text.RegularExpressions;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.NewNames;

/// <summary>Compares what a policy says of one operation on one file by two names.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Rests">What its other arguments may be. What can't be enumerated is unreadable: rules on it can't be told.</param>
/// <param name="At">Which argument the file is.</param>
internal sealed partial record NameProbe(Operation Operation, Argument[][] Rests, int At = 0)
{
    private const string Socket = "unix:";

    private bool IsAddress => Info.KindAt(At) == ArgumentKind.Address;

    private static readonly Argument[] s_unknown = [Argument.Unreadable], s_unknownTwice = [Argument.Unreadable, Argument.Unreadable];

    /// <summary>Every operation on a file that has a name already.</summary>
    public static IReadOnlyList<NameProbe> All { get; } =
    [
        new(Operation.Open, Words("r", "w", "rw", "w+create+truncate", "w+append", "rw+create", "rw+create+truncate", "r+directory", "path")),
        new(Operation.Read, [[]]),
        new(Operation.Write, [s_unknown]),
        new(Operation.Truncate, [[Argument.FromNumber(0)], s_unknown]),
        new(Operation.Exec, [s_unknown, .. Words("x")]),
        new(Operation.Connect, [[]]),
        new(Operation.Delete, [[]]),
        new(Operation.Rename, [s_unknown]),
        new(Operation.Link, [s_unknown]),
        new(Operation.Mkdir, [s_unknown, .. Words("0755")]),
        new(Operation.Mknod, [s_unknown, .. Words("010644")]),
        new(Operation.Chmod, [s_unknown, .. Words("0755", "0644")]),
        new(Operation.Chown, [s_unknownTwice]),
        new(Operation.Utime, [[]]),
        new(Operation.Xattr, [s_unknown]),
        new(Operation.Stat, [[]]),
        new(Operation.Access, Words("exists", "r", "w", "x", "rw")),
        new(Operation.Readlink, [[]]),
        new(Operation.Chdir, [[]]),
        new(Operation.List, [[]]),
        new(Operation.Rename, [s_unknown], At: 1),
        new(Operation.Link, [s_unknown], At: 1),
        new(Operation.Symlink, [s_unknown], At: 1),
        new(Operation.Bind, [[]]),
        new(Operation.Mount, [s_unknownTwice], At: 1),
        new(Operation.Umount, [[]]),
        new(Operation.Chroot, [[]]),
    ];

    /// <summary>True when the name is where something is put: what is there already gains nothing by another name, what is put below a directory does.</summary>
    public bool IsAboutPlaces => At > 0 || Operation is Operation.Bind;

    // A pattern with a slash that is no network's, or one that begins anyhow and ends in no port, can mean a socket's file, too.
    [GeneratedRegex(@"unix:|'[^']*/(?!\d+')[^']*'|'[*?][^']*[^0-9*\]](?<!:[^']*)'", RegexOptions.CultureInvariant)]
    private static partial Regex MayNameSocket();

    private OperationInfo Info => Operations.Of(Operation)!;

    /// <summary>The operation's name.</summary>
    public string Name => Info.Name;

    private static Argument[][] Words(params string[] words) => [.. words.Select(w => new[] { Argument.FromText(w) })];

    /// <summary>True when the policy could say different things of two files.</summary>
    public bool Concerns(Policy policy)
    {
        foreach (Rule rule in policy.RulesOn(Operation))
        {
            if (LooksAtName(rule))
                return true;
        }

        return false;
    }

    /// <summary>True when the policy could refuse something of one file and not of another: by a refusal that looks at names, or by an exception from one that does.</summary>
    public bool IsRestricted(Policy policy)
    {
        bool refuses = policy.Set.Default != RuleAction.Allow, looks = false;
        foreach (Rule rule in policy.RulesOn(Operation))
        {
            refuses |= rule.MayRefuse;
            looks |= LooksAtName(rule);
        }

        return refuses && looks;
    }

    // A rule on addresses is about files when it names sockets in the file system.
    private bool LooksAtName(Rule rule) => rule.Action != RuleAction.Log && rule.When is not AnyCall && (IsAddress
        ? (rule.When.Needs(Info) & Needs.Addresses) != 0 && (rule.When.IsOpaque || MayNameSocket().IsMatch(rule.When.ToExpression()))
        : (rule.When.Needs(Info) & (Needs.Strings | Needs.ResolvedPaths | Needs.Descriptors)) != 0);

    /// <summary>True when it is certain that nothing is freed, whatever else a call shows and whoever makes it.</summary>
    public bool IsProven(Policy policy, string old, string given, bool tree)
    {
        NamePair pair = IsAddress ? new(Socket + old, Socket + given, tree, Info, At) : new(old, given, tree, Info, At);
        foreach (Rule rule in policy.RulesOn(Operation))
        {
            // Of the rules that match the last may be a question where it was a denial.
            if (rule.Action == RuleAction.Ask && policy.Set.Evaluation == Evaluation.LastMatch)
                return false;
            if (!Carries(rule, pair))
                return false;
        }

        return true;
    }

    private static bool Carries(Rule rule, in NamePair pair) =>
        rule.Action == RuleAction.Log || rule.When.Carries(rule.Action == RuleAction.Allow ? pair.Reversed : pair);

    /// <summary>A call that is refused by the old name and not by the new one, as people read it; null when there is none.</summary>
    public string? Freed(Policy policy, string old, string given)
    {
        if (IsProven(policy, old, given, tree: false))
            return null;
        foreach (Argument[] rest in Rests)
        {
            CallView before = View(old, rest), after = View(given, rest);
            if (Frees(policy, Probe(before), Probe(after)))
                return CallText.Render(before, PathForm.Given);
        }

        return null;
    }

    private CallView View(string name, Argument[] rest)
    {
        Argument file = Info.KindAt(At) switch
        {
            ArgumentKind.Descriptor => Argument.FromDescriptor(name),
            ArgumentKind.Address => Argument.FromPath(Socket + name, Socket + name),
            _ => Argument.FromPath(name, name),
        };
        return new(Operation, Info.Name, [.. rest[..At], file, .. rest[At..]]);
    }

    private static Call Probe(CallView view) => new() { ThreadId = 0, Syscall = view.Name, Views = [view] };

    // What isn't known of the one call isn't known of the other, so it is the same of both where one rule asks it. Where rules
    // ask it of one name only, it is taken as it would do harm.
    private bool Frees(Policy policy, Call before, Call after)
    {
        foreach (bool shared in (ReadOnlySpan<bool>)[false, true])
        {
            Tally old = default, given = default;
            foreach (Rule rule in policy.RulesOn(Operation))
            {
                if (rule.Action == RuleAction.Log)
                    continue;
                Truth first = Tally.TruthOf(rule, before, before.Main), second = Tally.TruthOf(rule, after, after.Main);
                bool same = first == Truth.Unknown && second == Truth.Unknown
                    && (rule.When.IsOpaque || Carries(rule, new(before.Main.Arguments[At].Given!, after.Main.Arguments[At].Given!, IsTree: false, Info, At)));
                old.Note(rule, Settle(first, same ? shared : rule.MayRefuse));
                given.Note(rule, Settle(second, same ? shared : !rule.MayRefuse));
            }

            if (Severity(old, policy, before) > Severity(given, policy, after))
                return true;
        }

        return false;
    }

    private static Truth Settle(Truth truth, bool unknown) => truth != Truth.Unknown ? truth : unknown ? Truth.True : Truth.False;

    private static int Severity(in Tally tally, Policy policy, Call call) => Verdict.Severity(tally.Close(policy.Set, call.Main, policy.Set.Default).Action);
}
