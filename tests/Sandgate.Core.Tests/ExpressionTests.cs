using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests;

public class ExpressionTests
{
    public static TheoryData<string, string> Matches => Cases.Load("expressions.txt");

    private static (Condition Condition, Call Call) Read(string input)
    {
        string[] halves = input.Split(" @ ", 2), words = halves[0].Split(": ", 2), said = halves[1].Split(" ; ");
        CallFacts facts = new();
        foreach (string fact in said.Skip(1))
            facts = CallFactsText.Set(facts, fact[..fact.IndexOf('=', StringComparison.Ordinal)].Trim(), fact[(fact.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim());
        OperationInfo? family = Operations.Find(words[0]);
        return (new PatternParser(World.Context).ParseExpression(words[1], [family]), new CallReader(World.Context).Read(said[0], facts));
    }

    [Theory]
    [MemberData(nameof(Matches))]
    public void An_expression_matches_what_it_says(string input, string expected)
    {
        (Condition condition, Call call) = Read(input);
        Assert.Equal(expected, $"{Word(condition.Matches(call, call.Main, Reading.AnyForm))} {Word(condition.Matches(call, call.Main, Reading.ResolvedOnly))}");
    }

    [Theory]
    [MemberData(nameof(Matches))]
    public void What_is_printed_reads_back_as_it_was(string input, string expected)
    {
        (Condition condition, Call call) = Read(input);
        string text = condition.ToExpression();
        Condition again = new PatternParser(World.Context).ParseExpression(text, [Operations.Find(input[..input.IndexOf(':', StringComparison.Ordinal)])]);
        Assert.Equal(condition, again);
        Assert.Equal(text, again.ToExpression());
        Assert.StartsWith(Word(again.Matches(call, call.Main, Reading.AnyForm)), expected, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Matches))]
    public void As_a_pattern_behind_when_it_is_the_same(string input, string expected)
    {
        (Condition condition, _) = Read(input);
        string[] words = input.Split(" @ ", 2)[0].Split(": ", 2);
        Assert.Equal(condition, World.Parse("when " + words[1], words[0] == "*" ? null : words[0]));
        Assert.NotEmpty(expected);
    }

    private static string Word(Truth truth) => truth switch { Truth.True => "yes", Truth.False => "no", _ => "unknown" };
}
