using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>Rules on operations that are neither about a file nor an address: signals, sockets, mounts.</summary>
internal sealed class WordRules
{
    private readonly SortedDictionary<(Operation On, string When), (SortedSet<string> Programs, long Count)> _rules = [];

    /// <summary>Notes one such call.</summary>
    public void Add(Observation seen)
    {
        (Operation, string) key = (seen.View.Operation, When(seen));
        if (!_rules.TryGetValue(key, out var rule))
            rule = (new(StringComparer.Ordinal), 0);
        rule.Programs.Add(seen.Program ?? "?");
        _rules[key] = rule with { Count = rule.Count + seen.Count };
    }

    /// <summary>The rules.</summary>
    public IEnumerable<LearntRule> Rules() => _rules.Select(r => new LearntRule(
        r.Key.On switch { Operation.Socket => Purpose.Network, Operation.Mount or Operation.PivotRoot => Purpose.Mounts, _ => Purpose.Processes },
        [r.Key.On], r.Key.When.Length == 0 ? null : r.Key.When, r.Value.Count, [.. r.Value.Programs]));

    // Numbers of processes are others next time; what a socket's type says of blocking and execve restricts nothing.
    private static string When(Observation seen) => seen.View.Operation switch
    {
        Operation.Kill => RuleText.Pattern(null, Exact(seen, 1), Exact(seen, 2)),
        Operation.Ptrace => RuleText.Pattern(null, Exact(seen, 1)),
        Operation.Socket => RuleText.Pattern(Exact(seen, 0), seen.Word(1) is { } type ? Glob.Escape(type.Split('|')[0]) + "*" : null),
        Operation.Fork => RuleText.Pattern(Exact(seen, 0)),
        _ => RuleText.Pattern([.. Enumerable.Range(0, seen.View.Arguments.Length).Select(i => Exact(seen, i))]),
    };

    private static string? Exact(Observation seen, int position) =>
        seen.View.Arguments.Length > position && seen.View.Arguments[position] is { Kind: not ArgumentKind.Unreadable, IsPartial: false } argument
            && (argument.Resolved ?? argument.Given) is { } text ? Glob.Escape(text) : null;
}
