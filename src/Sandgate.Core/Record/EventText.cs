using System.Globalization;
using System.Text;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Record;

/// <summary>One decided call as a line for people.</summary>
public static class EventText
{
    private const string Red = "\e[31m", Green = "\e[32m", Yellow = "\e[33m", Dim = "\e[2m", Plain = "\e[0m";

    /// <summary><c>sandgate: denied open('/etc/passwd', 'r') by rule open ('/etc/passwd') [pid 4242 cat]</c>, with its newline.</summary>
    public static string Denial(CallEvent written, bool colour)
    {
        StringBuilder text = new(160);
        bool denied = !written.Verdict.Allowed;
        text.Append(colour ? denied ? Red : Green : "").Append(written.Verdict.Action == RuleAction.Kill ? "sandgate: killed for " : denied ? "sandgate: denied " : "sandgate: logged ").Append(colour ? Plain : "").Append(written.Text);
        if (denied)
            AppendWhy(text, written);
        AppendWho(text, written, colour);
        return text.Append('\n').ToString();
    }

    /// <summary>One line of a trace, with its newline.</summary>
    public static string Trace(CallEvent written, bool colour)
    {
        (string word, string shade) = written.Outcome switch
        {
            Outcome.Killed => ("killed", Red),
            Outcome.Denied when written.Verdict.Allowed => ("refused", Red),
            Outcome.Denied => (Errnos.NameOf(written.Verdict.Errno), Red),
            Outcome.Failed => ("fails", Yellow),
            Outcome.Vanished => ("vanished", Yellow),
            Outcome.Emulated => ("emulated", Green),
            _ => ("allowed", Green),
        };
        StringBuilder text = new(160);
        text.Append(colour ? Dim : "").Append(CultureInfo.InvariantCulture, $"[{written.ThreadId} ");
        CallText.AppendEscaped(text, written.Caller.Name);
        text.Append("] ").Append(colour ? Plain : "").Append(written.Text).Append(" = ");
        text.Append(colour ? shade : "").Append(word).Append(colour ? Plain : "");
        if (!written.Verdict.Allowed)
            AppendWhy(text, written);
        return text.Append('\n').ToString();
    }

    private static void AppendWhy(StringBuilder text, CallEvent written)
    {
        Verdict verdict = written.Verdict;
        if (written.Resolved is { } resolved)
            text.Append(", really ").Append(resolved);
        text.Append(verdict.Reason switch
        {
            VerdictReason.Floor => " by the ",
            VerdictReason.Default => " by default",
            VerdictReason.Unknown => ", which could not be judged, by rule ",
            VerdictReason.Asked => " by your answer to ",
            VerdictReason.Unanswered => ", which nobody was there to allow, by ",
            _ => " by rule ",
        });
        if (written.Rule is { } rule)
        {
            text.Append(rule);
            if (verdict.Reason == VerdictReason.Floor && verdict.Rule?.Note is { } why)
                text.Append(": ").Append(CallText.Printable(why));
        }
        else if (verdict.Reason is VerdictReason.Asked or VerdictReason.Unanswered)
            text.Append("the default");
    }

    private static void AppendWho(StringBuilder text, CallEvent written, bool colour)
    {
        text.Append(colour ? Dim : "").Append(CultureInfo.InvariantCulture, $" [pid {written.Caller.ProcessId}");
        if (written.Caller.Name.Length > 0)
            CallText.AppendEscaped(text.Append(' '), written.Caller.Name);
        text.Append(']').Append(colour ? Plain : "");
    }
}
