using System.Collections.Immutable;
using System.Text.Json;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>Reads <c>rule_table</c>: rules whose conditions are expressions, or rows as in Burp's intercept rules.</summary>
internal sealed class RuleTableReader(ReaderContext context, PatternParser patterns)
{
    private const int MostConditions = 1000;
    private const string ScriptField = "script";

    private readonly OperationNames _names = new(context.Catalogue);
    private readonly ImmutableArray<Rule>.Builder _rules = ImmutableArray.CreateBuilder<Rule>();

    private readonly record struct Target(RuleScope Scope, OperationInfo? Family);

    /// <summary>The rules of the current value, in the order of the file. A rule on several operations is one for each.</summary>
    public ImmutableArray<Rule> Read(ref JsonText json)
    {
        if (!json.Expect(JsonTokenType.StartArray, "\"rule_table\"", "write [{ \"on\": [\"open\"], \"when\": \"…\", \"action\": \"not_allow\" }]"))
            return [];
        while (json.Read() && json.Kind != JsonTokenType.EndArray)
        {
            if (json.Expect(JsonTokenType.StartObject, "a row of \"rule_table\""))
                ReadRow(ref json);
        }

        return _rules.DrainToImmutable();
    }

    private void ReadRow(ref JsonText json)
    {
        SourcePlace start = json.Place();
        int before = json.Problems.Count;
        ImmutableArray<Target> targets = ReadTargets(json);
        OperationInfo?[] families = [.. targets.Select(t => t.Family)];
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        WrittenAction written = default;
        Condition condition = new AnyCall();
        bool enabled = true;
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            switch (key)
            {
                case "on":
                    json.Skip();
                    break;
                case "enabled":
                    enabled = json.ReadSwitch("\"enabled\"") ?? true;
                    break;
                case "when":
                    condition = ReadWhen(ref json, families) ?? condition;
                    break;
                case var _ when ActionReader.TryReadKey(ref json, key, place, ref written):
                    break;
                default:
                    json.ReportKey(key, place, Settings.RowKeys, []);
                    break;
            }
        }

        if (ActionReader.Finish(ref json, written, start, seen.ContainsKey("action") ? null : "the rule", before) is not { } action || !enabled)
            return;
        foreach (Target target in targets)
            _rules.Add(action.ToRule(target.Scope, condition.ToString()!, condition, start));
    }

    // By value: "when" is read with the operations known, wherever "on" stands.
    private ImmutableArray<Target> ReadTargets(JsonText json)
    {
        if (!json.SeekKey("on"))
            return [new Target(RuleScope.Every, null)];
        ImmutableArray<Target>.Builder targets = ImmutableArray.CreateBuilder<Target>();
        SourcePlace start = json.Place();
        foreach ((string name, SourcePlace place) in json.Strings("\"on\"", "write [\"open\", \"delete\"]"))
        {
            if (_names.Find(name) is not ({ } scope, var family))
                json.Report(_names.Unknown(name, place));
            else if (targets.Any(t => t.Scope == scope))
                json.Report(place, $"{Words.Quote(name)} is there twice");
            else
                targets.Add(new(scope, family));
        }

        if (targets.Count == 0 && json.Problems.Count == 0)
            json.Report(start, "\"on\" names no operation: the rule could never apply", "leave it out for every call");
        return targets.ToImmutable();
    }

    private Condition? ReadWhen(ref JsonText json, OperationInfo?[] families)
    {
        if (json.Kind == JsonTokenType.StartArray)
            return ReadConditions(ref json, families);
        if (!json.Expect(JsonTokenType.String, "\"when\"", "write an expression such as \"size > 1M\", or rows of conditions"))
            return null;
        return Try(ref json, json.Place(), json.Text(), text => patterns.ParseExpression(text, families));
    }

    private static Condition? Try(ref JsonText json, SourcePlace place, string text, Func<string, Condition> make)
    {
        try
        {
            return make(text);
        }
        catch (PatternException e)
        {
            json.Report(place, $"in {Words.Quote(text)}: {e.Message}", e.Advice);
            return null;
        }
    }

    // Folded from the top, each row with what stands above it, as Burp does; the first row's operator has nothing to join.
    private Condition? ReadConditions(ref JsonText json, OperationInfo?[] families)
    {
        SourcePlace start = json.Place();
        Condition? whole = null;
        int count = 0, before = json.Problems.Count;
        while (json.Read() && json.Kind != JsonTokenType.EndArray)
        {
            if (!json.Expect(JsonTokenType.StartObject, "a row of \"when\""))
                continue;
            SourcePlace place = json.Place();
            if (ReadCondition(ref json, families, out bool or) is not { } condition)
                continue;
            if (++count > MostConditions)
            {
                json.Report(place, $"more than {MostConditions} rows in one rule", "use a list: \"in\" with several values");
                return null;
            }

            whole = whole is null ? condition : or ? AnyOf.Of(whole, condition) : AllOf.Of(whole, condition);
        }

        if (whole is null && json.Problems.Count == before)
            json.Report(start, "no row of \"when\" is enabled, so the rule would match every call", "leave \"when\" out if that is meant, or disable the rule");
        return whole;
    }

    private Condition? ReadCondition(ref JsonText json, OperationInfo?[] families, out bool or)
    {
        SourcePlace start = json.Place(), valuePlace = start, typePlace = start, relationPlace = start;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        bool enabled = true;
        string? type = null, relation = null;
        List<string>? values = null;
        or = false;
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            switch (key)
            {
                case "enabled":
                    enabled = json.ReadSwitch("\"enabled\"") ?? true;
                    break;
                case "boolean_operator":
                    or = ReadOperator(ref json);
                    break;
                case "match_type":
                    typePlace = json.Place();
                    type = json.Scalar("\"match_type\"");
                    break;
                case "match_relationship":
                    relationPlace = json.Place();
                    relation = json.Scalar("\"match_relationship\"");
                    break;
                case "match_condition":
                    valuePlace = json.Place();
                    values = ReadValues(ref json);
                    break;
                default:
                    json.ReportKey(key, place, Settings.ConditionKeys, []);
                    break;
            }
        }

        foreach (string needed in (ReadOnlySpan<string>)["match_type", "match_relationship", "match_condition"])
        {
            if (!seen.ContainsKey(needed))
                json.Report(start, $"the row has no \"{needed}\"");
        }

        if (type is null || relation is null || values is null)
            return null;
        if (Relations.FromName(relation) is not { } known)
        {
            json.Report(relationPlace, $"unknown relationship {Words.Quote(relation)}", Suggestion.For(relation, Relations.Names) ?? $"write {Words.Choice(Relations.Names)}");
            return null;
        }

        try
        {
            Condition condition = type == ScriptField
                ? Script(known.Relation, values)
                : Test(type, known.Relation, values, families);
            return !enabled ? null : known.Negated ? Not.Of(condition) : condition;
        }
        catch (PatternException e)
        {
            json.Report(FieldCatalogue.Find(type) is null && type != ScriptField ? typePlace : valuePlace, e.Message, e.Advice);
            return null;
        }
    }

    private ScriptMatches Script(Relation relation, List<string> values) =>
        relation is Relation.Is or Relation.Matches && values is [var name] ? patterns.Script(name)
        : throw new PatternException("a script is named by \"is\" and \"is_not\"", "write \"match_relationship\": \"is\", and the script's name");

    private FieldTest Test(string type, Relation relation, List<string> values, OperationInfo?[] families)
    {
        FieldInfo field = FieldCatalogue.Find(type) ?? throw new PatternException($"unknown match type {Words.Quote(type)}", FieldTests.SuggestField(type, FieldCatalogue.All));
        FieldTests.CheckPresence(field, families);
        if (relation == Relation.In)
            return new FieldTest(field, FieldTests.OneOf(field, values, patterns));
        return values is [var value]
            ? new FieldTest(field, FieldTests.Make(field, relation, value, patterns))
            : throw new PatternException("a list of values needs \"in\" or \"not_in\"");
    }

    private static bool ReadOperator(ref JsonText json)
    {
        if (!json.Expect(JsonTokenType.String, "\"boolean_operator\""))
            return false;
        string word = json.Text();
        if (!word.Equals("and", StringComparison.OrdinalIgnoreCase) && !word.Equals("or", StringComparison.OrdinalIgnoreCase))
            json.Report(json.Place(), $"unknown operator {Words.Quote(word)}", "write \"and\" or \"or\"");
        return word.Equals("or", StringComparison.OrdinalIgnoreCase);
    }

    private static List<string>? ReadValues(ref JsonText json)
    {
        if (json.Kind != JsonTokenType.StartArray)
            return json.Scalar("\"match_condition\"") is { } one ? [one] : null;
        List<string> values = [];
        while (json.Read() && json.Kind != JsonTokenType.EndArray)
        {
            if (json.Scalar("each of \"match_condition\"") is { } value)
                values.Add(value);
        }

        return values;
    }
}
