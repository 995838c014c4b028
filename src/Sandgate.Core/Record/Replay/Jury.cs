using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Record.Replay;

/// <summary>What rules say of a recorded call.</summary>
/// <param name="Verdict">The verdict on what was recorded.</param>
/// <param name="Lacks">What would have to be known and was not recorded; null when nothing.</param>
internal readonly record struct Judgement(Verdict Verdict, string? Lacks);

/// <summary>Rules that judge recorded calls. Programs ask for the same things again and again: equal calls are judged once.</summary>
internal sealed class Jury
{
    private const int MostRemembered = 1 << 16;

    private readonly Policy _policy;
    private readonly Func<CallEvent, IReadOnlyList<NewName>?> _namesOf;
    private readonly Dictionary<string, SyscallShape> _shapes;
    private readonly Dictionary<string, Needs> _needs = new(StringComparer.Ordinal);
    private readonly Dictionary<CallEvent, Judgement>? _known;

    public Jury(Policy policy, ICatalogue catalogue, Func<CallEvent, IReadOnlyList<NewName>?> namesOf)
    {
        (_policy, _namesOf) = (policy, namesOf);
        _shapes = catalogue.Syscalls.ToDictionary(s => s.Name);

        // A script may remember what it saw.
        if (!policy.Set.Rules.Any(r => HasScript(r.When)))
            _known = new(new SameToRules(NeedsOf));
    }

    /// <summary>The families that rules name.</summary>
    public IEnumerable<Operation> Families => _policy.Set.Rules.Where(r => r.Scope.Operation is not null and not Operation.Syscall).Select(r => r.Scope.Operation!.Value).Distinct();

    /// <summary>True when a floor rule is lifted.</summary>
    public bool Lifts(FloorRule rule) => _policy.Set.LiftedFloor.Contains(rule);

    /// <summary>Judges a recorded call.</summary>
    public Judgement Judge(CallEvent recorded)
    {
        if (_known is not null && _known.TryGetValue(recorded, out Judgement known))
            return known;
        Judgement judged = JudgeAnew(recorded);
        if (_known is not null)
        {
            if (_known.Count >= MostRemembered)
                _known.Clear();
            _known.Add(recorded, judged);
        }

        return judged;
    }

    private Judgement JudgeAnew(CallEvent recorded)
    {
        Call call = RecordedCall.Of(recorded);
        if (call.Views.Length == 0)
            return new(Verdict.AllowByDefault, "the arguments");
        Verdict verdict = _policy.Decide(call);
        return new(verdict, Lacks(recorded, call, verdict));
    }

    // What could not be read of the program then could not be read again either; what nobody wanted to know then is another matter.
    private string? Lacks(CallEvent recorded, Call call, in Verdict verdict)
    {
        if (!verdict.Allowed && verdict.IsProven)
            return null;
        if (_policy.HasKernelRules(recorded.Syscall) && !call.Views.Any(v => v.Operation == Operation.Syscall))
            return "the kernel's own arguments";
        if (verdict.Allowed && _shapes.TryGetValue(recorded.Syscall, out SyscallShape? shape) && _policy.WatchesNames(shape) && !IsHarmless(recorded, call))
            return "which names the call gives";
        if (verdict.IsCertain)
            return null;
        Needs needs = NeedsOf(recorded.Syscall);
        if ((needs & Needs.Hash) != 0 && recorded.Facts?.Sha256 is null && call.Views.Any(v => v is { Operation: Operation.Open or Operation.Exec, Sha256: null }))
            return "sha256";
        if ((needs & Needs.Domains) != 0 && recorded.Facts?.Domains is null)
            return "domain names";
        if ((needs & Needs.Registers) != 0 && recorded.Facts?.Registers is null)
            return "registers";
        return call.Views.Any(v => v.Arguments.Any(a => a.IsPartial)) ? "all of the data" : null;
    }

    // A call that was judged without its names is judged again with them.
    private bool IsHarmless(CallEvent recorded, Call call) => _namesOf(recorded) is { } names
        && _policy.Decide(new Call { ThreadId = call.ThreadId, Syscall = call.Syscall, Views = call.Views, Facts = call.Facts, NewNames = names }).Allowed;

    private Needs NeedsOf(string syscall)
    {
        if (_needs.TryGetValue(syscall, out Needs known))
            return known;
        Needs needs = Needs.Text | Needs.Facts;
        if (_shapes.TryGetValue(syscall, out SyscallShape? shape) && !_policy.WatchesNames(shape))
            needs = _policy.NeedsOf(shape);
        _needs.Add(syscall, needs);
        return needs;
    }

    private static bool HasScript(Condition condition) => condition switch
    {
        ScriptMatches => true,
        Not not => HasScript(not.Inner),
        AllOf all => all.Parts.Any(HasScript),
        AnyOf any => any.Parts.Any(HasScript),
        _ => false,
    };
}
