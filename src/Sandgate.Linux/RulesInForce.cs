using System.Diagnostics;
using System.Globalization;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
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

    private readonly LinuxCatalogue _catalogue;
    private readonly TargetRoots _roots;
    private readonly Action<string> _say;
    private readonly bool[] _stopped;
    private readonly bool[] _stoppedForNames;
    private readonly uint[] _passingUnless;
    private readonly bool[] _writingOnly;
    private readonly bool _hearsNames;
    private readonly Lock _replacing = new();
    private RuleSet _rules;
    private IReadOnlyList<string> _files;
    private Timer? _expiry;
    private int _version = 1;
    private long? _lastRead;

    /// <summary>Makes the rules of a run.</summary>
    /// <param name="rules">What the configuration says.</param>
    /// <param name="files">The files it comes from.</param>
    /// <param name="catalogue">The system calls.</param>
    /// <param name="watched">True for calls that are to stop though no rule needs them.</param>
    /// <param name="recordsAll">True when somebody wants to hear of every call that rules look at.</param>
    /// <param name="roots">Told when roots may differ unnoticed.</param>
    /// <param name="say">Prints one message of Sandgate's own.</param>
    public RulesInForce(
        RuleSet rules, IReadOnlyList<string> files, LinuxCatalogue catalogue, Func<SyscallShape, bool> watched, bool recordsAll, TargetRoots roots, Action<string> say)
    {
        (_rules, _files, _catalogue, _roots, _say) = (rules, files, catalogue, roots, say);
        Policy = Make(rules, files);
        PassSettled = !recordsAll && !HasEnd(rules);
        _stopped = FilterPlan.Stopped(Policy, catalogue, watched);
        _stoppedForNames = FilterPlan.StoppedForNames(Policy, catalogue, watched);
        _passingUnless = FilterPlan.PassingUnless(Policy, catalogue, watched, PassSettled);
        _writingOnly = [.. Enumerable.Range(0, catalogue.Count).Select(number => catalogue.ShapeOf(number) is { } shape && !watched(shape) && WritingCalls.Tests(Policy, shape, number) is not null)];
        _hearsNames = FilterPlan.WantsNames(Policy, catalogue);
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
    public bool Replace(Func<(RuleSet Rules, IReadOnlyList<string> Files)?> read)
    {
        lock (_replacing)
        {
            try
            {
                if (read() is not ({ } rules, { } files))
                    return _lastRead is { } last && Stopwatch.GetElapsedTime(last) < s_sameWish;

                // What is around the gate stands where it stood.
                rules = rules with { Isolation = _rules.Isolation, Limits = _rules.Limits };
                Policy policy = Make(rules, files);
                if (!rules.LiftedFloor.SequenceEqual(_rules.LiftedFloor))
                    throw new IOException("the floor can't be changed while the program runs");
                RefuseWhatPasses(policy, HasEnd(rules));
                if (!_hearsNames && FilterPlan.WantsNames(policy, _catalogue))
                    throw new IOException("the new rules look at domains, and this run began without such a rule: it has not heard which names addresses have");
                (_rules, _files) = (rules, files);
                Use(policy);
                _say(string.Create(CultureInfo.InvariantCulture, $"the rules were read again: version {++_version}, {rules.Rules.Length} {(rules.Rules.Length == 1 ? "rule" : "rules")}"));
            }
            catch (ConfigException bad)
            {
                foreach (Problem problem in bad.Problems)
                    _say(problem.ToString());
                SayOldOnesStay();
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                _say(refused.Message);
                SayOldOnesStay();
            }

            _lastRead = Stopwatch.GetTimestamp();
            return true;
        }
    }

    private void SayOldOnesStay() => _say(string.Create(CultureInfo.InvariantCulture, $"the rules stay as they are: version {_version}"));

    private void RefuseWhatPasses(Policy policy, bool hasEnd)
    {
        HashSet<string> names = [];
        for (int number = 0; number < _stopped.Length; number++)
        {
            if (_catalogue.ShapeOf(number) is { } namer && policy.WatchesNames(namer) && !_stoppedForNames[number])
                names.Add(namer.Operations is [.., var gives] ? Operations.Of(gives)!.Name : namer.Name);
            if (_catalogue.ShapeOf(number) is not { } shape || (policy.TrapSet.ReasonFor(shape) & TrapReason.Rule) == 0)
                continue;
            bool partly = _passingUnless[number] != 0;
            if (_writingOnly[number] && WritingCalls.Tests(policy, shape, number) is null)
                names.Add(shape.Name);
            else if (partly ? hasEnd || !SettledOpens.AllPass(policy, shape, _passingUnless[number]) : !_stopped[number])
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
            _roots.MayDiffer = _roots.Credentials.MayDiffer = true;
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
        Policy policy = new(now, Floor.Above(rules, Environment.ProcessId, files));
        return FilterPlan.WantsNames(policy, _catalogue)
            ? new(now, Floor.Above(rules, Environment.ProcessId, [.. files, .. NameFiles.Paths()])) : policy;
    }

    private void ScheduleExpiry()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        DateTimeOffset? next = null;
        foreach (Rule rule in _rules.Rules)
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
            Policy policy = Make(_rules, _files);
            if (policy.Set.Rules.Length != before)
                _say(string.Create(CultureInfo.InvariantCulture, $"{before - policy.Set.Rules.Length} of the rules expired"));
            Use(policy);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _expiry?.Dispose();
}
