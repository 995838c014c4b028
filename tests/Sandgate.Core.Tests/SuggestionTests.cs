using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Tests;

public class SuggestionTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("", "abc", 3)]
    [InlineData("open", "opne", 1)]
    [InlineData("open", "OPEN", 0)]
    [InlineData("not_allow", "notallow", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("abcd", "badc", 2)]
    public void Distance_counts_edits_and_swaps(string a, string b, int distance)
    {
        Assert.Equal(distance, Suggestion.Distance(a, b));
        Assert.Equal(distance, Suggestion.Distance(b, a));
    }

    [Fact]
    public void Nothing_far_is_suggested()
    {
        Assert.Equal("did you mean \"open\"?", Suggestion.For("opn", ["write", "open"]));
        Assert.Null(Suggestion.For("xyz", ["write", "open", "*"]));
        Assert.Null(Suggestion.For("x", ["*"]));
        Assert.Null(Suggestion.For("", ["*", "a"]));
    }
}

public class ErrnosTests
{
    [Theory]
    [InlineData("EPERM", 1)]
    [InlineData("EACCES", 13)]
    [InlineData("EPIPE", 32)]
    [InlineData("ENOSYS", 38)]
    [InlineData("ENOMSG", 42)]
    [InlineData("EBFONT", 59)]
    [InlineData("EOVERFLOW", 75)]
    [InlineData("ENOTSOCK", 88)]
    [InlineData("ECONNREFUSED", 111)]
    [InlineData("EDQUOT", 122)]
    [InlineData("EHWPOISON", 133)]
    public void Names_have_the_kernels_numbers(string name, int number)
    {
        Assert.Equal(number, Errnos.Find(name));
        Assert.Equal(name, Errnos.NameOf(number));
    }

    [Fact]
    public void Other_spellings_are_known()
    {
        Assert.Equal([11, 35, 95, 0, 0], new[] { "EWOULDBLOCK", "EDEADLOCK", "ENOTSUP", "EXYZ", "" }.Select(Errnos.Find));
        Assert.Equal("41", Errnos.NameOf(41));
    }
}
