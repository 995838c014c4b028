using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decide.NewNames;

namespace Sandgate.Core.Tests.NewNames;

/// <summary>Whether globs match below one directory what they match below another: the answer must be brute force's.</summary>
public class GlobInclusionTests
{
    [Theory]
    [InlineData("/a/*", "/a/", "/b/", false)]
    [InlineData("/a/*", "/b/", "/a/", true)]
    [InlineData("/a/*", "/b/", "/c/", true)]
    [InlineData("*/x", "/a/", "/b/", true)]
    [InlineData("/*/x", "/a/", "/b/c/", true)]
    [InlineData("/?/x", "/a/", "/bc/", false)]
    [InlineData("/[ab]/x", "/a/", "/b/", true)]
    [InlineData("/[!b]/x", "/a/", "/b/", false)]
    [InlineData("/home/u/.ssh/*", "/home/", "/tmp/", false)]
    [InlineData("/home/u/.ssh/*", "/home/u/work/", "/tmp/", true)]
    [InlineData("*secret*", "/a/", "/secret/", true)]
    [InlineData("*secret*", "/secret/", "/a/", false)]
    public void A_globs_matches_below_move_or_stay(string glob, string from, string to, bool holds) =>
        Assert.Equal(holds, GlobInclusion.Holds([Glob.Parse(glob)], from, to));

    [Fact]
    public void Several_globs_count_together()
    {
        Assert.True(GlobInclusion.Holds([Glob.Parse("/a/*"), Glob.Parse("/b/*")], "/a/", "/b/"));
        Assert.True(GlobInclusion.Holds([Glob.Parse("/a/x*"), Glob.Parse("/b/*")], "/a/", "/b/"));
        Assert.False(GlobInclusion.Holds([Glob.Parse("/a/*"), Glob.Parse("/b/x*")], "/a/", "/b/"));
    }

    // Every text over this alphabet up to this length is tried; the globs' own words are shorter.
    private const string Letters = "ab/c";
    private const int Longest = 5;

    private static readonly string[] s_texts = [.. Texts()];

    private static IEnumerable<string> Texts()
    {
        List<string> last = [""];
        for (int length = 0; length <= Longest; length++)
        {
            foreach (string text in last)
                yield return text;
            last = [.. last.SelectMany(t => Letters.Select(c => t + c))];
        }
    }

    [Fact]
    public void The_answer_is_brute_forces()
    {
        Random random = new(20261122);
        string[] parts = ["a", "b", "/", "*", "?", "[ab]", "[!a]", "a*"], beginnings = ["/a/", "/b/", "/ab/", "/a/b/", "/"];
        int yes = 0, no = 0;
        for (int round = 0; round < 4000; round++)
        {
            Glob[] globs = [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Glob.Parse("/" + string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => parts[random.Next(parts.Length)]))))];
            string from = beginnings[random.Next(beginnings.Length)], to = beginnings[random.Next(beginnings.Length)];
            string? counter = s_texts.FirstOrDefault(t => globs.Any(g => g.IsMatch(from + t)) && !globs.Any(g => g.IsMatch(to + t)));
            bool holds = GlobInclusion.Holds([.. globs], from, to);
            Assert.True(holds == (counter is null), $"round {round}: {string.Join(" or ", globs.Select(g => g.LiteralPrefix))} from {from} to {to}: {holds}, but {counter}");
            _ = holds ? yes++ : no++;
        }

        Assert.True(yes > 500 && no > 500, $"{yes} {no}: the cases prove nothing");
    }
}
