using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests.Index;

/// <summary>Rules of every kind over few names, so that many of them match the calls of <see cref="RandomCalls"/>.</summary>
internal sealed class RandomRules(Random random)
{
    public static readonly string[] Texts =
    [
        "/etc/passwd", "/etc/shadow.d/key.pem", "/home/u/work/a.txt", "/home/u/work/deep/b.pem", "/srv/data/one/two/three.key", "/bin/sh", "/usr/bin/dash", "/x",
        "unix:/run/sock.pem", "1.2.3.4:443", "[::1]:53", "google.com", "stdout", "stderr", "w+create", "r", "SECRET kelvin \u212aEY", "pipe:[1234]", "",
    ];

    public static readonly Operation[] Used =
        [Operation.Open, Operation.Write, Operation.Rename, Operation.Connect, Operation.Symlink, Operation.Exec, Operation.Send, Operation.Kill];

    private static readonly string[] s_regexes =
        ["passwd", "etc", "[pk]em$", "(shadow|key)", "google\\.com", "secret", "kelvin", "ke?y", "work/.*txt", "^/", "std", "two, ", "PASS"];

    private readonly PatternParser _patterns = new(World.Context);

    public T Pick<T>(IReadOnlyList<T> things) => things[random.Next(things.Count)];

    /// <summary>A set of rules, long enough for an index to be made.</summary>
    public RuleSet Set(bool facts)
    {
        int most = random.Next(20, 90);
        RuleAction[] verdicts = [RuleAction.Allow, RuleAction.NotAllow, RuleAction.Ask];
        return new()
        {
            Rules = [.. Enumerable.Range(0, most).Select(i => Rule(i, facts))],
            Evaluation = (Evaluation)random.Next(3),
            Default = Pick(verdicts),
            OnUnknown = Pick(verdicts),
        };
    }

    private Rule Rule(int number, bool facts)
    {
        Operation operation = Pick(Used);
        RuleScope scope = random.Next(8) switch { 0 => RuleScope.Every, 1 => new(null, "openat"), _ => new(operation, null) };
        return new()
        {
            Scope = scope,
            When = Condition(scope.Operation is null ? null : Operations.Of(operation), facts, depth: 0),
            Action = (RuleAction)random.Next(5),
            Text = $"{number}",
        };
    }

    public Condition Condition(OperationInfo? operation, bool facts, int depth) => random.Next(depth > 3 ? 4 : 9) switch
    {
        < 3 => Field(facts),
        3 => Positions(operation),
        4 => _patterns.Parse($"/{Pick(s_regexes)}/{(random.Next(2) == 0 ? "i" : "")}", operation),
        5 => AllOf.Of(Condition(operation, facts, depth + 1), Condition(operation, facts, depth + 1)),
        6 => AnyOf.Of(Condition(operation, facts, depth + 1), Condition(operation, facts, depth + 1)),
        7 => Field(facts),
        _ => Not.Of(Condition(operation, facts, depth + 1)),
    };

    private Condition Positions(OperationInfo? operation)
    {
        int most = operation is { Rest: false } ? operation.Arguments.Length : 3;
        IEnumerable<string> globs = Enumerable.Range(0, random.Next(1, most + 1)).Select(_ => random.Next(3) == 0 ? "*" : $"'{Glob()}'");
        return _patterns.Parse($"({string.Join(", ", globs)})", operation);
    }

    private Condition Field(bool facts)
    {
        string[] texts = facts ? ["path", "path2", "mode", "data", "address", "call", "exe", "comm", "operation"] : ["path", "path2", "mode", "data", "address", "call", "operation"];
        string field = Pick(texts);
        string test = random.Next(5) switch
        {
            0 => $"== '{Pick(Texts)}'",
            1 => $"in ('{Pick(Texts)}', '{Pick(Texts)}', '{Pick(Texts)}')",
            2 => $"contains '{Part() ?? "x"}'",
            3 => $"like '{Glob()}'",
            _ => $"~ /{Pick(s_regexes).Replace("/", "\\/", StringComparison.Ordinal)}/",
        };
        return _patterns.ParseExpression($"{field} {test}", []);
    }

    // A part of a text, in any case; null when it would be empty.
    private string? Part()
    {
        string text = Pick(Texts);
        int start = random.Next(text.Length + 1), length = random.Next(text.Length - start + 1);
        return length == 0 ? null : text.Substring(start, length);
    }

    private string Glob() => random.Next(7) switch
    {
        0 => Escaped(Pick(Texts)),
        1 => Escaped(Part()) + "*",
        2 => "*" + Escaped(Part()),
        3 => "*" + Escaped(Part()) + "*",
        4 => Escaped(Part()) + "*" + Escaped(Part()) + "*",
        5 => "?*" + Escaped(Part()) + "[a-z]*",
        _ => "./" + Escaped(Part()) + "*",
    };

    private static string Escaped(string? text) => text is null ? "" : text.Replace("[", "\\[", StringComparison.Ordinal);
}
