using System.Text.RegularExpressions;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Core.Record.Report;

namespace Sandgate.Core.Tests.Record;

/// <summary>A report says what happened, and nothing in a record can make it do anything.</summary>
public partial class ReportTests
{
    private static SessionReport Of(params RecordedEvent[] events) => Assert.Single(SessionReport.Of(events));

    [Fact]
    public void It_says_what_was_touched_and_refused()
    {
        SessionReport report = Of(
            Recorded.Session(), Recorded.Open("/etc/hosts", second: 1), Recorded.Open("/srv/out", "w+create", second: 1), Recorded.Open("/srv/both", "rw", second: 2),
            Recorded.Open("/etc/shadow", second: 2, allowed: false, reason: VerdictReason.Rule, rule: "open ('/etc/shadow')"),
            Recorded.Of("connect", new(Operation.Connect, "connect", [Argument.FromText("1.2.3.4:443")]), second: 3) with { Facts = new() { Domains = ["example.org"] } },
            new SessionEnded { Time = Recorded.Begin.AddSeconds(5), Status = 3, Calls = 5, Dropped = 0 });
        string text = ReportText.Of(report, colour: false);
        Assert.Equal(["/srv/both", "/srv/out"], report.Files.Written.Top.Select(t => t.Key));
        Assert.Equal(["/etc"], report.Files.ReadIn.Top.Select(t => t.Key));
        Assert.Contains("with status 3 after 5 s", text, StringComparison.Ordinal);
        Assert.Contains("denied 1  open ('/etc/shadow')", text, StringComparison.Ordinal);
        Assert.Contains("1.2.3.4:443 (example.org)", text, StringComparison.Ordinal);
        Assert.DoesNotContain("!", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_said()
    {
        string text = ReportText.Of(Of(Recorded.Session(), new EventsDropped { Time = Recorded.Begin, Count = 12 }), colour: false);
        Assert.Contains("! the record was cut short", text, StringComparison.Ordinal);
        Assert.Contains("! 12 events were dropped", text, StringComparison.Ordinal);
        Assert.Contains("! the record has no beginning", ReportText.Of(Of(Recorded.Open("/x")), colour: false), StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_holds_no_markup_that_came_from_a_program()
    {
        RandomEvents random = new(6);
        List<RecordedEvent> events = [Recorded.Session("/<script>alert(1)</script>"), .. Enumerable.Range(0, 3000).Select(_ => random.Next()).Where(e => e is not SessionStart)];
        events.Add(Recorded.Open("/<img src=x onerror=alert(1)>\"'", allowed: false, reason: VerdictReason.Rule, rule: "</code><script>"));
        string page = ReportHtml.Of([Of([.. events])], "0.1.0");
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", page, StringComparison.Ordinal);
        string[] known = ["html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "small", "p", "code", "div", "b", "i", "span", "section", "svg", "text", "rect", "table", "tr", "td", "ul", "li", "details", "summary", "footer", "hr", "!doctype"];
        string body = page[..page.IndexOf("<style>", StringComparison.Ordinal)] + page[page.IndexOf("</style>", StringComparison.Ordinal)..];
        Assert.All(Tag().Matches(body), t => Assert.Contains(t.Groups["name"].Value, known));
        Assert.DoesNotMatch(@"<[^>]* (on\w+|src|href|style)\s*=", body);
        Assert.DoesNotMatch("[\x00-\x08\x0b-\x1f\x7f\u202e]", body);
    }

    [Fact]
    public void Its_policy_allows_its_own_style_and_nothing_else()
    {
        string page = ReportHtml.Of([Of(Recorded.Session())], "0.1.0");
        string style = page[(page.IndexOf("<style>", StringComparison.Ordinal) + 7)..page.IndexOf("</style>", StringComparison.Ordinal)];
        string hash = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(style)));
        Assert.Contains($"content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_record_takes_bounded_room()
    {
        IEnumerable<RecordedEvent> Endless()
        {
            for (int i = 0; i < 100_000; i++)
                yield return Recorded.Open($"/d{i}/f{i}", "w", second: i);
        }

        SessionReport report = Assert.Single(SessionReport.Of(Endless()));
        Assert.Equal((20_000, 80_000L), (report.Files.Written.Count, report.Files.Written.Others));
        Assert.Equal(100_000, report.Activity.Values.Single().Calls.Filled().Sum(f => f.Count));
        Assert.True(ReportHtml.Of([report], "0").Length < 1_000_000);
    }

    [GeneratedRegex("<(?<close>/?)(?<name>[^ />]+)")]
    private static partial Regex Tag();
}
