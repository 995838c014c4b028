using System.Collections.Immutable;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide;

/// <summary>
/// The rules in force. Deciding is pure: no input or output, no clock, no operating system; the
/// same call always gets the same verdict. A policy never changes; a reload makes another one.
/// </summary>
public sealed class Policy
{
    private static readonly Rule[] s_none = [];

    private readonly Rule[][] _rules = new Rule[Operations.Count][];
    private readonly Rule[][] _floor = new Rule[Operations.Count][];
    private readonly bool[] _ruled = new bool[Operations.Count];
    private readonly Dictionary<string, Rule[]> _kernelRules = new(StringComparer.Ordinal);
    private readonly Rule[] _general;

    /// <summary>Makes a policy of the user's rules and the floor's.</summary>
    public Policy(RuleSet set, ImmutableArray<Rule> floor)
    {
        Set = set;
        List<Rule> general = [];
        List<Rule>?[] own = new List<Rule>?[Operations.Count], below = new List<Rule>?[Operations.Count];
        foreach (Rule rule in set.Rules)
        {
            if (rule.Scope.Syscall is { } syscall)
                _kernelRules[syscall] = [.. _kernelRules.GetValueOrDefault(syscall) ?? s_none, rule];
            else if (rule.Scope.Operation is { } operation)
                (own[(int)operation] ??= []).Add(rule);
            else
                general.Add(rule);
        }

        foreach (Rule rule in floor)
            (below[(int)rule.Scope.Operation!.Value] ??= []).Add(rule);
        _general = [.. general];
        for (int i = 0; i < Operations.Count; i++)
        {
            _ruled[i] = own[i] is not null;
            _rules[i] = own[i] is { } rules ? [.. general, .. rules] : _general;
            _floor[i] = below[i]?.ToArray() ?? s_none;
        }

        TrapSet = new TrapSet(this);
    }

    /// <summary>Which system calls must be stopped for these rules.</summary>
    public TrapSet TrapSet { get; }

    /// <summary>What the configuration says.</summary>
    public RuleSet Set { get; }

    internal ReadOnlySpan<Rule> GeneralRules => _general;

    internal bool HasRulesOn(Operation operation) => _ruled[(int)operation];

    internal bool HasKernelRules(string syscall) => _kernelRules.ContainsKey(syscall);

    internal bool HasFloor(Operation operation) => _floor[(int)operation].Length > 0;

    /// <summary>The floor's rules on a view.</summary>
    internal Rule[] FloorOn(CallView view) => _floor[(int)view.Operation];

    /// <summary>The user's rules that are asked about one view of a call, in the order in which they are asked.</summary>
    internal Rule[] RulesOn(Call call, int index)
    {
        CallView view = call.Views[index];
        if (view.Operation != Operation.Syscall)
            return _rules[(int)view.Operation];

        // The family's view has asked the general rules already.
        Rule[]? own = _kernelRules.GetValueOrDefault(call.Syscall);
        return index > 0 ? own ?? s_none : own is null ? _general : [.. _general, .. own];
    }

    /// <summary>What must be read before a call of this shape can be judged.</summary>
    public Needs NeedsOf(SyscallShape shape)
    {
        Needs needs = Needs.None;
        foreach (Operation operation in shape.Operations)
        {
            OperationInfo? info = Operations.Of(operation);

            // Which memory a process opens is told by the real path.
            if (operation == Operation.Open && HasRulesOn(Operation.Ptrace))
                needs |= Needs.Strings | Needs.ResolvedPaths;
            foreach (Rule rule in _rules[(int)operation])
                needs |= rule.When.Needs(info);
            foreach (Rule rule in _floor[(int)operation])
                needs |= rule.When.Needs(info);
        }

        if (shape.Operations.Length == 0)
        {
            foreach (Rule rule in _general)
                needs |= rule.When.Needs(null);
        }

        if (_kernelRules.TryGetValue(shape.Name, out Rule[]? own))
        {
            needs |= Needs.KernelView;
            foreach (Rule rule in own)
                needs |= rule.When.Needs(null);
        }

        return needs;
    }

    /// <summary>
    /// True when calls of this shape are worth judging by the words in their registers first (an open's
    /// mode): every rule that looks into memory looks at such a word, too, and may fail on it.
    /// </summary>
    public bool WordsMayDecide(SyscallShape shape)
    {
        if (shape.WordsInMemory || shape.Operations.Length == 0 || HasKernelRules(shape.Name) || HasRulesOn(Operation.Ptrace))
            return false;
        bool memory = false;
        foreach (Operation operation in shape.Operations)
        {
            OperationInfo? info = Operations.Of(operation);
            foreach (Rule rule in (ReadOnlySpan<Rule>)[.. _rules[(int)operation], .. _floor[(int)operation]])
            {
                if (rule.When.Needs(info) == Needs.None)
                    continue;

                // Another operation of the call is asked only when a word says so: opening truncates only with its flag.
                memory = true;
                if (operation == shape.Operations[0] && !rule.When.LooksAtWord(info))
                    return false;
            }
        }

        return memory;
    }

    /// <summary>
    /// True when a call of which only the registers were read is allowed, whatever the rest of it turns out to be, and nobody
    /// wants to hear of it: the kernel could let it pass.
    /// </summary>
    public bool IsSettled(SyscallShape shape, Call registersOnly) =>
        !shape.WordsInMemory && !HasKernelRules(shape.Name) && !HasRulesOn(Operation.Ptrace)
        && Decide(registersOnly) is { Allowed: true, IsCertain: true, Logged: false };

    /// <summary>Judges a call: every view of it must be allowed. Of several that are not, the severest verdict counts.</summary>
    public Verdict Decide(Call call)
    {
        bool logged = false, certain = true;
        Verdict result = Verdict.AllowByDefault;
        for (int i = 0; i < call.Views.Length; i++)
        {
            Verdict verdict = DecideView(call, call.Views[i], i);
            certain &= verdict.IsCertain;
            logged |= verdict.Logged;

            // What can't be judged and can't succeed either is left to fail by itself: that is no denial.
            if (!verdict.Allowed && call.CertainErrno != 0 && !verdict.IsProven)
                continue;
            if (i == 0 || Severity(verdict.Action) > Severity(result.Action))
                result = verdict;
        }

        return logged == result.Logged && certain == result.IsCertain ? result : result with { Logged = logged, IsCertain = certain };
    }

    private static int Severity(RuleAction action) => action switch
    {
        RuleAction.Kill => 3,
        RuleAction.NotAllow => 2,
        RuleAction.Ask => 1,
        _ => 0,
    };

    private Verdict DecideView(Call call, CallView view, int index)
    {
        foreach (Rule rule in _floor[(int)view.Operation])
        {
            Truth truth = rule.When.Matches(call, view, Reading.AnyForm);
            if (truth != Truth.False)
                return Deny(view, index, rule, VerdictReason.Floor, truth == Truth.True) with { IsCertain = truth == Truth.True };
        }

        if (view.Operation != Operation.Syscall)
            return DecideAmong(call, view, index, _rules[(int)view.Operation], Set.Default);

        // The kernel's own view has no default: a family's default already spoke for its calls, and
        // plumbing such as brk or futex is judged only when somebody names it.
        return DecideAmong(call, view, index, RulesOn(call, index), RuleAction.Allow);
    }

    private Verdict DecideAmong(Call call, CallView view, int index, ReadOnlySpan<Rule> rules, RuleAction byDefault)
    {
        Rule? allow = null, deny = null, unknown = null, last = null;
        bool logged = false, certain = true, lastIsProven = true;
        foreach (Rule rule in rules)
        {
            Truth truth = rule.When.Matches(call, view, rule.Action == RuleAction.Allow ? Reading.ResolvedOnly : Reading.AnyForm);
            certain &= truth != Truth.Unknown;
            switch (rule.Action, truth)
            {
                case (_, Truth.False) or (RuleAction.Allow, Truth.Unknown): break;
                case (RuleAction.Log, _): logged = true; break;
                case (RuleAction.Allow, _): allow ??= rule; (last, lastIsProven) = (rule, true); break;
                case (_, Truth.True):
                    if (deny is null || Severity(rule.Action) > Severity(deny.Action))
                        deny = rule;
                    (last, lastIsProven) = (rule, true);
                    break;
                default: unknown ??= rule; (last, lastIsProven) = (rule, false); break;
            }
        }

        // A rule that could not be judged stands against the call as on_unknown says, so it can outweigh one that was.
        Rule? against = unknown is not null && Severity(Set.OnUnknown) > Severity(deny?.Action ?? RuleAction.Allow) ? unknown : deny ?? unknown;
        Rule? winner = Set.Evaluation switch
        {
            Evaluation.AllowOverrides => allow ?? against,
            Evaluation.DenyOverrides => against == unknown && Set.OnUnknown == RuleAction.Allow ? allow ?? against : against ?? allow,
            _ => last,
        };
        bool proven = Set.Evaluation == Evaluation.LastMatch ? lastIsProven : winner != unknown;
        Verdict verdict = winner switch
        {
            null => Answer(view, index, null, VerdictReason.Default, byDefault, proven: false),
            _ when proven => Answer(view, index, winner, VerdictReason.Rule, winner.Action, proven: winner.Action != RuleAction.Allow),
            _ => Answer(view, index, winner, VerdictReason.Unknown, Set.OnUnknown, proven: false),
        };
        return certain && !logged ? verdict : verdict with { IsCertain = certain, Logged = logged };
    }

    private static Verdict Deny(CallView view, int index, Rule? rule, VerdictReason reason, bool proven) =>
        Answer(view, index, rule, reason, RuleAction.NotAllow, proven);

    private static Verdict Answer(CallView view, int index, Rule? rule, VerdictReason reason, RuleAction action, bool proven) =>
        action == RuleAction.Allow
            ? new(true, 0, reason, rule, index, false)
            : new(false, rule is { Errno: > 0 } ? rule.Errno : DefaultErrno(view.Operation), reason, rule, index, false) { IsProven = proven, Action = action };

    // Files are refused with EACCES as a file's permissions would, everything else with EPERM.
    private static int DefaultErrno(Operation operation)
    {
        foreach (OperationArgument argument in Operations.Of(operation)?.Arguments ?? [])
        {
            if (argument.Kind is ArgumentKind.Path or ArgumentKind.Descriptor)
                return Errnos.EACCES;
        }

        return Errnos.EPERM;
    }
}
