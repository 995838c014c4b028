using System.Collections.Immutable;
using Sandgate.Core.Decide.Index;
using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide;

/// <summary>
/// The rules in force. Deciding is pure: no input or output, no clock, no operating system; the
/// same call always gets the same verdict. A policy never changes; a reload makes another one.
/// </summary>
public sealed class Policy
{
    // To ask words first means to ask every rule: with more, an index finds the few by the path, which must be read.
    private const int MostForWords = 64;

    private static readonly Rule[] s_noRules = [];
    private static readonly RuleList s_none = new(s_noRules, null);

    private readonly RuleList[] _rules = new RuleList[Operations.Count];
    private readonly Rule[][] _floor = new Rule[Operations.Count][];
    private readonly bool[] _ruled = new bool[Operations.Count];
    private readonly Dictionary<string, KernelRules> _kernelRules = new(StringComparer.Ordinal);
    private readonly Rule[] _generalRules;
    private readonly RuleList _general;
    private readonly Dictionary<string, Rule[]> _floorOnCalls = new(StringComparer.Ordinal);
    private readonly NameGuard? _names;
    private readonly Rule? _namesRule;

    // Rules on one kernel call: for a call that has no family, together with those on every call.
    private sealed record KernelRules(RuleList First, RuleList Later);

    /// <summary>Makes a policy of the user's rules and the floor's.</summary>
    public Policy(RuleSet set, ImmutableArray<Rule> floor)
    {
        Set = set;
        List<Rule> general = [];
        List<Rule>?[] own = new List<Rule>?[Operations.Count], below = new List<Rule>?[Operations.Count];
        Dictionary<string, List<Rule>> kernel = new(StringComparer.Ordinal);
        foreach (Rule rule in set.Rules)
        {
            if (rule.Scope.Syscall is { } syscall)
            {
                if (!kernel.TryGetValue(syscall, out List<Rule>? its))
                    kernel.Add(syscall, its = []);
                its.Add(rule);
            }
            else if (rule.Scope.Operation is { } operation)
                (own[(int)operation] ??= []).Add(rule);
            else
                general.Add(rule);
        }

        _generalRules = [.. general];
        _general = new(_generalRules, null);
        for (int i = 0; i < Operations.Count; i++)
        {
            _ruled[i] = own[i] is not null;
            _rules[i] = new(own[i] is { } rules ? [.. general, .. rules] : _generalRules, Operations.Of((Operation)i));
        }

        _namesRule = floor.FirstOrDefault(r => r.When is GivesOtherName);
        _names = _namesRule is null ? null : NameGuard.Of(this);
        foreach (Rule rule in floor)
        {
            if (rule.Scope.Syscall is { } syscall)
                _floorOnCalls[syscall] = [.. _floorOnCalls.GetValueOrDefault(syscall, s_noRules), rule];
            else if (_names is not null || rule.When is not GivesOtherName)
                (below[(int)rule.Scope.Operation!.Value] ??= []).Add(rule);
        }

        for (int i = 0; i < Operations.Count; i++)
            _floor[i] = below[i]?.ToArray() ?? s_noRules;

        foreach ((string syscall, List<Rule> its) in kernel)
            _kernelRules.Add(syscall, new(new([.. general, .. its], null), new([.. its], null)));
        TrapSet = new TrapSet(this);
    }

    /// <summary>Which system calls must be stopped for these rules.</summary>
    public TrapSet TrapSet { get; }

    /// <summary>What the configuration says.</summary>
    public RuleSet Set { get; }

    internal ReadOnlySpan<Rule> GeneralRules => _generalRules;

    internal bool HasRulesOn(Operation operation) => _ruled[(int)operation];

    /// <summary>True when some rule, or the default, could decide about calls of a family.</summary>
    public bool NeedsFamily(Operation operation) => HasRulesOn(operation) || Set.Default != RuleAction.Allow;

    internal bool HasKernelRules(string syscall) => _kernelRules.ContainsKey(syscall);

    internal bool HasFloor(Operation operation) => _floor[(int)operation].Length > 0;

    /// <summary>The floor's rules on a view.</summary>
    internal Rule[] FloorOn(Call call, CallView view) => view.Operation == Operation.Syscall ? _floorOnCalls.GetValueOrDefault(call.Syscall, s_noRules) : _floor[(int)view.Operation];

    /// <summary>True when a rule above all others looks at just these calls, by what the kernel calls their arguments.</summary>
    public bool IsAboveOn(SyscallShape shape) => _floorOnCalls.ContainsKey(shape.Name);

    /// <summary>The user's rules that are asked about one view of a call, in the order in which they are asked.</summary>
    internal ReadOnlySpan<Rule> RulesOn(Call call, int index) => ListFor(call, index).Rules;

    /// <summary>The rules that are asked about calls of a family.</summary>
    internal ReadOnlySpan<Rule> RulesOn(Operation operation) => _rules[(int)operation].Rules;

    /// <summary>True when calls of this shape are watched because they can give a file another name.</summary>
    public bool WatchesNames(SyscallShape shape)
    {
        if (_names is not null && GivesOtherName.Syscalls.Contains(shape.Name))
            return true;
        foreach (Operation operation in shape.Operations)
        {
            if (_names is not null && GivesOtherName.Operations.Contains(operation))
                return true;
        }

        return false;
    }

    /// <summary>True when some rule could be got round by another name, so that giving names is watched.</summary>
    internal bool GuardsNames => _names is not null;

    /// <summary>True for a call that gives names.</summary>
    internal bool WatchesNames(Call call) => _names is not null && call.NewNames is { Count: > 0 };

    // The kernel's own view has no rules of a family; when a family's view came first, that one has asked the general rules already.
    private RuleList ListFor(Call call, int index)
    {
        CallView view = call.Views[index];
        if (view.Operation != Operation.Syscall)
            return _rules[(int)view.Operation];
        (RuleList First, RuleList Later) lists = _kernelRules.TryGetValue(call.Syscall, out KernelRules? own) ? (own.First, own.Later) : (_general, s_none);
        return index == 0 ? lists.First : lists.Later;
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
            needs |= _rules[(int)operation].Needs;
            foreach (Rule rule in _floor[(int)operation])
                needs |= rule.When.Needs(info);
        }

        if (LastMatters(shape))
            needs |= Needs.Strings | Needs.ResolvedPaths | Needs.Addresses;
        if (shape.Operations.Length == 0)
            needs |= _general.Needs;
        if (_kernelRules.TryGetValue(shape.Name, out KernelRules? own))
            needs |= Needs.KernelView | own.Later.Needs;
        if (WatchesNames(shape))
            needs |= Needs.NewNames;
        foreach (Rule rule in _floorOnCalls.GetValueOrDefault(shape.Name, s_noRules))
            needs |= rule.When.Needs(null);
        return needs;
    }

    // True when rules may refuse the family that only the state of files and sockets brings in.
    private bool LastMatters(SyscallShape shape)
    {
        if (!shape.MayBeLast)
            return false;
        bool matters = Set.Default != RuleAction.Allow;
        foreach (Rule rule in _rules[(int)shape.Operations[^1]].Rules)
            matters |= rule.Action != RuleAction.Allow;

        // Those of the floor that are about names are about renaming, too.
        foreach (Rule rule in _floor[(int)shape.Operations[^1]])
            matters |= (rule.When.Needs(Operations.Of(shape.Operations[^1])) & Needs.Text) == 0;
        return matters;
    }

    /// <summary>True when only rules on this call's families look at it: none on every call, none on the call's own name.</summary>
    public bool NeedsOnlyFamilies(SyscallShape shape) => _generalRules.Length == 0 && !HasKernelRules(shape.Name);

    /// <summary>True when some rule may refuse a call of this shape for what stands in the program's memory.</summary>
    public bool RestrictsByMemory(SyscallShape shape)
    {
        // An exception from a refusal (all but these addresses) restricts by what the exception looks at.
        bool Restricts(ReadOnlySpan<Rule> rules, OperationInfo? info)
        {
            bool refuses = Set.Default != RuleAction.Allow, looks = false;
            foreach (Rule rule in rules)
            {
                refuses |= rule.MayRefuse;
                looks |= (rule.When.Needs(info) & Needs.Text) != 0;
            }

            return refuses && looks;
        }

        foreach (Operation operation in shape.Operations)
        {
            OperationInfo? info = Operations.Of(operation);
            if (Restricts(_rules[(int)operation].Rules, info) || Restricts(_floor[(int)operation], info))
                return true;
        }

        return LastMatters(shape) || (shape.Operations.Length == 0 && Restricts(_generalRules, null))
            || (_kernelRules.TryGetValue(shape.Name, out KernelRules? own) && Restricts(own.First.Rules, null))
            || (Array.IndexOf(shape.Operations, Operation.Open) >= 0 && HasRulesOn(Operation.Ptrace));
    }

    /// <summary>
    /// True when calls of this shape are worth judging by the words in their registers first (an open's
    /// mode): every rule that looks into memory looks at such a word, too, and may fail on it.
    /// </summary>
    public bool WordsMayDecide(SyscallShape shape)
    {
        if (shape.WordsInMemory || shape.MayBeLast || shape.Operations.Length == 0 || HasKernelRules(shape.Name) || HasRulesOn(Operation.Ptrace) || WatchesNames(shape))
            return false;
        bool memory = false;
        foreach (Operation operation in shape.Operations)
        {
            OperationInfo? info = Operations.Of(operation);
            ReadOnlySpan<Rule> rules = _rules[(int)operation].Rules;
            if (rules.Length > MostForWords)
                return false;
            foreach (Rule rule in (ReadOnlySpan<Rule>)[.. rules, .. _floor[(int)operation]])
            {
                if ((rule.When.Needs(info) & ~Needs.Registers) == Needs.None)
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
    public Verdict Decide(Call call) => DecideFrom(call, 0);

    /// <summary>Judges a call's views from one of them on.</summary>
    public Verdict DecideFrom(Call call, int from)
    {
        bool logged = false, certain = true;
        Verdict result = Verdict.AllowByDefault;
        for (int i = from; i < call.Views.Length; i++)
        {
            Verdict verdict = DecideView(call, call.Views[i], i);
            certain &= verdict.IsCertain;
            logged |= verdict.Logged;

            // What can't be judged and can't succeed either is left to fail by itself: that is no denial.
            if (!verdict.Allowed && call.CertainErrno != 0 && !verdict.IsProven)
                continue;
            if (i == from || Verdict.Severity(verdict.Action) > Verdict.Severity(result.Action))
                result = verdict;
        }

        return logged == result.Logged && certain == result.IsCertain ? result : result with { Logged = logged, IsCertain = certain };
    }

    private Verdict DecideView(Call call, CallView view, int index)
    {
        foreach (Rule rule in FloorOn(call, view))
        {
            Truth truth = rule.When.Matches(call, view, Reading.AnyForm);
            if (truth != Truth.False)
                return Verdict.Of(view, rule, VerdictReason.Floor, RuleAction.NotAllow, truth == Truth.True) with { View = index, IsCertain = truth == Truth.True };
        }

        // The kernel's own view has no default: a family's default already spoke for its calls, and
        // plumbing such as brk or futex is judged only when somebody names it.
        RuleAction byDefault = view.Operation == Operation.Syscall ? RuleAction.Allow : Set.Default;
        Verdict verdict = ListFor(call, index).Decide(call, view, Set, byDefault) with { View = index };

        // A rule that refuses the call itself says so in its own way.
        return _names is not null && GivesNames(call, view) && Verdict.Severity(verdict.Action) < Verdict.Severity(RuleAction.NotAllow)
            && _names.Judge(call, view, _namesRule!) is { } refused ? refused with { View = index, Logged = verdict.Logged } : verdict;
    }

    private static bool GivesNames(Call call, CallView view) =>
        GivesOtherName.Operations.Contains(view.Operation) || GivesOtherName.Syscalls.Contains(call.Syscall);
}
