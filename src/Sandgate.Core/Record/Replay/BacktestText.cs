using System.Text;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Record.Replay;

/// <summary>What a backtest found, for people.</summary>
public static class BacktestText
{
    private const string Red = "\e[31m", Green = "\e[32m", Yellow = "\e[33m", Dim = "\e[2m", Plain = "\e[0m";

    /// <summary>The whole of it.</summary>
    public static string Of(Backtest found, bool colour)
    {
        string Shade(string code, string text) => colour ? code + text + Plain : text;
        StringBuilder text = new();
        text.Append(Amounts.Count(found.Calls, "recorded call")).Append(", ")
            .Append(found.Changed == 0 ? "none would be decided otherwise" : $"{Amounts.Count(found.Changed)} would be decided otherwise").Append('\n');
        foreach (ChangeGroup group in found.Groups)
        {
            text.Append('\n').Append(Shade(group.Before == "allow" ? Green : Red, group.Before)).Append(" → ").Append(Shade(group.After == "allow" ? Green : Red, group.After))
                .Append("  ").Append(CallText.Printable(group.Rule)).Append(group.Place.Length > 0 ? "  " + Shade(Dim, group.Place) : "").Append("  ").Append(Amounts.Count(group.Count, "call")).Append('\n');
            foreach (CallEvent example in group.Examples)
                text.Append("  ").Append(Line(example)).Append('\n');
        }

        if (found.Untold > 0)
        {
            text.Append('\n').Append(Shade(Yellow, $"{Amounts.Count(found.Untold, "call")} can't be judged, because this was not recorded:")).Append('\n');
            foreach ((string what, long count) in found.Lacking)
                text.Append("  ").Append(what).Append("  ").Append(Amounts.Count(count)).Append('\n');
        }

        if (found.NotSeen.Any())
            text.Append("\nno call in the record: ").AppendJoin(", ", found.NotSeen).Append("; there was none, or the rules of that run did not stop them\n");
        if (found.Record.Dropped > 0)
            text.Append('\n').Append(Amounts.Count(found.Record.Dropped, "event")).Append(" of the record were dropped and not judged\n");
        if (found.Record.CutShort > 0)
            text.Append("\nthe record has no end: what came after it was cut short was not judged\n");
        return text.ToString();
    }

    /// <summary>One call as an example.</summary>
    public static string Line(CallEvent call)
    {
        StringBuilder text = new(CallText.Printable(call.Text));
        if (call.Resolved is { } resolved)
            text.Append(", really ").Append(CallText.Printable(resolved));
        CallText.AppendEscaped(text.Append(" [pid ").Append(call.Caller.ProcessId).Append(' '), call.Caller.Name);
        return text.Append(']').ToString();
    }
}
