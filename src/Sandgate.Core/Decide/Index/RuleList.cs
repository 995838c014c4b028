using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Index;

/// <summary>Rules that are asked about the same calls, in the order in which they are asked.</summary>
internal sealed class RuleList
{
    // So few are asked as fast one by one, and a small configuration starts without an index.
    private const int Few = 16;

    private readonly Rule[] _rules;
    private readonly OperationInfo? _operation;
    private RuleIndex? _index;
    private VerdictCache? _cache;
    private bool _needsNoCache;
    private Needs _needs;

    /// <summary>Makes a list.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="operation">The family whose calls they are asked about; null for the kernel's own view.</param>
    public RuleList(Rule[] rules, OperationInfo? operation) => (_rules, _operation) = (rules, operation);

    /// <summary>The rules.</summary>
    public ReadOnlySpan<Rule> Rules => _rules;

    /// <summary>What must be read before the rules can be asked.</summary>
    public Needs Needs
    {
        get
        {
            if ((_needs & Needs.Known) == 0)
            {
                Needs needs = Needs.Known;
                foreach (Rule rule in _rules)
                    needs |= rule.When.Needs(_operation);
                _needs = needs;
            }

            return _needs & ~Needs.Known;
        }
    }

    /// <summary>The rules' verdict on a view.</summary>
    public Verdict Decide(Call call, CallView view, RuleSet set, RuleAction byDefault)
    {
        VerdictCache? cache = Cache;
        int slot = cache is null ? -1 : VerdictCache.SlotOf(view);
        if (slot >= 0 && cache!.TryFind(slot, view, out Verdict known))
            return known;
        Tally tally = default;
        if (_rules.Length > Few)
            AskFound(call, view, ref tally);
        else
            AskAll(call, view, ref tally);
        Verdict verdict = tally.Close(set, view, byDefault);
        if (slot >= 0)
            cache!.Remember(slot, view, verdict);
        return verdict;
    }

    // Regular expressions are slow, and programs ask for the same things again and again.
    private VerdictCache? Cache
    {
        get
        {
            if (_cache is null && !_needsNoCache)
            {
                bool searches = false, onlyView = true;
                foreach (Rule rule in _rules)
                {
                    searches |= rule.When.Searches;
                    onlyView &= rule.When.LooksOnlyAtView;
                }

                if (searches && onlyView)
                    _cache = new();
                else
                    _needsNoCache = true;
            }

            return _cache;
        }
    }

    private void AskAll(Call call, CallView view, ref Tally tally)
    {
        foreach (Rule rule in _rules)
            tally.Ask(rule, call, view);
    }

    private void AskFound(Call call, CallView view, ref Tally tally)
    {
        // Made by the first call that asks; two threads may both make it, and it is the same.
        RuleIndex index = _index ??= new RuleIndex(_rules, _operation);
        if (view.Arguments is [{ Kind: ArgumentKind.Stdio }, ..])
        {
            foreach (int rule in index.Streams)
                tally.Ask(_rules[rule], call, view);
            return;
        }

        FoundRules found = new(stackalloc int[64], _rules.Length);
        index.Find(view, ref found);
        if (found.IsEverything)
        {
            AskAll(call, view, ref tally);
            return;
        }

        ReadOnlySpan<int> always = index.Always, others = found.InOrder();
        int next = 0;
        foreach (int rule in others)
        {
            for (; next < always.Length && always[next] < rule; next++)
                tally.Ask(_rules[always[next]], call, view);
            tally.Ask(_rules[rule], call, view);
        }

        for (; next < always.Length; next++)
            tally.Ask(_rules[always[next]], call, view);
    }
}
