using System.Globalization;
using System.Text;
using Sandgate.Core.Confine;

namespace Sandgate.Core.Record.Report;

/// <summary>Sessions as one page without scripts that needs nothing else.</summary>
public static class ReportHtml
{
    private const int Rows = 12, MostRows = 1000;

    /// <summary>The page.</summary>
    public static string Of(IReadOnlyList<SessionReport> sessions, string version)
    {
        StringBuilder html = new(64 * 1024);
        string title = sessions is [{ Start: { } only }] ? EventLines.CommandOf(only) : "sessions";
        html.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"").Append(ReportStyle.Policy)
            .Append("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>Sandgate: ").Append(Html.Text(title)).Append("</title>\n<style>")
            .Append(ReportStyle.Css).Append("</style>\n</head>\n<body>\n<main>\n");
        for (int i = 0; i < sessions.Count; i++)
        {
            html.Append(i > 0 ? "<hr>\n" : "");
            Append(html, sessions[i]);
        }

        return html.Append("<footer>Written by Sandgate ").Append(Html.Text(version)).Append(" from a record. What is not in the record is not here.</footer>\n</main>\n</body>\n</html>\n").ToString();
    }

    private static void Append(StringBuilder html, SessionReport report)
    {
        html.Append("<h1>").Append(report.Start is { } start ? Html.Text(EventLines.CommandOf(start)) : "A session whose beginning was not recorded").Append("</h1>\n<p class=\"meta\">");
        if (report.Start is { } header)
        {
            html.Append(Html.Text(header.Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture))).Append(" UTC in <code>").Append(Html.Text(header.Directory)).Append("</code>, session <code>").Append(Html.Text(header.Session)).Append("</code>");
            if (header.Host.TryGetValue("name", out string? host))
                html.Append(" on ").Append(Html.Text(host)).Append(header.Host.TryGetValue("kernel", out string? kernel) ? ", Linux " + Html.Text(kernel) : "");
        }

        html.Append("</p>\n");
        foreach (string warning in ReportText.Warnings(report))
            html.Append("<p class=\"warn\">").Append(Html.Text(char.ToUpperInvariant(warning[0]) + warning[1..])).Append(".</p>\n");
        html.Append("<div class=\"tiles\">\n");
        Tile(html, Amounts.Time(report.Duration), "duration");
        Tile(html, report.End is { } end ? end.Status.ToString(CultureInfo.InvariantCulture) : "?", "exit status", report.End?.Status is 0 ? "good" : "bad");
        Tile(html, Amounts.Count(report.Counts.Denied), "denied", report.Counts.Denied > 0 ? "bad" : "good");
        Tile(html, Amounts.Count(report.Counts.Calls), "recorded calls");
        Tile(html, Amounts.Count(report.Tree.All.Count), "processes");
        html.Append("</div>\n");
        Denials(html, report);
        Timeline.Append(html, report);
        html.Append("<div class=\"pair\">\n");
        foreach ((string title, Ranking ranking) in ReportText.Rankings(report))
            Table(html, title, ranking);
        Table(html, "calls by operation", report.Operations);
        Table(html, "how binding the verdicts were", report.Labels);
        html.Append("</div>\n");
        if (report.Start is { } begin)
            Rules(html, begin);
        Steering(html, report);
    }

    private static void Tile(StringBuilder html, string value, string name, string kind = "") =>
        html.Append("<div class=\"tile ").Append(kind).Append("\"><b>").Append(Html.Text(value)).Append("</b><span>").Append(name).Append("</span></div>\n");

    private static void Denials(StringBuilder html, SessionReport report)
    {
        if (report.Denied.Count == 0)
            return;
        html.Append("<section>\n<h2>Denied</h2>\n");
        foreach ((string rule, DeniedBy denied) in report.Denied.OrderByDescending(d => d.Value.Count).Take(MostRows))
        {
            html.Append("<div class=\"denial\"><p><code>").Append(Html.Text(rule)).Append("</code> <span class=\"tag bad\">").Append(Amounts.Count(denied.Count)).Append("</span> <span class=\"tag\">").Append(Html.Text(denied.Binding)).Append("</span>");
            if (denied.Place is { } place)
                html.Append(" <span class=\"tag\">").Append(Html.Text(place)).Append("</span>");
            html.Append("</p><ul class=\"mono\">");
            foreach (string example in denied.Examples)
                html.Append("<li>").Append(Html.Text(example)).Append("</li>");
            html.Append("</ul></div>\n");
        }

        html.Append("</section>\n");
    }

    private static void Table(StringBuilder html, string title, Ranking ranking)
    {
        if (ranking.Count == 0)
            return;
        html.Append("<section>\n<h2>").Append(char.ToUpperInvariant(title[0])).Append(title.AsSpan(1)).Append("<small>").Append(Amounts.Count(ranking.Count)).Append("</small></h2>\n");
        KeyValuePair<string, long>[] rows = [.. ranking.Top.Take(MostRows)];
        Rowset(html, rows.AsSpan(0, Math.Min(Rows, rows.Length)));
        if (rows.Length > Rows)
        {
            html.Append("<details><summary>").Append(Amounts.Count(ranking.Count - Rows)).Append(" more").Append(ranking.Count > MostRows ? $", of which {Amounts.Count(MostRows - Rows)} are listed" : "").Append("</summary>\n");
            Rowset(html, rows.AsSpan(Rows));
            html.Append("</details>\n");
        }

        html.Append("</section>\n");
    }

    private static void Rowset(StringBuilder html, ReadOnlySpan<KeyValuePair<string, long>> rows)
    {
        html.Append("<table>");
        foreach ((string name, long count) in rows)
            html.Append("<tr><td class=\"n\">").Append(Amounts.Count(count)).Append("</td><td class=\"name\">").Append(Html.Text(name)).Append("</td></tr>\n");
        html.Append("</table>\n");
    }

    private static void Rules(StringBuilder html, SessionStart start)
    {
        html.Append("<section>\n<h2>Rules<small>").Append(Html.Text(ReportText.RulesOf(start))).Append("</small></h2>\n<table>");
        foreach ((string rule, string label) in start.Labels.Take(MostRows))
            html.Append("<tr><td class=\"name\">").Append(Html.Text(rule)).Append("</td><td class=\"n\"><span class=\"tag\">").Append(Html.Text(label)).Append("</span></td></tr>\n");
        foreach (Grant grant in start.Grants)
            html.Append("<tr><td class=\"name\">").Append(Html.Text(ReportText.Describe(grant))).Append("</td><td class=\"n\"><span class=\"tag\">mechanism</span></td></tr>\n");
        foreach (string lifted in start.LiftedFloor)
            html.Append("<tr><td class=\"name\">").Append(Html.Text(lifted)).Append("</td><td class=\"n\"><span class=\"tag bad\">floor lifted</span></td></tr>\n");
        html.Append("</table>\n</section>\n");
    }

    private static void Steering(StringBuilder html, SessionReport report)
    {
        if (report.Steering.Count == 0 && report.Questions is (0, 0, 0) && report.Messages == 0)
            return;
        html.Append("<section>\n<h2>From outside</h2>\n<table>");
        if (ReportText.QuestionsOf(report) is { Length: > 0 } questions)
            html.Append("<tr><td>Questions</td><td>").Append(Html.Text(questions)).Append("</td></tr>\n");
        if (report.Messages > 0)
            html.Append("<tr><td>Messages of the program</td><td>").Append(Amounts.Count(report.Messages)).Append("</td></tr>\n");
        foreach (SessionSteered steered in report.Steering)
            html.Append("<tr><td>").Append(Html.Text(steered.Action)).Append("</td><td class=\"name\">").Append(Html.Text($"{steered.Text} ({steered.By})")).Append("</td></tr>\n");
        html.Append("</table>\n</section>\n");
    }
}
