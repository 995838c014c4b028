using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Check;

/// <summary>Something in a configuration that works and is probably not meant.</summary>
/// <param name="Kind">A word for programs: <c>shadowed</c>, <c>contradictory</c>, <c>broad-allow</c> …</param>
/// <param name="Place">Where.</param>
/// <param name="Message">What is odd about it.</param>
/// <param name="Advice">What to write instead, when that can be guessed.</param>
public sealed record Warning(string Kind, SourcePlace Place, string Message, string? Advice = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Place}: warning: {Message}{(Advice is null ? "" : "; " + Advice)}";
}

/// <summary>Looks for rules that do not do what their author seems to think.</summary>
public static class Lint
{
    // Comparing each rule with each other: beyond this it would take minutes, and nobody reads that many warnings.
    private const int MostCompared = 2000;

    /// <summary>All that is odd, in the order of the rules.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="context">What there is on this machine.</param>
    /// <param name="now">The time, for rules that end.</param>
    public static IEnumerable<Warning> Run(RuleSet rules, ReaderContext context, DateTimeOffset now)
    {
        Rule[] all = [.. rules.Rules];
        bool compare = all.Length <= MostCompared;
        for (int i = 0; i < all.Length; i++)
        {
            Rule rule = all[i];
            if (rule.Expires is { } end && end <= now)
                yield return new("expired", rule.Place, $"the rule {rule} ended on {end:yyyy-MM-dd HH:mm} UTC and does nothing any more");
            if (Unreachable(rule, rules) is { } reason)
                yield return new("unreachable", rule.Place, $"the rule {rule} is never asked: {reason}");
            if (compare && Relation(all, i, rules.Evaluation) is { } warning)
                yield return warning;
            else if (rule.Action == RuleAction.Allow && AllowsNothing(rule, rules))
                yield return new("needless-allow", rule.Place, $"the rule {rule} allows what nothing forbids", "leave it out, or add the deny it is an exception to");
            foreach (Warning odd in Literals(rule, context))
                yield return odd;
            foreach ((string pattern, string why, string advice) in NeverMatches.In(rule, context))
                yield return new("never-matches", rule.Place, $"{pattern} in the rule {rule} can never match: {why}", advice);
            if (FlagInText(rule.When) is { } source)
                yield return new("flag-in-text", rule.Place, $"the expression {Words.Quote(source)} looks for its own slashes: in rows and quotes, expressions stand without them", "write (?i) at its start to ignore case");
        }

        if (!compare)
            yield return new("not-compared", default, $"more than {MostCompared} rules: they were not compared with each other");
    }

    // Calls that the floor answers in the kernel, before any rule.
    private static string? Unreachable(Rule rule, RuleSet rules) => rule.Scope.Syscall switch
    {
        "io_uring_setup" or "io_uring_enter" or "io_uring_register" when !rules.LiftedFloor.Contains(FloorRule.IoUring) => "the floor answers io_uring with ENOSYS",
        "clone3" when !rules.LiftedFloor.Contains(FloorRule.CloneUntraced) => "the floor answers clone3 with ENOSYS, and programs then use clone",
        _ => null,
    };

    private static Warning? Relation(Rule[] all, int index, Evaluation evaluation)
    {
        Rule rule = all[index];
        if (rule.Action == RuleAction.Log)
            return null;
        bool isAllow = rule.Action == RuleAction.Allow;
        for (int i = 0; i < all.Length; i++)
        {
            Rule other = all[i];
            if (i == index || other.Action == RuleAction.Log || !Cover.Covers(other, rule))
                continue;
            bool same = other.Scope == rule.Scope && other.When.Equals(rule.When);
            bool otherAllows = other.Action == RuleAction.Allow;
            if (same && otherAllows != isAllow)
            {
                return index < i ? null : new("contradictory", rule.Place,
                    $"the rules {other} (at {other.Place}) and {rule} say opposite things of the same calls; {Winner(other, rule, evaluation)} wins");
            }

            if (Loses(rule, index, other, i, evaluation, same))
            {
                return otherAllows && !isAllow
                    ? new("broad-allow", other.Place, $"the allow {other} covers the whole of {rule} (at {rule.Place}), which therefore changes nothing", "make the allow narrower")
                    : new("shadowed", rule.Place, $"the rule {rule} changes nothing: {other} (at {other.Place}) covers it");
            }
        }

        return null;
    }

    private static Rule Winner(Rule first, Rule second, Evaluation evaluation) => evaluation switch
    {
        Evaluation.AllowOverrides => first.Action == RuleAction.Allow ? first : second,
        Evaluation.DenyOverrides => first.Action == RuleAction.Allow ? second : first,
        _ => second,
    };

    // Whether a rule that another covers could as well not be there.
    private static bool Loses(Rule rule, int index, Rule other, int otherIndex, Evaluation evaluation, bool same)
    {
        if (evaluation == Evaluation.LastMatch)
            return rule.Scope.IsEvery == other.Scope.IsEvery ? otherIndex > index : rule.Scope.IsEvery;
        bool isAllow = rule.Action == RuleAction.Allow, otherAllows = other.Action == RuleAction.Allow;
        if (isAllow != otherAllows)
            return otherAllows == (evaluation == Evaluation.AllowOverrides);
        return rule.Action == other.Action && (!same || otherIndex < index);
    }

    private static bool AllowsNothing(Rule rule, RuleSet rules) =>
        rules.Default == RuleAction.Allow
        && !rules.Rules.Any(r => r.MayRefuse && (r.Scope.IsEvery || rule.Scope.IsEvery || r.Scope == rule.Scope));

    private static IEnumerable<Warning> Literals(Rule rule, ReaderContext context)
    {
        if (rule.When is not ByPosition { Positions: [{ Plain.Literal: not null } pattern, ..] } || rule.Action == RuleAction.Allow)
            yield break;
        OperationInfo? operation = rule.Scope.Operation is { } family ? Operations.Of(family) : null;
        if (operation?.KindAt(0) is not (ArgumentKind.Path or ArgumentKind.Descriptor) || pattern.Paths is not [{ Literal: ['/', ..] path }, ..])
            yield break;
        if (context.RealPath(path) is not null)
            yield break;
        string last = path[(path.LastIndexOf('/') + 1)..];
        yield return new("no-such-file", rule.Place, $"{path} does not exist now, and the rule {rule} is about this path only",
            pattern.Written is ['/', ..] && path.LastIndexOf('/') == 0 ? $"write ('*/{last}') for every path that ends so" : null);
    }

    private static string? FlagInText(Condition condition) => condition switch
    {
        FieldTest { Test: RegexTest { Expression.Source: ['/', _, .., '/', 'i'] source } } => source,
        Not not => FlagInText(not.Inner),
        AllOf all => all.Parts.Select(FlagInText).FirstOrDefault(s => s is not null),
        AnyOf any => any.Parts.Select(FlagInText).FirstOrDefault(s => s is not null),
        _ => null,
    };
}
