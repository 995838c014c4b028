using System.Globalization;
using System.Text;
using Sandgate.Core.Record.Tree;

namespace Sandgate.Core.Record.Report;

/// <summary>What each process did when: its life as a bar, its calls as marks that are the fuller the more there were, denials in red.</summary>
internal static class Timeline
{
    private const int MostRows = 80;
    private const double Scale = 1000, Lane = 16;

    public static void Append(StringBuilder html, SessionReport report)
    {
        double total = Math.Max(report.Duration.TotalSeconds, 0.001);
        (ProcessNode Node, int Depth)[] rows = Choose(report);
        if (rows.Length == 0)
            return;
        html.Append("<section>\n<h2>Timeline<small>").Append(Amounts.Time(report.Duration)).Append("</small></h2>\n");
        Axis(html, total);
        foreach ((ProcessNode node, int depth) in rows)
            Row(html, report, node, depth, total);
        html.Append("<p class=\"legend\">").Append(Key("bar")).Append("lives").Append(Key("call")).Append("calls that were allowed").Append(Key("deny")).Append("denied");
        if (rows.Length < report.Tree.All.Count)
            html.Append(" · ").Append(Amounts.Count(report.Tree.All.Count - rows.Length)).Append(" processes with fewer calls are not drawn");
        html.Append("</p>\n</section>\n");
    }

    private static string Key(string kind) => $"<svg viewBox=\"0 0 12 12\"><rect class=\"{kind}\" width=\"12\" height=\"12\" rx=\"2\"/></svg>";

    // Those that did most, and were refused something first, in the order of the tree.
    private static (ProcessNode, int)[] Choose(SessionReport report)
    {
        HashSet<ProcessNode> chosen = [.. report.Tree.All.OrderByDescending(n => n.Denials > 0).ThenByDescending(n => n.Calls).Take(MostRows)];
        List<(ProcessNode, int)> rows = [];
        Stack<(ProcessNode Node, int Depth)> open = new(Enumerable.Reverse(report.Tree.Roots).Select(r => (r, 0)));
        while (open.TryPop(out (ProcessNode Node, int Depth) next))
        {
            if (chosen.Contains(next.Node))
                rows.Add(next);
            for (int i = next.Node.Children.Count - 1; i >= 0; i--)
                open.Push((next.Node.Children[i], next.Depth + 1));
        }

        return [.. rows];
    }

    private static void Axis(StringBuilder html, double total)
    {
        double step = Math.Pow(10, Math.Floor(Math.Log10(total)));
        step = (total / step) switch { < 2 => step / 5, < 5 => step / 2, _ => step };
        html.Append("<div class=\"row\"><div></div><svg class=\"axis\" role=\"img\" aria-label=\"time\">");
        for (double at = 0; at < total * 0.97; at += step)
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"{at / total * 100:0.##}%\" y=\"14\">{Amounts.Time(TimeSpan.FromSeconds(at))}</text>");
        html.Append("</svg></div>\n");
    }

    private static void Row(StringBuilder html, SessionReport report, ProcessNode node, int depth, double total)
    {
        double start = X(node.Start - report.First, total), end = X((node.End ?? node.Last) - report.First, total);
        string what = $"{node.ProcessId} {node.CommandLine ?? node.Executable ?? node.Name}: {Amounts.Count(node.Calls, "call")}, {Amounts.Count(node.Denials)} denied";
        html.Append("<div class=\"row\" title=\"").Append(Html.Text(what)).Append("\"><div class=\"who\"><i>").Append(' ', Math.Min(depth, 12)).Append(node.ProcessId).Append("</i> ").Append(Html.Text(node.Name.Length > 0 ? node.Name : "?")).Append("</div>");
        html.Append(CultureInfo.InvariantCulture, $"<svg class=\"lane\" viewBox=\"0 0 {Scale} {Lane}\" preserveAspectRatio=\"none\"><rect class=\"bar\" x=\"{start:0.##}\" y=\"3\" width=\"{Math.Max(2, end - start):0.##}\" height=\"10\" rx=\"1\"/>");
        if (report.Activity.TryGetValue(node, out (TimeBins Calls, TimeBins Denied) activity))
        {
            Marks(html, activity.Calls, "call", total, y: 3, height: 10);
            Marks(html, activity.Denied, "deny", total, y: 0, height: Lane);
        }

        html.Append("</svg></div>\n");
    }

    private static void Marks(StringBuilder html, TimeBins bins, string kind, double total, double y, double height)
    {
        (TimeSpan At, int Count)[] filled = [.. bins.Filled()];
        int most = filled.Length == 0 ? 1 : filled.Max(f => f.Count);
        double width = Math.Max(kind == "deny" ? 2 : 1.2, bins.Width.TotalSeconds / total * Scale);
        foreach ((TimeSpan at, int count) in filled)
        {
            double full = kind == "deny" ? 1 : 0.35 + (0.65 * Math.Log(1 + count) / Math.Log(1 + most));
            html.Append(CultureInfo.InvariantCulture, $"<rect class=\"{kind}\" x=\"{X(at, total):0.##}\" y=\"{y}\" width=\"{width:0.##}\" height=\"{height}\" opacity=\"{full:0.##}\"/>");
        }
    }

    private static double X(TimeSpan at, double total) => Math.Clamp(at.TotalSeconds / total, 0, 1) * (Scale - 2);
}
