using System.Text;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests.Language;

/// <summary>Conditions over all fields and relations, with values that are hard to print.</summary>
internal sealed class RandomConditions(Random random)
{
    private static readonly string[] s_pieces =
    [
        "a", "etc", "/", "\\", "'", "\"", "*", "?", "[", "]", " ", "\n", "\t", "\u0001", "\u007f", "\udc80", "\ud83d\ude00", "ä", ",", ")", "(", "and", "not", "true",
        "~", "..", "-", "$", "^", "|", "//", "\\/", "\\\\", "\\n", "1", ".pem", "#", "{", "}", "\u2028", "!",
    ];

    private static readonly string[] s_numbers = ["0", "-1", "1K", "3M", "0x10", "65535", "18446744073709551615", "-9223372036854775808", "2G"];
    private static readonly string[] s_addresses = ["10.0.0.1", "::1", "[::1]:53", "1.2.3.4:443", "unix:/run/x y", "unix:@a'b", "10.0.0.0/8", "10.0.0.1-10.0.0.9", "fe80::/10"];
    private static readonly string[] s_regexes = ["a", "[/]", "\\/x", "a/b", "\\\\", "'", "\"", "^$", "(a|b)+", "\\d{2}", "\\\\/", "\n", "etc/passwd", " ", "\\.", "ſK"];

    public PatternParser Patterns { get; } = new(World.Context);

    /// <summary>A tree of conditions.</summary>
    public Condition Tree(int depth = 0) => random.Next(depth > 4 ? 1 : 5) switch
    {
        < 2 => Leaf(),
        2 => AllOf.Of(Tree(depth + 1), Tree(depth + 1)),
        3 => AnyOf.Of(Tree(depth + 1), Tree(depth + 1)),
        _ => Not.Of(Tree(depth + 1)),
    };

    private Condition Leaf()
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                return random.Next(10) switch
                {
                    0 => new AnyCall(),
                    1 => Patterns.Parse(Pattern(), null),
                    _ => Comparison(),
                };
            }
            catch (PatternException) when (tries < 1000)
            {
                // Not every value suits every field.
            }
        }
    }

    /// <summary>A pattern that may be readable.</summary>
    public string Pattern() => random.Next(3) switch
    {
        0 => Regex() + (random.Next(2) == 0 ? "/i" : "/"),
        1 => Pick(s_regexes),
        _ => $"({string.Join(", ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(3) == 0 ? "*" : "'" + Text().Replace("'", "\\'", StringComparison.Ordinal) + "'"))})",
    };

    private string Regex() => "/" + Pick(s_regexes).Replace("/", "\\/", StringComparison.Ordinal);

    private Condition Comparison()
    {
        FieldInfo field = Pick(FieldCatalogue.All);
        string relation = Pick(["==", "!=", "~", "!~", "contains", "not contains", "like", "not like", "in", "not in", "<", ">", "<=", ">=", "is_not", "does_not_match"]);
        string value = relation switch
        {
            "~" or "!~" => Regex() + (random.Next(2) == 0 ? "/i" : "/"),
            "in" or "not in" => $"({string.Join(", ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => Quote(Value(field))))})",
            _ => Quote(Value(field)),
        };
        return Patterns.ParseExpression($"{field.Name} {relation} {value}", []);
    }

    private string Value(FieldInfo field) => field.Kind switch
    {
        FieldKind.Number => Pick(s_numbers) + (random.Next(4) == 0 ? ".." + Pick(s_numbers) : ""),
        FieldKind.Truth => Pick(["true", "false"]),
        FieldKind.Address => Pick(s_addresses),
        FieldKind.Path => Pick(["/", "~/", "./", ""]) + Text(),
        _ => Text(),
    };

    private string Text() => string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => Pick(s_pieces)));

    // Written otherwise than the printer writes it: single quotes, and as few escapes as there can be.
    private static string Quote(string value)
    {
        StringBuilder text = new("'");
        foreach (char c in value)
            text.Append(c is '\'' or '\\' ? "\\" : "").Append(c);
        return text.Append('\'').ToString();
    }

    private T Pick<T>(IReadOnlyList<T> things) => things[random.Next(things.Count)];
}
