using System.Globalization;
using System.Text.Json;
using Sandgate.Core.Decide.Conditions;

namespace Sandgate.Core.Decide.Language;

/// <summary>What a rule does, as written: a word, or the long form.</summary>
internal readonly record struct WrittenAction(RuleAction? Action)
{
    /// <summary>The errno of a denial; 0 for the default.</summary>
    public int Errno { get; init; }

    /// <summary>Where the errno is written.</summary>
    public SourcePlace ErrnoPlace { get; init; }

    public string? Name { get; init; }

    public string? Note { get; init; }

    public DateTimeOffset? Expires { get; init; }

    public TimeSpan? Timeout { get; init; }

    public bool? AllowUnanswered { get; init; }

    /// <summary>The rule with this action.</summary>
    public Rule ToRule(RuleScope scope, string text, Condition when, SourcePlace place) => new()
    {
        Scope = scope,
        When = when,
        Action = Action!.Value,
        Text = text,
        Errno = Errno,
        Name = Name,
        Note = Note,
        Expires = Expires,
        Timeout = Timeout,
        AllowUnanswered = AllowUnanswered ?? false,
        Place = place,
    };
}

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
        SourcePlace start = json.Place();
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        WrittenAction written = default;
        int before = json.Problems.Count;
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            if (!TryReadKey(ref json, key, place, ref written))
                json.ReportKey(key, place, Settings.ActionKeys, []);
        }

        return Finish(ref json, written, start, seen.ContainsKey("action") ? null : "the long form of an action", before);
    }

    /// <summary>Checks an action that was read key by key; null when something was wrong since <paramref name="before"/>. <paramref name="lacking"/> names what has no "action".</summary>
    public static WrittenAction? Finish(ref JsonText json, WrittenAction written, SourcePlace start, string? lacking, int before)
    {
        if (lacking is not null)
            json.Report(start, $"{lacking} needs \"action\"", $"write {Words.Choice(Settings.Actions)}");
        if (written.Errno > 0 && written.Action is { } word and not (RuleAction.NotAllow or RuleAction.Ask or RuleAction.Kill))
            json.Report(written.ErrnoPlace, $"\"errno\" has no meaning with \"{Settings.NameOf(word)}\": only a denied call fails");
        if ((written.Timeout is not null || written.AllowUnanswered is not null) && written.Action is { } other and not RuleAction.Ask)
            json.Report(start, $"\"timeout\" and \"on_timeout\" have no meaning with \"{Settings.NameOf(other)}\": only \"ask\" waits");
        return json.Problems.Count == before && written.Action is not null ? written : null;
    }

    /// <summary>Reads one key of the long form; false when it isn't one.</summary>
    public static bool TryReadKey(ref JsonText json, string key, SourcePlace place, ref WrittenAction written)
    {
        switch (key)
        {
            case "action":
                if (json.Expect(JsonTokenType.String, "\"action\""))
                    written = written with { Action = ReadWord(ref json) };
                return true;
            case "errno":
                written = written with { Errno = ReadErrno(ref json), ErrnoPlace = place };
                return true;
            case "name":
                if (json.Expect(JsonTokenType.String, "\"name\""))
                    written = written with { Name = json.Text() };
                return true;
            case "note":
                if (json.Expect(JsonTokenType.String, "\"note\""))
                    written = written with { Note = json.Text() };
                return true;
            case "expires":
                written = written with { Expires = ReadTime(ref json) };
                return true;
            case "timeout":
                written = written with { Timeout = ReadDuration(ref json) };
                return true;
            case "on_timeout":
                written = written with { AllowUnanswered = ReadOnTimeout(ref json) };
                return true;
            case "set":
                CheckSet(ref json);
                return true;
            default:
                return false;
        }
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

    private static readonly string[] s_timeForms =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK"];

    // A time without a zone is UTC: the same rule must mean the same everywhere.
    private static DateTimeOffset? ReadTime(ref JsonText json)
    {
        if (!json.Expect(JsonTokenType.String, "\"expires\"", "write a time such as \"2027-01-31T18:00Z\""))
            return null;
        if (DateTimeOffset.TryParseExact(json.Text(), s_timeForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
            return time;
        json.Report(json.Place(), $"not a time: {Words.Quote(json.Text())}", "write one such as \"2027-01-31T18:00Z\"");
        return null;
    }

    /// <summary>Reads <c>30s</c>, <c>50ms</c>, <c>5m</c>, <c>2h</c>, or a number of seconds.</summary>
    public static TimeSpan? ReadDuration(ref JsonText json)
    {
        SourcePlace place = json.Place();
        if (json.Scalar("a duration") is not { } text)
            return null;
        if (Confine.Quantity.Time(text) is { } time)
            return time;
        json.Report(place, $"not a duration: {Words.Quote(text)}", "write one such as \"30s\", \"50ms\" or \"5m\"");
        return null;
    }

    private static bool? ReadOnTimeout(ref JsonText json)
    {
        if (!json.Expect(JsonTokenType.String, "\"on_timeout\"", "write \"allow\" or \"not_allow\""))
            return null;
        switch (json.Text())
        {
            case "allow": return true;
            case "not_allow" or "deny": return false;
            case var word:
                json.Report(json.Place(), $"unknown value {Words.Quote(word)} of \"on_timeout\"", "write \"allow\" or \"not_allow\"");
                return null;
        }
    }

    private static void CheckSet(ref JsonText json)
    {
        if (!json.Expect(JsonTokenType.StartObject, "\"set\""))
            return;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            if (Settings.SetKeys.Contains(key))
                json.Scalar(Words.Quote(key));
            else
                json.ReportKey(key, place, Settings.SetKeys, []);
        }
    }
}
