using System.Text;
using System.Text.RegularExpressions;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Tests;

public class RequiredLiteralTests
{
    [Theory]
    [InlineData("(google.com)", "google")]
    [InlineData(".*google\\.com.*", "google")]
    [InlineData("'koko.txt',.*", "koko")]
    [InlineData("ab+cde", "cde")]
    [InlineData("abc?", "ab")]
    [InlineData("a|b", null)]
    [InlineData("(foo|bar)baz", "baz")]
    [InlineData("foo(bar)?", "foo")]
    [InlineData("[abc]", null)]
    [InlineData("a{x|y}b", null)]
    [InlineData("[^^]a|b[c]def", null)]
    [InlineData("[a-z-[b]]x|y", null)]
    [InlineData("\\x4a", null)]
    [InlineData("\\u0041bc", null)]
    [InlineData("(?i)abc", null)]
    [InlineData("", null)]
    public void Only_letters_that_are_certain_are_required(string expression, string? literal) =>
        Assert.Equal(literal, RequiredLiteral.Of(expression));

    [Fact]
    public void No_matching_text_lacks_them()
    {
        Random random = new(7);
        int certain = 0;
        for (int i = 0; i < 4_000; i++)
        {
            StringBuilder expression = new(), sample = new();
            Generate(random, 3, expression, sample);
            string pattern = expression.ToString(), text = sample.ToString();
            Assert.Matches(new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant), text);
            if (RequiredLiteral.Of(pattern) is not { } literal)
                continue;
            certain++;
            if (!text.Contains(literal, StringComparison.Ordinal))
                Assert.Fail($"{pattern} matches {text} without {literal}");
        }

        Assert.InRange(certain, 200, 4_000);
    }

    // An expression and a text that it matches, made together.
    private static void Generate(Random random, int depth, StringBuilder expression, StringBuilder sample)
    {
        for (int n = random.Next(1, 4); n > 0; n--)
        {
            StringBuilder piece = new(), once = new();
            Atom(random, depth, piece, once);
            (string quantifier, int least, int most) = random.Next(10) switch
            {
                0 => ("*", 0, 2),
                1 => ("+", 1, 3),
                2 => ("?", 0, 1),
                3 => ("{2}", 2, 2),
                4 => ("{0,2}", 0, 2),
                5 => ("??", 0, 1),
                6 => ("{1,}?", 1, 2),
                _ => ("", 1, 1),
            };
            expression.Append(piece).Append(quantifier);
            for (int times = random.Next(least, most + 1); times > 0; times--)
                sample.Append(once);
        }
    }

    private static void Atom(Random random, int depth, StringBuilder expression, StringBuilder sample)
    {
        (string Expression, string Sample)[] atoms =
        [
            ("a", "a"), ("b", "b"), ("c", "c"), ("x", "x"), (".", "z"), ("[ab]", "b"), ("[^^]", "q"), ("[]a]", "]"), ("[a\\]b]", "]"), ("[a-z-[b]]", "c"),
            ("\\x4a", "J"), ("\\u0041", "A"), ("\\d", "7"), ("\\.", "."), ("\\\\", "\\"), ("\\w", "k"), ("(a{x)", "a{x"), ("{", "{"), ("}", "}"), ("\\|", "|"), ("\\(", "("),
        ];
        int choice = random.Next(atoms.Length + (depth > 0 ? 8 : 0));
        if (choice < atoms.Length)
        {
            expression.Append(atoms[choice].Expression);
            sample.Append(atoms[choice].Sample);
            return;
        }

        int branches = random.Next(1, 4), taken = random.Next(branches);
        expression.Append('(');
        for (int i = 0; i < branches; i++)
        {
            if (i > 0)
                expression.Append('|');
            Generate(random, depth - 1, expression, i == taken ? sample : new StringBuilder());
        }

        expression.Append(')');
    }
}
