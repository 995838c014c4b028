using System.Collections.Immutable;
using System.Text.Json;

namespace Sandgate.Core.Decide.Language;

/// <summary>
/// Reads configurations: JSON in UTF-8, comments and trailing commas allowed. One loads whole or
/// not at all; nothing in it is silently ignored.
/// </summary>
public static class ConfigReader
{
    // Each extends the next: more is a mistake.
    private const int MostLayers = 16;

    /// <summary>What a configuration says.</summary>
    /// <param name="fileName">The file's name as the user wrote it, for places.</param>
    /// <param name="utf8">The file.</param>
    /// <param name="context">What the reader must know of the world.</param>
    /// <exception cref="ConfigException">The configuration did not load; it carries all the problems that were found.</exception>
    public static RuleSet Read(string fileName, ReadOnlySpan<byte> utf8, ReaderContext context)
    {
        (ConfigPart part, ImmutableArray<PolicyTest> tests) = ReadPart(fileName, utf8, context, []);
        return part.ToRuleSet() with { Tests = tests };
    }

    /// <summary>What several configurations say together, later ones laid over earlier ones, then the rules of the command line.</summary>
    /// <exception cref="ConfigException">One of them did not load.</exception>
    public static RuleSet ReadAll(IReadOnlyList<SourceFile> files, IReadOnlyList<string> inline, ReaderContext context)
    {
        ConfigPart whole = new();
        ImmutableArray<PolicyTest> tests = [];
        foreach (SourceFile file in files)
        {
            (ConfigPart part, tests) = ReadPart(file.Name, file.Bytes, context, []);
            whole = whole.Then(part);
        }

        ImmutableArray<Rule> own = [.. inline.Select((text, i) => InlineRule.Read(text, i + 1, context))];

        // What a file expects, it expects of itself: laid over others, or overruled, it may say something else.
        return whole.ToRuleSet() with { Rules = [.. whole.Rules, .. own], Tests = files.Count == 1 && own.Length == 0 ? tests : [] };
    }

    private static (ConfigPart Part, ImmutableArray<PolicyTest> Tests) ReadPart(string fileName, ReadOnlySpan<byte> utf8, ReaderContext context, ImmutableList<string> above)
    {
        JsonText json = new(fileName, TextCheck.Check(fileName, utf8));
        ConfigPart part = new();
        ImmutableArray<PolicyTest> tests = [];
        try
        {
            json.Read();
            if (json.Expect(JsonTokenType.StartObject, "the configuration", "write { \"rules\": { } }"))
            {
                context = LookAhead(json, fileName, context, above, out ConfigPart extended);
                (part, tests) = ReadFile(ref json, context);
                part = extended.Then(part);
            }

            json.Read();
        }
        catch (JsonException e)
        {
            throw json.SyntaxError(e);
        }

        return json.Problems.Count == 0 ? (part, tests) : throw new ConfigException(json.Problems);
    }

    // Rules name scripts, which may stand after them; and what is extended comes before everything, wherever it is named.
    private static ReaderContext LookAhead(JsonText json, string fileName, ReaderContext context, ImmutableList<string> above, out ConfigPart extended)
    {
        extended = new();
        try
        {
            context = ScriptsReader.Read(json, fileName, context);
            extended = Extends(json, fileName, context, above);
        }
        catch (JsonException)
        {
            // The reader proper comes to the same place and says what is wrong there.
        }

        return context;
    }

    // By value: the caller's place in the file stays where it is.
    private static ConfigPart Extends(JsonText json, string fileName, ReaderContext context, ImmutableList<string> above)
    {
        ConfigPart whole = new();
        if (!json.SeekKey("extends"))
            return whole;
        foreach ((string name, SourcePlace place) in json.Strings("\"extends\"", "write [\"no-secrets\"] or [\"./other.json\"]"))
        {
            if (above.Contains(name) || above.Count == MostLayers)
            {
                json.Report(place, $"{Words.Quote(name)} extends itself: {string.Join(", which extends ", [.. above.Select(Words.Quote), Words.Quote(name)])}");
                continue;
            }

            try
            {
                SourceFile file = context.Open(name, fileName);
                whole = whole.Then(ReadPart(file.Name, file.Bytes, context, above.Add(name)).Part);
            }
            catch (IOException e)
            {
                json.Report(place, $"can't extend {Words.Quote(name)}: {e.Message}");
            }
            catch (ConfigException e)
            {
                foreach (Problem problem in e.Problems)
                    json.Report(problem);
            }
        }

        return whole;
    }

    private static (ConfigPart Part, ImmutableArray<PolicyTest> Tests) ReadFile(ref JsonText json, ReaderContext context)
    {
        ConfigPart part = new();
        ImmutableArray<PolicyTest> tests = [];
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        PatternParser patterns = new(context);
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            switch (key)
            {
                case "rules":
                    part = part with { Rules = [.. part.Rules, .. new RulesReader(context, patterns).Read(ref json)] };
                    break;
                case "rule_table":
                    part = part with { Rules = [.. part.Rules, .. new RuleTableReader(context, patterns).Read(ref json)] };
                    break;
                case "evaluation":
                    part = part with { Evaluation = (Evaluation)Math.Max(0, ReadChoice(ref json, key, Settings.Evaluations)) };
                    break;
                case "default":
                    part = part with { Default = ReadVerdict(ref json, key) };
                    break;
                case "on_unknown":
                    part = part with { OnUnknown = ReadVerdict(ref json, key) };
                    break;
                case "floor":
                    part = part with { Floor = ReadFloor(ref json) };
                    break;
                case "strict":
                    part = part with { Strict = json.ReadSwitch("\"strict\"") };
                    break;
                case "channel":
                    part = part with { Channel = json.ReadSwitch("\"channel\"") };
                    break;
                case "tests":
                    tests = new TestsReader(context).Read(ref json);
                    break;
                case "isolation":
                    part = part with { Isolation = IsolationReader.Read(ref json, context) };
                    break;
                case "limits":
                    part = part with { Limits = LimitsReader.Read(ref json) };
                    break;
                case "$schema":
                    json.Expect(JsonTokenType.String, "\"$schema\"");
                    break;
                case "scripts" or "extends":
                    json.Skip();
                    break;
                default:
                    json.ReportKey(key, place, Settings.Keys, Settings.LaterKeys);
                    break;
            }
        }

        return (part, tests);
    }

    private static RuleAction ReadVerdict(ref JsonText json, string key) => ReadChoice(ref json, key, Settings.Verdicts) switch
    {
        0 => RuleAction.Allow,
        3 => RuleAction.Ask,
        _ => RuleAction.NotAllow,
    };

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

        json.Report(json.Place(), $"unknown value {Words.Quote(word)} of \"{key}\"", Suggestion.For(word, choices) ?? $"write {Words.Choice(choices)}");
        return -1;
    }

    private static bool?[] ReadFloor(ref JsonText json)
    {
        bool?[] floor = new bool?[Floor.Names.Count];
        if (!json.Expect(JsonTokenType.StartObject, "\"floor\""))
            return floor;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string name, out SourcePlace place))
        {
            int rule = Find(name);
            if (rule < 0)
                json.Report(place, $"unknown floor rule {Words.Quote(name)}", Suggestion.For(name, Floor.Names));
            bool? held = json.ReadSwitch("a floor rule");
            if (rule >= 0)
                floor[rule] = held;
        }

        return floor;
    }

    private static int Find(string name)
    {
        for (int i = 0; i < Floor.Names.Count; i++)
        {
            if (Floor.Names[i] == name)
                return i;
        }

        return -1;
    }
}
