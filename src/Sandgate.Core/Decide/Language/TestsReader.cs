using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Sandgate.Core.Decide.Fields;

namespace Sandgate.Core.Decide.Language;

/// <summary>Reads <c>tests</c>: calls, and the verdicts that the configuration means them to get.</summary>
internal sealed class TestsReader(ReaderContext context)
{
    private static readonly string[] s_verdicts = ["allow", "not_allow", "deny", "ask", "kill"];

    private readonly CallReader _calls = new(context);

    /// <summary>The tests of the current value.</summary>
    public ImmutableArray<PolicyTest> Read(ref JsonText json)
    {
        ImmutableArray<PolicyTest>.Builder tests = ImmutableArray.CreateBuilder<PolicyTest>();
        if (!json.Expect(JsonTokenType.StartArray, "\"tests\"", "write [{ \"call\": \"open('/etc/passwd', 'r')\", \"expect\": \"not_allow\" }]"))
            return [];
        while (json.Read() && json.Kind != JsonTokenType.EndArray)
        {
            if (json.Expect(JsonTokenType.StartObject, "a test") && ReadTest(ref json) is { } test)
                tests.Add(test);
        }

        return tests.DrainToImmutable();
    }

    private PolicyTest? ReadTest(ref JsonText json)
    {
        SourcePlace start = json.Place(), callPlace = start;
        int before = json.Problems.Count;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        string? call = null, rule = null;
        RuleAction? expected = null;
        CallFacts facts = new();
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            switch (key)
            {
                case "call":
                    callPlace = json.Place();
                    call = json.Expect(JsonTokenType.String, "\"call\"") ? json.Text() : null;
                    break;
                case "expect":
                    expected = ReadVerdict(ref json);
                    break;
                case "rule":
                    rule = json.Expect(JsonTokenType.String, "\"rule\"") ? json.Text() : null;
                    break;
                case "note":
                    json.Expect(JsonTokenType.String, "\"note\"");
                    break;
                case var _ when CallFactsText.Names.Contains(key):
                    facts = ReadFact(ref json, key, facts);
                    break;
                default:
                    json.ReportKey(key, place, ["call", "expect", "rule", "note", .. CallFactsText.Names], []);
                    break;
            }
        }

        if (call is null || expected is null)
        {
            if (json.Problems.Count == before)
                json.Report(start, "a test needs \"call\" and \"expect\"");
            return null;
        }

        try
        {
            return new(call, _calls.Read(call, facts), expected.Value, rule, start);
        }
        catch (PatternException e)
        {
            json.Report(callPlace, $"in the call {Words.Quote(call)}: {e.Message}", e.Advice);
            return null;
        }
    }

    private static RuleAction? ReadVerdict(ref JsonText json)
    {
        if (!json.Expect(JsonTokenType.String, "\"expect\"", $"write {Words.Choice(s_verdicts)}"))
            return null;
        string word = json.Text();
        if (s_verdicts.Contains(word))
            return Settings.ActionOf(word);
        json.Report(json.Place(), $"unknown verdict {Words.Quote(word)}", Suggestion.For(word, s_verdicts) ?? $"write {Words.Choice(s_verdicts)}");
        return null;
    }

    private static CallFacts ReadFact(ref JsonText json, string key, CallFacts facts)
    {
        if (json.Kind == JsonTokenType.StartArray && key == "domain")
            return facts with { Domains = [.. json.Strings("\"domain\"", "write the names").Select(n => n.Text.ToLowerInvariant())] };
        SourcePlace place = json.Place();
        string? value = (key, json.Kind) switch
        {
            ("launch", JsonTokenType.True) => "true",
            ("launch", JsonTokenType.False) => "false",
            _ => json.Scalar(Words.Quote(key)),
        };
        if (value is null)
            return facts;
        try
        {
            return CallFactsText.Set(facts, key, value);
        }
        catch (PatternException e)
        {
            json.Report(place, e.Message, e.Advice);
            return facts;
        }
    }
}

/// <summary>Facts about a call that doesn't happen, as tests and <c>explain</c> state them: <c>exe</c>, <c>uid</c> …</summary>
public static class CallFactsText
{
    /// <summary>The facts that can be stated, by their fields' names.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. FieldCatalogue.All.Where(f => f.Field is Field.Exe or Field.Comm or Field.Cmdline or Field.ParentExe or Field.Pid or Field.Uid or Field.Cwd or Field.Sha256 or Field.Launch or Field.Domain).Select(f => f.Name)];

    /// <summary>The facts with one more.</summary>
    /// <exception cref="PatternException">There is no such fact, or the value doesn't suit it.</exception>
    public static CallFacts Set(CallFacts facts, string name, string value) => FieldCatalogue.Find(name)?.Field switch
    {
        Field.Exe => facts with { Executable = value },
        Field.Comm => facts with { Name = value },
        Field.Cmdline => facts with { CommandLine = value },
        Field.ParentExe => facts with { ParentExecutable = value },
        Field.Cwd => facts with { WorkingDirectory = value },
        Field.Sha256 => facts with { Sha256 = value.ToLowerInvariant() },
        Field.Launch => facts with { IsLaunch = Truth(name, value) },
        Field.Domain => facts with { Domains = [.. (facts.Domains ?? []), .. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(n => n.ToLowerInvariant())] },
        Field.Pid => facts with { ProcessId = Number(name, value) },
        Field.Uid => facts with { UserId = (uint)Number(name, value) },
        _ => throw new PatternException($"{Words.Quote(name)} can't be stated", Suggestion.For(name, Names) ?? $"what can be is {string.Join(", ", Names)}"),
    };

    private static bool Truth(string name, string value) =>
        bool.TryParse(value, out bool truth) ? truth : throw new PatternException($"{name} is true or false, not {Words.Quote(value)}");

    private static int Number(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw new PatternException($"{name} is a number, not {Words.Quote(value)}");
}
