using System.Text;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Tests.Record;

/// <summary>Calls and sessions as tests write them down.</summary>
internal static class Recorded
{
    public static DateTimeOffset Begin { get; } = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    public static SessionStart Session(string directory = "/home/u/work") => new()
    {
        Time = Begin,
        Session = "abcdefgh",
        Command = ["make"],
        Directory = directory,
        Demand = Demand.Equivalent,
        Grants = [],
        LiftedFloor = [],
        Host = new Dictionary<string, string> { ["pid"] = "99" },
    };

    public static CallEvent Of(string syscall, CallView view, int second = 0, bool allowed = true, VerdictReason reason = VerdictReason.Default, string? rule = null, int pid = 7) => new()
    {
        Time = Begin.AddSeconds(second),
        Number = second + 1,
        Caller = new() { ProcessId = pid, ParentId = 1, Name = "cat", Executable = "/usr/bin/cat", CommandLine = "cat x", UserId = 1000 },
        ThreadId = pid,
        Syscall = syscall,
        Text = CallText.Render(view, PathForm.Given),
        Resolved = CallText.Render(view, PathForm.Resolved),
        Views = [view],
        Verdict = allowed ? new(true, 0, reason, null, 0, false) : new(false, Errnos.EACCES, reason, null, 0, false),
        Rule = rule,
        Binding = Binding.Emulated,
        Outcome = allowed ? Outcome.Emulated : Outcome.Denied,
        Held = TimeSpan.FromMicroseconds(250),
    };

    public static CallEvent Open(string path, string mode = "r", int second = 0, bool allowed = true, VerdictReason reason = VerdictReason.Default, string? rule = null, int pid = 7) =>
        Of("openat", World.Open(path, path, mode), second, allowed, reason, rule, pid);
}

/// <summary>A filter says of recorded calls what a rule would say, and knows what was decided.</summary>
public class FilterTests
{
    [Theory]
    [InlineData("path like '/etc/*'", true)]
    [InlineData("path like '/usr/*'", false)]
    [InlineData("operation == open and exe == /usr/bin/cat", true)]
    [InlineData("pid == 7 and uid == 1000 and tid == 7", true)]
    [InlineData("verdict == not_allow and errno == EACCES", true)]
    [InlineData("verdict == allow", false)]
    [InlineData("reason == rule and rule contains passwd and binding == emulated", true)]
    [InlineData("outcome == denied and held_us >= 250 and held_us < 251", true)]
    [InlineData("n == 4", true)]
    [InlineData("cost_us > 0", false)]
    public void It_looks_at_call_and_verdict(string expression, bool wanted)
    {
        CallEvent call = Recorded.Open("/etc/passwd", second: 3, allowed: false, reason: VerdictReason.Rule, rule: "open ('/etc/passwd')");
        EventFilter filter = new(expression, World.Context);
        Assert.Equal(wanted, filter.Wants(call));
        Assert.False(filter.Wants(Recorded.Session()));
        Assert.Equal(0, filter.Untold);
    }

    [Fact]
    public void Rules_have_no_verdict_to_look_at()
    {
        Assert.Contains("unknown field \"verdict\"", Assert.Throws<PatternException>(() => World.Parse("when verdict == allow", "open")).Message, StringComparison.Ordinal);
        Assert.Contains("verdict", Assert.Throws<PatternException>(() => new EventFilter("verdit == allow", World.Context)).Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void Streams_are_shown_like_everything_else()
    {
        CallEvent call = Recorded.Of("write", World.Write(Argument.FromStdio("stdout"), "x"));
        Assert.True(new EventFilter("operation == write", World.Context).Wants(call));
    }

    [Fact]
    public void Relative_paths_are_the_sessions()
    {
        EventFilter filter = new("path like './*'", World.Context);
        Assert.True(filter.Wants(Recorded.Open("/home/u/work/x")));
        filter.Wants(Recorded.Session("/srv"));
        Assert.False(filter.Wants(Recorded.Open("/home/u/work/x")));
        Assert.True(filter.Wants(Recorded.Open("/srv/x")));
    }

    [Fact]
    public void What_was_not_recorded_is_counted()
    {
        EventFilter filter = new("sha256 == ab", World.Context);
        Assert.False(filter.Wants(Recorded.Open("/etc/passwd")));
        Assert.False(filter.Wants(Recorded.Open("/etc/passwd") with { Views = [] }));
        Assert.Equal(2, filter.Untold);
    }

    [Fact]
    public void Times_and_kinds_narrow_it()
    {
        EventFilter filter = new(null, World.Context) { Since = new(null, new TimeSpan(10, 0, 2)), Until = new(Recorded.Begin.AddSeconds(4), default), Kinds = ["call"] };
        Assert.False(filter.Wants(Recorded.Session()));
        Assert.Equal([2, 3], Enumerable.Range(0, 6).Where(i => filter.Wants(Recorded.Open("/x", second: i))));
        EventFilter denied = new(null, World.Context) { IsDeniedOnly = true };
        Assert.Equal([false, false, true], [denied.Wants(Recorded.Session()), denied.Wants(Recorded.Open("/x")), denied.Wants(Recorded.Open("/x", allowed: false))]);
    }

    [Fact]
    public void Every_field_of_the_catalogue_stands_in_its_place() =>
        Assert.All(Decide.Fields.FieldCatalogue.OfRecords.Select((field, i) => (field, i)), f => Assert.Equal(f.i, (int)f.field.Field));
}

/// <summary>Values separated by commas, as RFC 4180 has them, that no spreadsheet executes.</summary>
public class CsvTests
{
    [Fact]
    public void Hostile_names_stay_in_their_cells()
    {
        RandomEvents random = new(5);
        int columns = EventCsv.Header.Split(',').Length;
        for (int i = 0; i < 5000; i++)
        {
            StringBuilder csv = new();
            EventCsv.Append(csv, random.Next());
            List<string> cells = Cells(csv.ToString());
            Assert.Equal(columns, cells.Count);
            Assert.All(cells, c => Assert.DoesNotMatch(@"^[=+\-@\t\r]|[\x00-\x1f\x7f\u202e]", c));
        }
    }

    // One record, strictly: quoted cells with doubled quotes, CRLF at the end.
    private static List<string> Cells(string line)
    {
        List<string> cells = [];
        int at = 0;
        while (true)
        {
            StringBuilder cell = new();
            if (line[at] == '"')
            {
                for (at++; line[at] != '"' || line[at + 1] == '"'; at++)
                {
                    at += line[at] == '"' ? 1 : 0;
                    cell.Append(line[at]);
                }

                at++;
            }
            else
            {
                for (; line[at] is not (',' or '\r'); at++)
                    cell.Append(line[at]);
            }

            cells.Add(cell.ToString());
            if (line[at] != ',')
                break;
            at++;
        }

        Assert.Equal("\r\n", line[at..]);
        return cells;
    }
}
