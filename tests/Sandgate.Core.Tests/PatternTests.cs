using FsCheck;
using FsCheck.Fluent;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests;

public class PatternTests
{
    public static TheoryData<string, string> Matches => Cases.Load("patterns.txt");

    [Theory]
    [MemberData(nameof(Matches))]
    public void A_pattern_matches_what_it_says(string input, string expected)
    {
        string[] halves = input.Split(" @ ", 2);
        string[] words = halves[0].Split(' ', 2);
        bool general = words[0].StartsWith("*:", StringComparison.Ordinal);
        string name = general ? words[0][2..] : words[0];
        CallView view = ViewOf(name, halves[1].Split(" ; "));
        Condition condition = World.Parse(words[1], general ? null : name);
        Assert.Equal(expected, $"{Word(condition.Matches(World.CallOf(view), view, Reading.AnyForm))} {Word(condition.Matches(World.CallOf(view), view, Reading.ResolvedOnly))}");
    }

    private static string Word(Truth truth) => truth switch { Truth.True => "yes", Truth.False => "no", _ => "unknown" };

    private static CallView ViewOf(string name, string[] arguments)
    {
        OperationInfo? info = Operations.Find(name);
        return new(info?.Operation ?? Operation.Syscall, name, [.. arguments.Select((a, i) => ArgumentOf(a, info?.KindAt(i) ?? ArgumentKind.Text))]);
    }

    private static Argument ArgumentOf(string text, ArgumentKind kind)
    {
        if (text == "?")
            return Argument.Unreadable;
        string[] forms = text.Split(" → ");
        return kind switch
        {
            ArgumentKind.Path => Argument.FromPath(forms[0], forms[1] == "?" ? null : forms[1], forms.Length > 2 ? forms[2] : null),
            ArgumentKind.Descriptor when text is "stdin" or "stdout" or "stderr" => Argument.FromStdio(text),
            ArgumentKind.Descriptor => Argument.FromDescriptor(text),
            ArgumentKind.Number => Argument.FromNumber(long.Parse(text, System.Globalization.CultureInfo.InvariantCulture)),
            ArgumentKind.Data => Argument.FromData(text.TrimEnd('…'), text.EndsWith('…'), text.Length),
            _ => Argument.FromText(text),
        };
    }

    [Fact]
    public void The_start_directory_is_literal_whatever_it_is_called()
    {
        PatternParser parser = new(World.Starting("/srv/[a]*\udcff"));
        Condition condition = parser.Parse("('./*')", Operations.Find("open"));
        Assert.Equal(Truth.True, World.Eval(condition, World.Open("x", "/srv/[a]*\udcff/x"), Reading.ResolvedOnly));
        Assert.Equal(Truth.False, World.Eval(condition, World.Open("x", "/srv/abc/x"), Reading.ResolvedOnly));
    }

    [Fact]
    public void Started_at_the_root_relative_patterns_still_work() =>
        Assert.Equal(Truth.True, new PatternParser(World.Starting("/")).Parse("('./tmp/*')", null).Matches(World.CallOf(World.Open("x", "/tmp/x")), World.Open("x", "/tmp/x"), Reading.ResolvedOnly));

    [Fact]
    public void Without_a_home_the_tilde_is_an_error() =>
        Assert.StartsWith("~ stands for", Assert.Throws<PatternException>(() => new PatternParser(World.Starting("/", home: null)).Parse("('~/x')", null)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("*")]
    [InlineData("()")]
    [InlineData("(*)")]
    [InlineData("('a', *, 'b')")]
    [InlineData("('it\\'s', '\\\\', '[\\]]')")]
    [InlineData("/a,b/i")]
    [InlineData("a|b")]
    public void What_is_printed_reads_back_as_it_was(string pattern) => Assert.Equal(pattern, World.Parse(pattern).ToString());

    [Fact]
    public void Print_and_parse_are_inverse()
    {
        Gen<string> texts = Gen.Elements("'", "\\'", "\\", "(", ")", "('", "')", "*", ",", ", ", "/", "i", "a", " ", "?", "[a]", "[", "|", ".", "~/", "./", "😀", "\"")
            .ListOf(8).SelectMany(l => Gen.Choose(1, 8).Select(n => string.Concat(l.Take(n))));
        Gen<string> quoted = texts.Select(t => $"('{t.Replace("'", "", StringComparison.Ordinal)}', *, '{t.Replace("\\", "", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}')");
        int parsed = 0;
        Prop.ForAll(texts.Or(quoted).ToArbitrary(), pattern =>
        {
            Condition condition;
            try
            {
                condition = World.Parse(pattern);
            }
            catch (PatternException)
            {
                return true;
            }

            parsed++;
            Condition again = World.Parse(condition.ToString());
            return again.Equals(condition) && again.ToString() == condition.ToString() && again.GetHashCode() == condition.GetHashCode();
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(5_000));
        Assert.True(parsed > 500);
    }
}
