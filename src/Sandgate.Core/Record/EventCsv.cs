using System.Globalization;
using System.Text;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Record;

/// <summary>Events as comma-separated values (RFC 4180), one line each, for spreadsheets.</summary>
public static class EventCsv
{
    /// <summary>The first line.</summary>
    public const string Header = "n,time,event,pid,tid,ppid,comm,exe,cmdline,syscall,operation,call,resolved,verdict,errno,reason,rule,place,binding,outcome,cost_us,held_us,text\r\n";

    /// <summary>Appends one event with the end of its line.</summary>
    public static void Append(StringBuilder csv, RecordedEvent recorded)
    {
        csv.Append(recorded.Number).Append(',').Append(CultureInfo.InvariantCulture, $"{recorded.Time:O}").Append(',').Append(EventJson.NameOf(recorded));
        CallEvent? call = recorded as CallEvent;
        Caller? caller = CallerOf(recorded);
        Add(csv, caller?.ProcessId ?? (recorded as ProcessEnded)?.ProcessId);
        Add(csv, call?.ThreadId);
        Add(csv, caller is { ParentId: not 0 } ? caller.ParentId : null);
        Add(csv, caller?.Name);
        Add(csv, caller?.Executable);
        Add(csv, caller?.CommandLine);
        Add(csv, call?.Syscall);
        Add(csv, call is { Views.Count: > 0 } ? call.Views[Math.Clamp(call.Verdict.View, 0, call.Views.Count - 1)].Name : null);
        Add(csv, call?.Text);
        Add(csv, call?.Resolved);
        Add(csv, call is null ? null : EventWords.Of(call.Verdict));
        Add(csv, call is { Verdict.Allowed: false } ? Errnos.NameOf(call.Verdict.Errno) : null);
        Add(csv, call is null ? null : EventWords.Of(call.Verdict.Reason));
        Add(csv, call?.Rule);
        Add(csv, call?.RulePlace);
        Add(csv, call is null ? null : EventWords.Of(call.Binding));
        Add(csv, call is null ? null : EventWords.Of(call.Outcome));
        Add(csv, call is null ? null : Math.Round(call.Cost.TotalMicroseconds, 1));
        Add(csv, call is null ? null : Math.Round(call.Held.TotalMicroseconds, 1));
        Add(csv, call is null ? EventLines.Words(recorded) : null);
        csv.Append("\r\n");
    }

    /// <summary>Who an event is about; null when it is about nobody, or tells only a number.</summary>
    internal static Caller? CallerOf(RecordedEvent recorded) => recorded switch
    {
        CallEvent call => call.Caller,
        ProcessStarted started => started.Caller,
        ProcessExecuted executed => executed.Caller,
        ProgramMessage message => message.Caller,
        _ => null,
    };

    private static void Add(StringBuilder csv, double? number) => csv.Append(',').Append(CultureInfo.InvariantCulture, $"{number}");

    private static void Add(StringBuilder csv, string? text)
    {
        csv.Append(',');
        if (string.IsNullOrEmpty(text))
            return;
        string printed = CallText.Printable(text);

        // A spreadsheet takes what begins so for a formula, and runs it.
        if (printed[0] is '=' or '+' or '-' or '@')
            printed = "'" + printed;
        csv.Append('"').Append(printed.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
