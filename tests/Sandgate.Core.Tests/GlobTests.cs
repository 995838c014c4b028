using FsCheck;
using FsCheck.Fluent;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests;

public class GlobTests
{
    [Theory]
    [InlineData("/etc/*", "/etc/passwd", true)]
    [InlineData("/etc/*", "/etc/ssl/cert.pem", true)]
    [InlineData("/etc/*", "/etc/", true)]
    [InlineData("/etc/*", "/etc", false)]
    [InlineData("/etc/**/x", "/etc/a/b/x", true)]
    [InlineData("*.txt", "/a/b.txt", true)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "a😀c", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[!a-c]x", "bx", false)]
    [InlineData("[^a-c]x", "dx", true)]
    [InlineData("[]a]", "]", true)]
    [InlineData("[a-]", "-", true)]
    [InlineData("[α-ω]", "λ", true)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("\\a\\\\", "a\\", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("*", "", true)]
    [InlineData("/A", "/a", false)]
    public void A_glob_matches_the_whole_text(string pattern, string text, bool matches) =>
        Assert.Equal(matches, Glob.Parse(pattern).IsMatch(text));

    [Theory]
    [InlineData("('[::1]:*')", "[::1]:80", true)]
    [InlineData("('[::1]:80')", "[::1]:80", true)]
    [InlineData("('[0:0::1]:80')", "[::1]:80", true)]
    [InlineData("('[2001:db8:*]:443')", "[2001:db8::7]:443", true)]
    [InlineData("('[2001:DB8::7]:443')", "[2001:db8::7]:443", true)]
    [InlineData("when address like '[::1]:*'", "[::1]:80", true)]
    [InlineData("when host == '::ffff:127.0.0.2'", "127.0.0.2:80", true)]
    [InlineData("when host in ('::ffff:127.0.0.0/104')", "127.0.0.2:80", true)]
    [InlineData("when host in ('::ffff:127.0.0.0-::ffff:127.0.0.9')", "127.0.0.2:80", true)]
    [InlineData("('[::1]:*')", "[::2]:80", false)]
    [InlineData("('[1-2]*:80')", "127.0.0.2:80", true)]
    public void Brackets_around_an_address_are_its_own(string pattern, string address, bool matches) =>
        Assert.Equal(matches ? Truth.True : Truth.False, World.Eval(World.Parse(pattern, "connect"), new(Operation.Connect, "connect", [Argument.FromText(address)]), Reading.AnyForm));

    [Fact]
    public void A_prefix_is_literal_whatever_it_holds()
    {
        Glob glob = Glob.Parse("/we[i]rd\\*\udcff/", "*.c");
        Assert.True(glob.IsMatch("/we[i]rd\\*\udcff/a.c"));
        Assert.False(glob.IsMatch("/weird\\*\udcff/a.c"));
        Assert.False(glob.IsMatch("/we[i]rd\\*\ufffd/a.c"));
    }

    [Fact]
    public void Bytes_that_are_no_text_differ() =>
        Assert.Equal([true, false], new[] { "\udcfe", "\udcff" }.Select(t => Glob.Parse("\udcfe").IsMatch(t)));

    [Theory]
    [InlineData("a*", "abcdefgh", Truth.True)]
    [InlineData("*", "abcdefgh", Truth.True)]
    [InlineData("abcdefgh", "abcdefgh", Truth.Unknown)]
    [InlineData("abc", "abcdefgh", Truth.False)]
    [InlineData("x*", "abcdefgh", Truth.False)]
    [InlineData("*h", "abcdefgh", Truth.Unknown)]
    [InlineData("a*z*", "abcdefgh", Truth.Unknown)]
    public void A_beginning_proves_only_what_it_can(string pattern, string beginning, Truth truth) =>
        Assert.Equal(truth, Glob.Parse(pattern).IsMatchOfBeginning(beginning));

    [Fact]
    public void A_hostile_text_costs_no_more_than_pattern_times_text()
    {
        Glob glob = Glob.Parse(string.Concat(Enumerable.Repeat("a*", 50)) + "b");
        Assert.False(glob.IsMatch(new string('a', 20_000)));
    }

    [Fact]
    public void Matching_agrees_with_a_naive_reference()
    {
        Gen<string[]> pieces = Gen.Elements("a", "b", "/", "\\*", "\\\\", "?", "*", "**", "[ab]", "[!a/]", "[^b]", "[a-b/]").ListOf(6).Select(l => l.ToArray());
        Gen<string> texts = Gen.Elements('a', 'b', '/', '*', '\\').ListOf(7).Select(l => string.Concat(l));
        var cases = from p in pieces from few in Gen.Choose(0, 6) from t in texts from length in Gen.Choose(0, 7) select (Pattern: p[..few], Text: t[..length]);
        Prop.ForAll(cases.ToArbitrary(), c =>
            Glob.Parse(string.Concat(c.Pattern)).IsMatch(c.Text) == Naive(c.Pattern, c.Text)
            && Glob.Parse("/x[", string.Concat(c.Pattern)).IsMatch("/x[" + c.Text) == Naive(c.Pattern, c.Text))
            .Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(20_000));
    }

    private static bool Naive(ReadOnlySpan<string> pattern, ReadOnlySpan<char> text)
    {
        if (pattern.IsEmpty)
            return text.IsEmpty;
        if (pattern[0] is "*" or "**")
            return Naive(pattern[1..], text) || (!text.IsEmpty && Naive(pattern, text[1..]));
        if (text.IsEmpty)
            return false;
        char c = text[0];
        bool accepts = pattern[0] switch
        {
            "?" => true,
            "[ab]" => c is 'a' or 'b',
            "[!a/]" => c is not ('a' or '/'),
            "[^b]" => c != 'b',
            "[a-b/]" => c is 'a' or 'b' or '/',
            _ => c == pattern[0][^1],
        };
        return accepts && Naive(pattern[1..], text[1..]);
    }

    [Fact]
    public void Any_text_is_a_glob_or_a_told_mistake()
    {
        Gen<string> texts = Gen.Elements('[', ']', '\\', '*', '-', '!', 'a', 'b').ListOf(8).Select(l => string.Concat(l));
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            try
            {
                return Glob.Parse(text).IsMatch("ab") || true;
            }
            catch (FormatException e)
            {
                return e.Message.Length > 20;
            }
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(5_000));
    }
}
