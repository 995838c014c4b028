using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests.Language;

/// <summary>What a condition prints reads back as an equal condition.</summary>
public class RoundTripTests
{
    [Fact]
    public void An_expression_reads_back_as_the_same()
    {
        RandomConditions conditions = new(new Random(21));
        for (int i = 0; i < 20_000; i++)
        {
            Condition condition = conditions.Tree();
            string text = condition.ToExpression();
            Condition back = Read(() => conditions.Patterns.ParseExpression(text, []), text);
            Assert.True(condition.Equals(back) && condition.GetHashCode() == back.GetHashCode(), $"{text}\nreads back as\n{back.ToExpression()}");
            Assert.Equal(text, back.ToExpression());
        }
    }

    [Fact]
    public void A_pattern_reads_back_as_the_same()
    {
        RandomConditions conditions = new(new Random(22));
        int read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            Condition condition;
            try
            {
                condition = conditions.Patterns.Parse(conditions.Pattern(), null);
            }
            catch (PatternException)
            {
                continue;
            }

            read++;
            string text = condition.ToString()!;
            Condition back = Read(() => conditions.Patterns.Parse(text, null), text);
            Assert.True(condition.Equals(back), $"{text}\nreads back as\n{back}");
            Assert.Equal(text, back.ToString());
        }

        Assert.InRange(read, 10_000, 20_000);
    }

    [Fact]
    public void An_equal_condition_says_the_same_of_every_call()
    {
        Random random = new(23);
        RandomConditions conditions = new(random);
        Index.RandomCalls calls = new(random);
        for (int i = 0; i < 5_000; i++)
        {
            Condition condition = conditions.Tree(), back = conditions.Patterns.ParseExpression(condition.ToExpression(), []);
            Call call = calls.Next();
            foreach (CallView view in call.Views)
            {
                foreach (Decide.Reading reading in Enum.GetValues<Decide.Reading>())
                    Assert.Equal(condition.Matches(call, view, reading), back.Matches(call, view, reading));
                Assert.Equal(condition.Needs(Operations.Of(view.Operation)), back.Needs(Operations.Of(view.Operation)));
            }
        }
    }

    private static Condition Read(Func<Condition> read, string text)
    {
        try
        {
            return read();
        }
        catch (PatternException e)
        {
            Assert.Fail($"{text}\ndoes not read back: {e.Message}");
            throw;
        }
    }
}
