using System.CommandLine;
using System.Text;
using Sandgate.Core.Record;
using Sandgate.Core.Record.Report;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate report</c>: what a session did, on one screen or one page.</summary>
internal static class ReportCommand
{
    private const string Summary = "Sums up what a record holds: sandgate report [options] FILE";

    private const string Description = $"""
        {Summary}

        What ran and how it ended, what was denied and by which rule, programs, files, connections. --html writes it as one page with a
        timeline that needs nothing else: no script, nothing from elsewhere; names in it can't inject anything. The exit status is 0, or 125 when the
        record can't be read or the page can't be written.

        Examples:
          sandgate report run.jsonl
          sandgate report run.jsonl --html report.html
        """;

    /// <summary>The verb with its options.</summary>
    public static Command Create(bool details)
    {
        Argument<string> file = new("FILE") { Description = "The record." };
        Option<string?> html = new("--html") { Description = "Write a page that a browser shows; only its owner can read it.", HelpName = "FILE.html" };
        Command report = new("report", details ? Description : Summary) { file, html };
        report.SetAction(parsed => RecordReading.Of(parsed.GetValue(file)!, recorded => Report(recorded, parsed.GetValue(html))));
        return report;
    }

    private static int Report(IEnumerable<RecordedEvent> recorded, string? html)
    {
        IReadOnlyList<SessionReport> sessions = SessionReport.Of(recorded);
        if (html is not null)
        {
            Write(html, ReportHtml.Of(sessions, SessionHeader.Version));
            return 0;
        }

        using EventOutput output = new("text");
        for (int i = 0; i < sessions.Count; i++)
            output.Text((i > 0 ? "\n\n" : "") + ReportText.Of(sessions[i], output.Colour));
        output.Flush();
        return 0;
    }

    private static void Write(string name, string page)
    {
        try
        {
            using FileStream file = Platform.CreatePrivateFile(name);
            file.Write(Encoding.UTF8.GetBytes(page));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--html {name}: the file can't be written", failure);
        }
    }
}
