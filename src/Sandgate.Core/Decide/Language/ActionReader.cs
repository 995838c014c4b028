using System.Text.Json;

namespace Sandgate.Core.Decide.Language;

/// <summary>What a rule does, as written: a word, or the long form.</summary>
/// <param name="Action">The action.</param>
/// <param name="Errno">The errno of a denial; 0 for the default.</param>
/// <param name="Name">The rule's name.</param>
/// <param name="Note">The rule's note.</param>
internal readonly record struct WrittenAction(RuleAction Action, int Errno = 0, string? Name = null, string? Note = null);

/// <summary>Reads the value of a pattern: its action.</summary>
internal static class ActionReader
{
    /// <summary>Reads the current value; null when something was wrong, which is then reported.</summary>
    public static WrittenAction? Read(ref JsonText json)
    {
        if (json.Kind == JsonTokenType.StartObject)
            return ReadLongForm(ref json);
        if (json.Kind == JsonTokenType.String)
            return ReadWord(ref json) is { } action ? new WrittenAction(action) : null;
        json.Report(json.Place(), $"an action must be a string or an object, not {Words.KindOf(json.Kind)}", $"write {Words.Choice(Settings.Actions)}");
        json.Skip();
        return null;
    }

    private static RuleAction? ReadWord(ref JsonText json)
    {
        try
        {
            return Settings.ActionOf(json.Text());
        }
        catch (PatternException e)
        {
            json.Report(json.Place(), e.Message, e.Advice);
            return null;
        }
    }

    private static WrittenAction? ReadLongForm(ref JsonText json)
    {
        SourcePlace start = json.Place(), errnoPlace = default;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        RuleAction? action = null;
        int errno = 0;
        string? name = null, note = null;
        int before = json.Problems.Count;
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            switch (key)
            {
                case "action":
                    if (json.Expect(JsonTokenType.String, "\"action\""))
                        action = ReadWord(ref json);
                    break;
                case "errno":
                    errnoPlace = place;
                    errno = ReadErrno(ref json);
                    break;
                case "name":
                    if (json.Expect(JsonTokenType.String, "\"name\""))
                        name = json.Text();
                    break;
                case "note":
                    if (json.Expect(JsonTokenType.String, "\"note\""))
                        note = json.Text();
                    break;
                default:
                    json.ReportKey(key, place, Settings.ActionKeys, Settings.LaterActionKeys);
                    break;
            }
        }

        if (!seen.ContainsKey("action"))
            json.Report(start, "the long form of an action needs \"action\"", $"write {Words.Choice(Settings.Actions)}");
        if (errno > 0 && action is { } word and not RuleAction.NotAllow)
            json.Report(errnoPlace, $"\"errno\" has no meaning with \"{(word == RuleAction.Allow ? "allow" : "log")}\": only a denied call fails");
        return json.Problems.Count == before && action is { } known ? new WrittenAction(known, errno, name, note) : null;
    }

    private static int ReadErrno(ref JsonText json)
    {
        if (json.Kind == JsonTokenType.String)
        {
            string name = json.Text();
            int errno = Errnos.Find(name);
            if (errno == 0)
                json.Report(json.Place(), $"unknown errno {Words.Quote(name)}", Suggestion.For(name, Errnos.Names));
            return errno;
        }

        if (json.Kind != JsonTokenType.Number)
        {
            json.Report(json.Place(), $"\"errno\" must be a name or a number, not {Words.KindOf(json.Kind)}", "write a name such as \"EACCES\"");
            json.Skip();
            return 0;
        }

        if (json.TryGetInteger(out int number) && number is >= 1 and <= 4095)
            return number;
        json.Report(json.Place(), "an errno is a whole number from 1 to 4095");
        return 0;
    }
}
