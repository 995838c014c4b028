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

    /// <summary>Judges a call: every view of it must be allowed.</summary>
    public Verdict Decide(Call call)
    {
        bool logged = false;
        Verdict first = Verdict.AllowByDefault;
        for (int i = 0; i < call.Views.Length; i++)
        {
            Verdict verdict = DecideView(call, call.Views[i], i);
            if (!verdict.Allowed)
            {
                // What can't be judged and can't succeed either is left to fail by itself: that is no denial.
                if (call.CertainErrno != 0 && !verdict.IsProven)
                    continue;
                return verdict;
            }

            logged |= verdict.Logged;
            if (i == 0)
                first = verdict;
        }

        return logged == first.Logged ? first : first with { Logged = logged };
    }

    private Verdict DecideView(Call call, CallView view, int index)
    {
        foreach (Rule rule in _floor[(int)view.Operation])
        {
            Truth truth = rule.When.Evaluate(view, Reading.AnyForm);
            if (truth != Truth.False)
                return Deny(view, index, rule, VerdictReason.Floor, truth == Truth.True);
        }

        if (view.Operation != Operation.Syscall)
            return DecideAmong(call, view, index, _rules[(int)view.Operation], byDefault: Set.AllowByDefault);

        // The kernel's own view has no default: a family's default already spoke for its calls, and
        // plumbing such as brk or futex is judged only when somebody names it.
        _kernelRules.TryGetValue(call.Syscall, out Rule[]? own);
        Rule[] rules = index > 0 ? own ?? [] : own is null ? _general : [.. _general, .. own];
        return DecideAmong(call, view, index, rules, byDefault: true);
    }

    private Verdict DecideAmong(Call call, CallView view, int index, Rule[] rules, bool byDefault)
    {
        Rule? allow = null, deny = null, unknown = null, last = null;
        bool logged = false;
        foreach (Rule rule in rules)
        {
            Truth truth = rule.When.Evaluate(view, rule.Action == RuleAction.Allow ? Reading.ResolvedOnly : Reading.AnyForm);
            switch (rule.Action, truth)
            {
                case (_, Truth.False) or (RuleAction.Allow, Truth.Unknown): break;
                case (RuleAction.Log, _): logged = true; break;
                case (RuleAction.Allow, _): allow ??= rule; last = rule; break;
                case (_, Truth.True): deny ??= rule; last = rule; break;
                default: unknown ??= rule; last = rule; break;
            }
        }

        Rule? winner = Set.Evaluation switch
        {
            Evaluation.AllowOverrides => allow ?? deny ?? unknown,
            Evaluation.DenyOverrides => deny ?? unknown ?? allow,
            _ => last,
        };
        if (winner is null)
            return byDefault ? Allow(VerdictReason.Default, null) : Deny(view, index, null, VerdictReason.Default, proven: false);
        if (winner == allow || winner.Action == RuleAction.Allow)
            return Allow(VerdictReason.Rule, winner);
        if (winner.When.Evaluate(view, Reading.AnyForm) == Truth.True)
            return Deny(view, index, winner, VerdictReason.Rule, proven: true);
        return Set.AllowUnknown ? Allow(VerdictReason.Unknown, winner) : Deny(view, index, winner, VerdictReason.Unknown, proven: false);

        Verdict Allow(VerdictReason reason, Rule? rule) => new(true, 0, reason, rule, index, logged);
    }

    private static Verdict Deny(CallView view, int index, Rule? rule, VerdictReason reason, bool proven) =>
        new(false, rule is { Errno: > 0 } ? rule.Errno : DefaultErrno(view.Operation), reason, rule, index, false) { IsProven = proven };

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
