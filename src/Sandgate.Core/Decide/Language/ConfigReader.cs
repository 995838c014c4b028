using System.Collections.Immutable;
using System.Text.Json;

namespace Sandgate.Core.Decide.Language;

/// <summary>
/// Reads <c>config.json</c>: JSON in UTF-8, comments and trailing commas allowed. A configuration
/// loads whole or not at all; nothing in it is silently ignored.
/// </summary>
public static class ConfigReader
{
    /// <summary>What the configuration says.</summary>
    /// <param name="fileName">The file's name as the user wrote it, for places.</param>
    /// <param name="utf8">The file.</param>
    /// <param name="context">What the reader must know of the world.</param>
    /// <exception cref="ConfigException">The configuration did not load; it carries all the problems that were found.</exception>
    public static RuleSet Read(string fileName, ReadOnlySpan<byte> utf8, ReaderContext context)
    {
        JsonText json = new(fileName, TextCheck.Check(fileName, utf8));
        RuleSet set = RuleSet.Empty;
        try
        {
            json.Read();
            if (json.Expect(JsonTokenType.StartObject, "the configuration", "write { \"rules\": { } }"))
                set = ReadFile(ref json, context);
            json.Read();
        }
        catch (JsonException e)
        {
            throw json.SyntaxError(e);
        }

        return json.Problems.Count == 0 ? set : throw new ConfigException(json.Problems);
    }

    private static RuleSet ReadFile(ref JsonText json, ReaderContext context)
    {
        RuleSet set = RuleSet.Empty;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            switch (key)
            {
                case "rules":
                    set = set with { Rules = new RulesReader(context).Read(ref json) };
                    break;
                case "evaluation":
                    set = set with { Evaluation = (Evaluation)Math.Max(0, ReadChoice(ref json, key, Settings.Evaluations)) };
                    break;
                case "default":
                    set = set with { AllowByDefault = ReadChoice(ref json, key, Settings.Verdicts) == 0 };
                    break;
                case "on_unknown":
                    set = set with { AllowUnknown = ReadChoice(ref json, key, Settings.Verdicts) == 0 };
                    break;
                case "floor":
                    set = set with { LiftedFloor = ReadFloor(ref json) };
                    break;
                case "$schema":
                    json.Expect(JsonTokenType.String, "\"$schema\"");
                    break;
                default:
                    json.ReportKey(key, place, Settings.Keys, Settings.LaterKeys);
                    break;
            }
        }

        return set;
    }

    // The index of the word among the choices; -1 when it is none, which is then reported.
    private static int ReadChoice(ref JsonText json, string key, IReadOnlyList<string> choices)
    {
        if (json.Kind != JsonTokenType.String)
        {
            json.Expect(JsonTokenType.String, $"\"{key}\"", $"write {Words.Choice(choices)}");
            return -1;
        }

        string word = json.Text();
        for (int i = 0; i < choices.Count; i++)
        {
            if (choices[i] == word)
                return i;
        }

        if (word == "ask" && choices == Settings.Verdicts)
            json.Report(json.Place(), Words.NotAvailable(word));
        else
            json.Report(json.Place(), $"unknown value {Words.Quote(word)} of \"{key}\"", Suggestion.For(word, choices) ?? $"write {Words.Choice(choices)}");
        return -1;
    }

    private static ImmutableArray<FloorRule> ReadFloor(ref JsonText json)
    {
        ImmutableArray<FloorRule> lifted = [];
        if (!json.Expect(JsonTokenType.StartObject, "\"floor\""))
            return lifted;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string name, out SourcePlace place))
        {
            FloorRule? rule = Find(name);
            if (rule is null)
                json.Report(place, $"unknown floor rule {Words.Quote(name)}", Suggestion.For(name, Floor.Names));
            if (json.Kind is not (JsonTokenType.True or JsonTokenType.False))
            {
                json.Report(json.Place(), $"a floor rule must be true or false, not {Words.KindOf(json.Kind)}");
                json.Skip();
            }
            else if (json.Kind == JsonTokenType.False && rule is { } known)
                lifted = lifted.Add(known);
        }

        return lifted;
    }

    private static FloorRule? Find(string name)
    {
        for (int i = 0; i < Floor.Names.Count; i++)
        {
            if (Floor.Names[i] == name)
                return (FloorRule)i;
        }

        return null;
    }
}
