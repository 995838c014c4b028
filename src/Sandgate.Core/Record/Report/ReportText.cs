using System.Globalization;
using System.Text;
using Sandgate.Core.Confine;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Record.Report;

/// <summary>A session on one screen.</summary>
public static class ReportText
{
    private const int Rows = 6, Width = 110;
    private const string Bold = "\e[1m", Red = "\e[31m", Yellow = "\e[33m", Dim = "\e[2m", Plain = "\e[0m";

    /// <summary>The whole of it.</summary>
    public static string Of(SessionReport report, bool colour)
    {
        StringBuilder text = new();
        string Shade(string code, string words) => colour ? code + words + Plain : words;
        void Row(string name, string value) => text.Append(Shade(Dim, name.PadRight(13))).Append(value).Append('\n');

        text.Append(Shade(Bold, report.Start is { } start ? Shortened(EventLines.CommandOf(start)) : "a session whose beginning was not recorded")).Append('\n');
        foreach (string warning in Warnings(report))
            text.Append(Shade(Yellow, "! " + warning)).Append('\n');
        if (report.Start is { } header)
        {
            Row("session", $"{CallText.Printable(header.Session)}, {header.Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC, in {CallText.Printable(header.Directory)}");
            Row("rules", RulesOf(header));
            if (header.Grants.Count > 0)
                Row("mechanisms", CallText.Printable(string.Join("; ", header.Grants.Select(Describe))));
            if (header.LiftedFloor.Count > 0)
                Row("lifted floor", CallText.Printable(string.Join(", ", header.LiftedFloor)));
        }

        Row("ended", EndOf(report));
        Row("calls", CallsOf(report, Shade));
        Row("processes", $"{Amounts.Count(report.Tree.All.Count)}");
        if (QuestionsOf(report) is { Length: > 0 } questions)
            Row("questions", questions);
        if (report.Messages > 0)
            Row("messages", Amounts.Count(report.Messages, "message") + " from the program");
        foreach ((string rule, DeniedBy denied) in report.Denied.OrderByDescending(d => d.Value.Count).Take(Rows))
        {
            text.Append('\n').Append(Shade(Red, $"denied {Amounts.Count(denied.Count)}")).Append("  ").Append(Shortened(rule)).Append(denied.Place is { } place ? "  " + Shade(Dim, CallText.Printable(place)) : "").Append('\n');
            foreach (string example in denied.Examples.Take(3))
                text.Append("  ").Append(Shortened(example)).Append('\n');
        }

        if (report.Denied.Count > Rows)
            text.Append(CultureInfo.InvariantCulture, $"\n… and by {report.Denied.Count - Rows} more rules\n");
        foreach ((string title, Ranking ranking) in Rankings(report))
            Append(text, Shade(Bold, title), ranking);
        return text.ToString();
    }

    /// <summary>What a reader must know before believing the rest.</summary>
    internal static IEnumerable<string> Warnings(SessionReport report)
    {
        if (report.Start is null)
            yield return "the record has no beginning";
        if (report.End is null)
            yield return "the record was cut short: it has no end, and what happened then is unknown";
        if (Math.Max(report.Dropped, report.End?.Dropped ?? 0) is > 0 and var dropped)
            yield return $"{Amounts.Count(dropped, "event")} were dropped because the record could not keep up";
        if (report.End?.Limit is { } limit)
            yield return $"ended by the limit {CallText.Printable(limit)}";
    }

    internal static string EndOf(SessionReport report) => report.End is { } end
        ? string.Create(CultureInfo.InvariantCulture, $"with status {end.Status} after {Amounts.Time(report.Duration)}")
        : $"not in the record, which goes on for {Amounts.Time(report.Duration)}";

    internal static string RulesOf(SessionStart header) =>
        (header.RuleFiles.Count > 0 ? CallText.Printable(string.Join(", ", header.RuleFiles)) + ", " : "") + Amounts.Count(header.Labels.Count, "rule")
        + (header.RulesVersion.Length > 12 ? ", version " + CallText.Printable(header.RulesVersion.AsSpan(0, 12)) : "");

    internal static string Describe(Grant grant) => $"{grant.Mechanism}: {EventWords.Of(grant.Kind)}{(grant.How.Length > 0 ? $" ({grant.How})" : "")}";

    internal static string QuestionsOf(SessionReport report) => report.Questions is (0, 0, 0) ? ""
        : $"{Amounts.Count(report.Questions.Yes)} answered yes, {Amounts.Count(report.Questions.No)} no, {Amounts.Count(report.Questions.Unanswered)} not at all";

    internal static IEnumerable<(string Title, Ranking Ranking)> Rankings(SessionReport report) =>
    [
        report.Programs.Count > 0 ? ("programs executed", report.Programs) : ("programs tried", report.Tried), ("connected or sent to", report.Peers), ("files written", report.Files.Written),
        ("directories written in", report.Files.WrittenIn), ("directories opened for reading in", report.Files.ReadIn),
    ];

    private static string CallsOf(SessionReport report, Func<string, string, string> shade)
    {
        string denied = Amounts.Count(report.Counts.Denied) + " denied";
        return $"{Amounts.Count(report.Counts.Calls)} recorded, {(report.Counts.Denied > 0 ? shade(Red, denied) : denied)}; "
            + string.Join(", ", report.Labels.Top.Select(l => $"{Amounts.Count(l.Value)} {l.Key}"));
    }

    private static void Append(StringBuilder text, string title, Ranking ranking)
    {
        if (ranking.Count == 0)
            return;
        text.Append('\n').Append(title).Append('\n');
        foreach ((string name, long count) in ranking.Top.Take(Rows))
            text.Append(Amounts.Count(count).PadLeft(9)).Append("  ").Append(Shortened(name)).Append('\n');
        if (ranking.Count > Rows)
            text.Append("        …  ").Append(Amounts.Count(ranking.Count - Rows)).Append(" more").Append(ranking.Others > 0 ? ", and others that were not counted one by one" : "").Append('\n');
    }

    private static string Shortened(string words) => CallText.Printable(words) is { Length: > Width } longer ? string.Concat(longer.AsSpan(0, Width - 1), "…") : CallText.Printable(words);
}
