using System.Text;
using System.Text.Json;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Tests.Language;

/// <summary>Rows of conditions, as in Burp's rules, are another spelling of an expression.</summary>
public class RowTests
{
    private static readonly (string Row, string Text)[] s_relations =
    [
        ("is", "=="), ("is_not", "!="), ("matches", "~"), ("does_not_match", "!~"), ("contains", "contains"), ("does_not_contain", "not contains"),
        ("like", "like"), ("not_like", "not like"), ("in", "in"), ("not_in", "not in"), ("less_than", "<"), ("greater_than", ">"),
    ];

    private static readonly (string Field, string[] Values)[] s_fields =
    [
        ("path", ["/etc/passwd", "/a b/*", "~/x", "'\""]), ("exe", ["/bin/sh"]), ("call", ["open('/x')", "etc"]), ("size", ["5", "1M", "0x10"]),
        ("host", ["10.0.0.1", "10.0.0.0/8"]), ("port", ["443"]), ("domain", ["google.com", "EXAMPLE.org"]), ("sha256", ["ABcd"]), ("arg3", ["-1"]), ("comm", ["\\", "ä"]),
    ];

    [Fact]
    public void Rows_are_read_as_the_expression_that_they_mean()
    {
        Random random = new(41);
        int read = 0;
        for (int i = 0; i < 8_000; i++)
        {
            StringBuilder rows = new(), text = new();
            for (int n = random.Next(1, 5); n > 0; n--)
                AddRow(random, rows, text);
            if (text.Length == 0)
                continue;
            string config = $$"""{ "rule_table": [{ "when": [{{rows}}], "action": "not_allow" }] }""";
            Condition? fromRows = Try(() => World.Read(config).Rules[0].When, out string? rowProblem);
            Condition? fromText = Try(() => new PatternParser(World.Context).ParseExpression(text.ToString(), [null]), out string? textProblem);
            Assert.True(Equals(fromRows, fromText), $"{rows}\nis {fromRows} {rowProblem}\n{text}\nis {fromText} {textProblem}");
            read += fromRows is null ? 0 : 1;
        }

        Assert.InRange(read, 1_000, 7_900);
    }

    private static void AddRow(Random random, StringBuilder rows, StringBuilder text)
    {
        (string field, string[] values) = s_fields[random.Next(s_fields.Length)];
        (string row, string relation) = s_relations[random.Next(s_relations.Length)];
        bool many = relation.EndsWith("in", StringComparison.Ordinal) && random.Next(2) == 0, or = random.Next(2) == 0, enabled = random.Next(5) > 0;
        string value = values[random.Next(values.Length)], json = JsonSerializer.Serialize(value);
        rows.Append(rows.Length > 0 ? ", " : "")
            .Append($$"""{ "match_type": "{{field}}", "match_relationship": "{{row}}", "match_condition": {{(many ? $"[{json}, {json}]" : json)}}, "boolean_operator": "{{(or ? "Or" : "and")}}", "enabled": {{(enabled ? "true" : "false")}} }""");

        // What is not enabled must be right all the same, and then counts for nothing.
        string quoted = "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
        string test = $"{field} {relation} {(many ? $"({quoted}, {quoted})" : quoted)}";
        if (!enabled && Try(() => new PatternParser(World.Context).ParseExpression(test, [null]), out _) is not null)
            return;
        if (text.Length > 0)
            text.Insert(0, '(').Append(or ? " or " : " and ").Append(test).Append(')');
        else
            text.Append(test);
    }

    private static Condition? Try(Func<Condition> read, out string? problem)
    {
        try
        {
            problem = null;
            return read();
        }
        catch (Exception e) when (e is PatternException or ConfigException)
        {
            problem = e.Message;
            return null;
        }
    }
}
