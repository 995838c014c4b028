using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Sandgate.Core.Control;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Linux.Control;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Decode.Names;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux;

/// <summary>
/// The rules of a run, which can be replaced while it runs, and of which some end by themselves. The
/// filter can't be changed once the program runs: rules on calls that it lets pass would never be
/// asked, so rules that need them are refused as a whole.
/// </summary>
internal sealed class RulesInForce : IDisposable
{
    // The timer's own limit is some fifty days.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(1);

    // Of several signals close together the first may already have seen what the last was sent for: that one, too, was
    // meant for the rules, and most programs would die of it.
    private static readonly TimeSpan s_sameWish = TimeSpan.FromMilliseconds(500);

    private const int MostAdded = 1024;

    private readonly LinuxCatalogue _catalogue;
    private readonly TargetRoots _roots;
    private readonly Action<string> _say;
    private readonly bool[] _stopped;
    private readonly bool[] _stoppedForNames;
    private readonly uint[] _passingUnless;
    private readonly ArgumentTest[][]?[] _partly;
    private readonly bool _hearsNames, _hearsRights;
    private readonly SideDoors _shut;
    private readonly Func<SyscallShape, bool> _watched;
    private readonly Lock _replacing = new();
    private readonly Guard? _guard;
    private RuleSet _rules;
    private IReadOnlyList<string> _files;
    private ImmutableArray<RuleInForce> _added = [];
    private long _lastAdded;
    private Timer? _expiry;
    private int _version = 1;
    private long? _lastRead;

    /// <summary>Makes the rules of a run.</summary>
    /// <param name="rules">What the configuration says.</param>
    /// <param name="files">The files it comes from.</param>
    /// <param name="catalogue">The system calls.</param>
    /// <param name="watched">True for calls that are to stop though no rule needs them.</param>
    /// <param name="shut">The ways past rules that the filter refuses.</param>
    /// <param name="recordsAll">True when somebody wants to hear of every call that rules look at.</param>
    /// <param name="roots">Told when roots may differ unnoticed.</param>
    /// <param name="say">Prints one message of Sandgate's own.</param>
    /// <param name="guard">What else is the supervisor's own; null for nothing.</param>
    public RulesInForce(
        RuleSet rules, IReadOnlyList<string> files, LinuxCatalogue catalogue, Func<SyscallShape, bool> watched, SideDoors shut, bool recordsAll, TargetRoots roots, Action<string> say,
        Guard? guard = null)
    {
        (_rules, _files, _catalogue, _shut, _roots, _say, _guard) = (rules, files, catalogue, shut, roots, say, guard);
        Policy = Make(rules, files);
        PassSettled = !recordsAll && !HasEnd(rules);
        _stopped = FilterPlan.Stopped(Policy, catalogue, watched);
        _stoppedForNames = FilterPlan.StoppedForNames(Policy, catalogue, watched);
        _passingUnless = FilterPlan.PassingUnless(Policy, catalogue, watched, PassSettled);
        _partly = new ArgumentTest[catalogue.Count][][];
        for (int number = 0; number < catalogue.Count; number++)
            _partly[number] = catalogue.ShapeOf(number) is { } shape && !watched(shape) ? PartlyInFamilies.Tests(Policy, shape, number) : null;
        _hearsNames = FilterPlan.WantsNames(Policy, catalogue);
        _hearsRights = FilterPlan.Emulates(Policy, catalogue, _watched = watched);
        ScheduleExpiry();
    }

    /// <summary>The rules of this moment.</summary>
    public Policy Policy { get; private set; }

    /// <summary>
    /// True when the filter may let calls pass that their registers settle as allowed. Rules that end by themselves could
    /// settle them otherwise later.
    /// </summary>
    public bool PassSettled { get; }

    private static bool HasEnd(RuleSet rules) => rules.Rules.Any(r => r.Expires is not null);

    /// <summary>Puts a policy in force; set once there is a loop that judges by it.</summary>
    public Action<Policy>? Apply
    {
        get;
        set
        {
            lock (_replacing)
            {
                field = value;
                value?.Invoke(Policy);
            }
        }
    }

    /// <summary>
    /// Replaces the rules by what <paramref name="read"/> yields; if that can't be, the old ones stay in force.
    /// False when it yields nothing, because nothing has changed for a while.
    /// </summary>
    public bool Replace(Func<(RuleSet Rules, IReadOnlyList<string> Files)?> read) => Replace(read, _say);

    /// <summary>The same; what became of it is said to <paramref name="say"/>.</summary>
    public bool Replace(Func<(RuleSet Rules, IReadOnlyList<string> Files)?> read, Action<string> say)
    {
        lock (_replacing)
        {
            try
            {
                if (read() is not ({ } rules, { } files))
                    return _lastRead is { } last && Stopwatch.GetElapsedTime(last) < s_sameWish;

                // What is around the gate stands where it stood.
                rules = rules with { Isolation = _rules.Isolation, Limits = _rules.Limits };
                if (!rules.LiftedFloor.SequenceEqual(_rules.LiftedFloor))
                    throw new IOException("the floor can't be changed while the program runs");
                PutInForce(rules, files, _added);
                say(string.Create(CultureInfo.InvariantCulture, $"the rules were read again: version {_version}, {rules.Rules.Length} {(rules.Rules.Length == 1 ? "rule" : "rules")}"));
            }
            catch (ConfigException bad)
            {
                foreach (Problem problem in bad.Problems)
                    say(problem.ToString());
                SayOldOnesStay(say);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                say(refused.Message);
                SayOldOnesStay(say);
            }

            _lastRead = Stopwatch.GetTimestamp();
            return true;
        }
    }

    /// <summary>Adds a rule behind all others; returns its number.</summary>
    /// <param name="make">Makes the rule, told its number.</param>
    /// <param name="by">Who wants it.</param>
    /// <exception cref="IOException">It can't be put in force.</exception>
    public long Add(Func<long, Rule> make, string by)
    {
        lock (_replacing)
        {
            if (_added.Length >= MostAdded)
                throw new IOException("1024 rules were added already");
            long id = _lastAdded + 1;
            PutInForce(_rules, _files, [.. _added, new(make(id), id, by)]);
            return _lastAdded = id;
        }
    }

    /// <summary>Takes away a rule that was added; false when there is none of that number.</summary>
    /// <exception cref="IOException">The others can't be in force without it.</exception>
    public bool Remove(long id)
    {
        lock (_replacing)
        {
            if (!_added.Any(a => a.Id == id))
                return false;
            PutInForce(_rules, _files, _added.RemoveAll(a => a.Id == id));
            return true;
        }
    }

    /// <summary>All of them, and how often they were changed.</summary>
    public (int Version, IReadOnlyList<RuleInForce> Rules) List()
    {
        lock (_replacing)
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            IEnumerable<RuleInForce> all = [.. _rules.Rules.Select(r => new RuleInForce(r, null, null)), .. _added];
            return (_version, [.. all.Where(r => r.Rule.Expires is not { } end || end > now)]);
        }
    }

    private void PutInForce(RuleSet rules, IReadOnlyList<string> files, ImmutableArray<RuleInForce> added)
    {
        Policy policy = Make(With(rules, added), files);
        RefuseWhatPasses(policy, HasEnd(rules), added.Any(a => a.Rule.Expires is not null) ? Later(rules, files, added) : []);
        if (!_hearsNames && FilterPlan.WantsNames(policy, _catalogue))
            throw new IOException("the new rules look at domains, and this run began without such a rule: it has not heard which names addresses have");
        if ((SideDoorsOf.Rules(policy.Set, _catalogue, _ => false) & ~_shut) is not SideDoors.None and var open)
            throw new IOException(SideDoorsOf.WhyRefused(open));
        (_rules, _files, _added) = (rules, files, added);
        _version++;
        Use(policy);
    }

    private static RuleSet With(RuleSet rules, ImmutableArray<RuleInForce> added) =>
        added.IsEmpty ? rules : rules with { Rules = [.. rules.Rules, .. added.Select(a => a.Rule)] };

    // As they will be when one added rule after the other has ended.
    private List<Policy> Later(RuleSet rules, IReadOnlyList<string> files, ImmutableArray<RuleInForce> added) =>
        [.. added.Select(a => a.Rule.Expires).OfType<DateTimeOffset>().Distinct().Select(end => Make(With(rules, [.. added.Where(a => a.Rule.Expires is not { } own || own > end)]), files))];

    private void SayOldOnesStay(Action<string> say) => say(string.Create(CultureInfo.InvariantCulture, $"the rules stay as they are: version {_version}"));

    private void RefuseWhatPasses(Policy policy, bool hasEnd, List<Policy> later)
    {
        HashSet<string> names = [];
        for (int number = 0; number < _stopped.Length; number++)
        {
            if (_catalogue.ShapeOf(number) is { } namer && policy.WatchesNames(namer) && !_stoppedForNames[number])
                names.Add(namer.Operations is [.., var gives] ? Operations.Of(gives)!.Name : namer.Name);
            if (_catalogue.ShapeOf(number) is not { } shape || (policy.TrapSet.ReasonFor(shape) & TrapReason.Rule) == 0)
                continue;
            bool partly = _passingUnless[number] != 0;
            if (_partly[number] is { } stopped && !PartlyInFamilies.Covers(stopped, PartlyInFamilies.Tests(policy, shape, number)))
                names.Add(shape.Name);
            else if (partly ? hasEnd || ((List<Policy>)[policy, .. later]).Exists(p => !SettledOpens.AllPass(p, shape, _passingUnless[number])) : !_stopped[number])
                names.Add(shape.Operations is [var operation, ..] ? Operations.Of(operation)!.Name : shape.Name);
        }

        if (names.Count > 0)
        {
            string list = string.Join(',', names.Take(8)) + (names.Count > 8 ? ",…" : "");
            throw new IOException($"the new rules need calls that this run doesn't stop ({list}); start with --trap={list} to be able to add such rules later");
        }
    }

    private void Use(Policy policy)
    {
        // Nobody watched for changed roots before there were rules on paths.
        if (NeedsPaths(policy) && !NeedsPaths(Policy))
            _roots.MayDiffer = true;

        // Nor for changed rights before there was anything to do for the program.
        if (!_hearsRights && FilterPlan.Emulates(policy, _catalogue, _watched))
            _roots.Credentials.MayDiffer = true;
        Policy = policy;
        Apply?.Invoke(policy);
        ScheduleExpiry();
    }

    private bool NeedsPaths(Policy policy)
    {
        foreach (SyscallShape shape in _catalogue.Syscalls)
        {
            if (policy.TrapSet.ReasonFor(shape) != TrapReason.None && (policy.NeedsOf(shape) & (Needs.ResolvedPaths | Needs.Addresses)) != 0)
                return true;
        }

        return false;
    }

    // Where names come from, a program may no more write than the rules that look at them.
    private Policy Make(RuleSet rules, IReadOnlyList<string> files)
    {
        RuleSet now = rules.At(DateTimeOffset.UtcNow);
        ImmutableArray<Rule> FloorAbove(IEnumerable<string> more) =>
            [.. Floor.Above(rules, Environment.ProcessId, [.. files, .. _guard?.Written ?? [], .. more]), .. _guard?.Above(rules) ?? []];
        ImmutableArray<Rule> floor = FloorAbove([]);
        Policy policy = new(now, floor);
        if (FilterPlan.WantsNames(policy, _catalogue))
            policy = new(now, floor = FloorAbove(NameFiles.Paths()));
        Rule[] quiet = [.. _guard?.Quiet(policy, _catalogue) ?? []];
        return quiet.Length > 0 ? new(now, [.. floor, .. quiet]) : policy;
    }

    private void ScheduleExpiry()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        DateTimeOffset? next = null;
        foreach (Rule rule in With(_rules, _added).Rules)
        {
            if (rule.Expires is { } end && end > now && (next is null || end < next))
                next = end;
        }

        _expiry?.Dispose();
        if (next is null)
            return;
        TimeSpan wait = next.Value - now + TimeSpan.FromMilliseconds(1);
        _expiry = new Timer(_ => Expire(), null, wait < s_longestWait ? wait : s_longestWait, Timeout.InfiniteTimeSpan);
    }

    private void Expire()
    {
        lock (_replacing)
        {
            int before = Policy.Set.Rules.Length;
            DateTimeOffset now = DateTimeOffset.UtcNow;
            _added = _added.RemoveAll(a => a.Rule.Expires <= now);
            Policy policy = Make(With(_rules, _added), _files);
            if (policy.Set.Rules.Length != before)
                _say(string.Create(CultureInfo.InvariantCulture, $"{before - policy.Set.Rules.Length} of the rules expired"));
            Use(policy);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _expiry?.Dispose();
}
