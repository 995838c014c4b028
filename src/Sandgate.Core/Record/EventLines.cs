using System.Globalization;
using System.Text;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Record;

/// <summary>Events of every kind as lines for people.</summary>
public static class EventLines
{
    private const string Bold = "\e[1m", Dim = "\e[2m", Plain = "\e[0m";

    /// <summary>One event with the time of day, and its newline.</summary>
    public static string Of(RecordedEvent recorded, bool colour)
    {
        string time = recorded.Time.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        string line = recorded is CallEvent call ? EventText.Trace(Printable(call), colour)
            : recorded is SessionStart or SessionEnded && colour ? $"{Bold}{Words(recorded)}{Plain}\n"
            : Words(recorded) + "\n";
        return colour ? $"{Dim}{time}{Plain} {line}" : $"{time} {line}";
    }

    /// <summary>An event that is no call in words, on one line whatever it holds.</summary>
    public static string Words(RecordedEvent recorded) => recorded switch
    {
        SessionStart start => $"session {CallText.Printable(start.Session)}: {CommandOf(start)}, in {CallText.Printable(start.Directory)}, on {start.Time.UtcDateTime:yyyy-MM-dd} UTC",
        ProcessStarted started => $"{Who(started.Caller)} was started{(started.Caller.ParentId == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" by {started.Caller.ParentId}"))}",
        ProcessExecuted executed => $"{Who(executed.Caller)} runs {CallText.Printable(executed.Caller.Executable ?? "?")}: {CallText.Printable(executed.Caller.CommandLine ?? "?")}",
        ProcessEnded ended => Ended(ended),
        ProgramMessage message => $"{Who(message.Caller)} says {CallText.Printable(message.Json)}",
        SessionSteered steered => $"{CallText.Printable(steered.Action)}: {CallText.Printable(steered.Text)} ({CallText.Printable(steered.By)})",
        EventsDropped dropped => string.Create(CultureInfo.InvariantCulture, $"{dropped.Count} events were dropped here"),
        SessionEnded over => string.Create(CultureInfo.InvariantCulture, $"session ended with status {over.Status}{(over.Limit is { } limit ? $", by the limit {CallText.Printable(limit)}" : "")}: {over.Calls} calls, {over.Dropped} events dropped"),
        CallEvent call => CallText.Printable(call.Text),
        _ => EventJson.NameOf(recorded),
    };

    /// <summary>The command of a session as a shell would take it, escaped.</summary>
    public static string CommandOf(SessionStart start) => string.Join(' ', start.Command.Select(Word));

    // Texts of calls are written down escaped, but a record can come from anybody.
    private static CallEvent Printable(CallEvent call) => call with
    {
        Text = CallText.Printable(call.Text),
        Resolved = call.Resolved is { } resolved ? CallText.Printable(resolved) : null,
        Rule = call.Rule is { } rule ? CallText.Printable(rule) : null,
    };

    private static string Word(string word)
    {
        if (word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=:,+@%".Contains(c, StringComparison.Ordinal)))
            return word;
        StringBuilder quoted = new();
        CallText.AppendQuoted(quoted, word);
        return quoted.ToString();
    }

    private static string Who(Caller caller)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"[{caller.ProcessId} ");
        CallText.AppendEscaped(text, caller.Name);
        return text.Append(']').ToString();
    }

    private static string Ended(ProcessEnded ended)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"[{ended.ProcessId}] ended");
        if (ended.Status is { } status)
            text.Append(CultureInfo.InvariantCulture, $" with status {status}");
        if (ended.Cpu is { } cpu)
            text.Append(CultureInfo.InvariantCulture, $", {cpu.TotalSeconds:0.###} s of processor time");
        if (ended.PeakMemory is { } peak)
            text.Append(CultureInfo.InvariantCulture, $", at most {Amounts.Bytes(peak)}");
        return text.ToString();
    }
}
