namespace Sandgate.Core.Decide.Language;

/// <summary>How a field is compared.</summary>
internal enum Relation : byte
{
    Is,
    Matches,
    Contains,
    Like,
    In,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
}

/// <summary>The spellings of relations: the rule table's, which are Burp's, and those of expressions.</summary>
internal static class Relations
{
    private static readonly (string Name, Relation Relation, bool Negated)[] s_all =
    [
        ("is", Relation.Is, false), ("is_not", Relation.Is, true),
        ("matches", Relation.Matches, false), ("does_not_match", Relation.Matches, true),
        ("contains", Relation.Contains, false), ("does_not_contain", Relation.Contains, true),
        ("like", Relation.Like, false), ("not_like", Relation.Like, true),
        ("in", Relation.In, false), ("not_in", Relation.In, true),
        ("less_than", Relation.Less, false), ("greater_than", Relation.Greater, false),
    ];

    private static readonly (string Name, Relation Relation, bool Negated)[] s_symbols =
    [
        ("==", Relation.Is, false), ("=", Relation.Is, false), ("!=", Relation.Is, true),
        ("~", Relation.Matches, false), ("!~", Relation.Matches, true),
        ("<", Relation.Less, false), (">", Relation.Greater, false), ("<=", Relation.LessOrEqual, false), (">=", Relation.GreaterOrEqual, false),
    ];

    /// <summary>The names that the rule table uses.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_all.Select(r => r.Name)];

    /// <summary>What can be written in an expression.</summary>
    public const string Choice = "== != ~ !~ contains like in < > <= >=";

    /// <summary>The relation with a name of the rule table; null when there is none.</summary>
    public static (Relation Relation, bool Negated)? FromName(string name) => Find(s_all, name);

    /// <summary>The relation that is spelt so in an expression; null when there is none.</summary>
    public static (Relation? Relation, bool Negated) FromText(string text) =>
        (Find(s_symbols, text) ?? Find(s_all, text)) is { } found ? (found.Relation, found.Negated) : (null, false);

    private static (Relation Relation, bool Negated)? Find((string Name, Relation Relation, bool Negated)[] among, string name)
    {
        foreach ((string known, Relation relation, bool negated) in among)
        {
            if (known == name)
                return (relation, negated);
        }

        return null;
    }
}
