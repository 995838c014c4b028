using System.Diagnostics;
using Sandgate.Core.Decide.Conditions;

namespace Sandgate.Core.Tests;

public class LinearRegexTests
{
    [Theory]
    [InlineData("(a+)+$", 'a')]
    [InlineData("(a|aa)+$", 'a')]
    [InlineData("(.*.*.*.*)x", 'a')]
    [InlineData("a*a*a*a*a*b", 'a')]
    public void A_hostile_text_costs_no_more_than_its_length(string expression, char letter)
    {
        LinearRegex regex = LinearRegex.Parse(expression, ignoreCase: false);
        string text = new string(letter, 4000) + "!";
        regex.IsMatch(text);
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < 20; i++)
            Assert.False(regex.IsMatch(text));

        // The automaton needs some microseconds; the ordinary engine would need years.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
    }

    [Fact]
    public void Both_engines_find_the_same()
    {
        Random random = new(8);
        string[] pieces = ["a", "b", "ab", "(a|b)", "(ab|b)*", "[ab]+", ".", "a?", "^", "$", "\\.", "\\w", "/", "(a|)", "b*"];
        for (int i = 0; i < 400; i++)
        {
            string source = string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => pieces[random.Next(pieces.Length)]));
            LinearRegex regex = LinearRegex.Parse(source, ignoreCase: random.Next(2) == 0);
            string[] texts = [.. Enumerable.Range(0, 12).Select(_ => new string([.. Enumerable.Range(0, random.Next(0, 9)).Select(_ => "abAB./\n"[random.Next(7)])]))];
            bool[] quick = [.. texts.Select(t => regex.IsMatch(t))];
            for (int j = 0; j < 600; j++)
                regex.IsMatch("abab");
            Assert.Equal(quick, texts.Select(t => regex.IsMatch(t)));
        }
    }
}
