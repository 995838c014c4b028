using System.Text;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Tests.Language;

/// <summary>Inputs that once threw, took long or took much; bench/fuzz looks for more.</summary>
public class FoundByFuzzingTests
{
    [Theory]
    [InlineData("""{ "\ud83drules": { } }""")]
    [InlineData("""{ "rule_table": [{ "\ud83don": "open" }] }""")]
    public void A_key_with_half_a_character_is_told(string config) => Assert.Contains("half a character", World.ErrorOf(config), StringComparison.Ordinal);

    [Fact]
    public void An_answer_is_not_written_into_what_is_no_configuration() =>
        Assert.Throws<ConfigException>(() => ConfigAppender.Append("""{ "rules": { "\ud800": { } } }"""u8, World.Open("/x", "/x"), "allow", "c"));

    [Fact]
    public void An_answer_is_not_written_where_a_rule_says_something_else()
    {
        byte[] config = ConfigAppender.Append("{ }"u8, World.Open("/x", "/x"), "allow", "c");
        Assert.Single(World.Read(Encoding.UTF8.GetString(config)).Rules);
        Assert.Throws<ConfigException>(() => ConfigAppender.Append(config, World.Open("/x", "/x"), "not_allow", "c"));
    }

    [Fact]
    public void A_long_expression_is_refused_before_it_costs_anything() =>
        Assert.Throws<PatternException>(() => World.Parse("/" + string.Concat(Enumerable.Repeat("null", 50_000)) + "/"));

    [Theory]
    [InlineData("('[a\u001b')")]
    [InlineData("('[b{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{-a\u001b]')")]
    public void What_a_message_shows_of_a_glob_is_short_and_prints(string pattern)
    {
        string message = Assert.Throws<PatternException>(() => World.Parse(pattern)).Message;
        Assert.DoesNotContain(message, c => char.IsControl(c));
        Assert.InRange(message.Length, 1, 250);
    }

    [Fact]
    public void A_port_that_is_no_number_is_none()
    {
        Condition condition = new PatternParser(World.Context).ParseExpression("port == 5", []);
        Assert.Equal(Truth.False, World.Eval(condition, new(Decode.Operation.Connect, "connect", [Argument.FromText("[::1]:53x")]), Reading.AnyForm));
    }
}
