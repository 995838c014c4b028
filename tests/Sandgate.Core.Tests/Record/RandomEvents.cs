using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Tests.Record;

/// <summary>Events of every kind, with names as a hostile program gives them.</summary>
internal sealed class RandomEvents(int seed)
{
    private static readonly string[] s_pieces =
    [
        "a", "/", "/etc/passwd", "'", "\"", "\\", "<script>alert(1)</script>", "&amp;", "\n", "\r\n", "\t", "\0", "\e[31m", "\u202e", "\ufffd", "\ufffe", "\uffff", "😀", "ä", ",", ";",
        "=cmd|' /C calc'!A0", "+1", "-2", "@x", "{", "}", "]]>", "--", "%00", " ",
    ];

    private readonly Random _random = new(seed);
    private readonly DateTimeOffset _begin = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Any event.</summary>
    public RecordedEvent Next()
    {
        DateTimeOffset time = _begin.AddTicks(_random.NextInt64(0, TimeSpan.TicksPerHour));
        RecordedEvent next = _random.Next(12) switch
        {
            0 => new ProcessStarted { Time = time, Caller = Caller() },
            1 => new ProcessExecuted { Time = time, Caller = Caller() },
            2 => new ProcessEnded { Time = time, ProcessId = Pid(), Status = Maybe() ? 3 : null, Cpu = Maybe() ? TimeSpan.FromMilliseconds(_random.Next(100_000)) : null, PeakMemory = Maybe() ? _random.NextInt64(1L << 40) : null },
            3 => new ProgramMessage { Time = time, Caller = Caller(), Json = Text() },
            4 => new SessionSteered { Time = time, Action = "pause", Text = Printable(), By = "uid 0 pid 1" },
            5 => new EventsDropped { Time = time, Count = _random.Next(1, 100) },
            6 => new SessionEnded { Time = time, Status = _random.Next(256), Limit = Maybe() ? "time" : null, Calls = 5, Dropped = 0 },
            7 => new SessionStart { Time = time, Session = "abcdefgh", Command = [Text(), Text()], Directory = "/" + Text(), Demand = Demand.Strict, Grants = [new("net", GrantKind.Given, Printable())], LiftedFloor = ["io_uring"], RuleFiles = ["c.json"], Labels = [("open * = log", "register")], Host = new Dictionary<string, string> { ["pid"] = "7" } },
            _ => Call(time),
        };
        next.Number = _random.Next(1, 1_000_000);
        return next;
    }

    /// <summary>A call.</summary>
    public CallEvent Call(DateTimeOffset time)
    {
        CallView[] views = [.. Enumerable.Range(0, _random.Next(1, 3)).Select(_ => View())];
        bool allowed = Maybe();
        Verdict verdict = new(allowed, allowed ? 0 : Errnos.EACCES, (VerdictReason)_random.Next(6), null, _random.Next(views.Length), Maybe()) { Action = allowed ? RuleAction.Allow : Maybe() ? RuleAction.Kill : RuleAction.NotAllow };
        return new()
        {
            Time = time,
            Caller = Caller(),
            ThreadId = Pid(),
            Syscall = "openat",
            Text = CallText.Render(views[0], PathForm.Given),
            Resolved = Maybe() ? CallText.Render(views[0], PathForm.Resolved) : null,
            Views = views,
            Facts = Maybe() ? null : new() { Sha256 = Maybe() ? new string('a', 64) : null, IsLaunch = Maybe() ? true : null, Registers = Maybe() ? [1, 2, 3, ulong.MaxValue, 5, 6] : null, Domains = Maybe() ? ["example.org"] : null },
            Verdict = verdict,
            Rule = Maybe() ? Printable() : null,
            RulePlace = Maybe() ? "c.json:1:2" : null,
            Binding = (Binding)_random.Next(5),
            Outcome = (Outcome)_random.Next(6),
            Cost = TimeSpan.FromTicks(_random.Next(100_000)),
            Held = TimeSpan.FromTicks(_random.Next(100_000)),
        };
    }

    /// <summary>A text made of what hurts, or of any bytes.</summary>
    public string Text()
    {
        if (_random.Next(3) > 0)
            return string.Concat(_random.GetItems(s_pieces, _random.Next(5)));
        byte[] bytes = new byte[_random.Next(12)];
        _random.NextBytes(bytes);
        return TargetText.FromBytes(bytes);
    }

    /// <summary>An event as the line of a record.</summary>
    public static byte[] LineOf(RecordedEvent recorded)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            EventJson.Write(json, recorded);
        return line.ToArray();
    }

    private string Printable()
    {
        StringBuilder text = new();
        CallText.AppendEscaped(text, Text());
        return text.ToString();
    }

    private bool Maybe() => _random.Next(2) == 0;

    private int Pid() => _random.Next(1, 50);

    private Caller Caller() => new()
    {
        ProcessId = Pid(),
        Name = Text(),
        ParentId = _random.Next(0, 50),
        UserId = Maybe() ? (uint)_random.Next() : null,
        Executable = Maybe() ? Text() : null,
        ParentExecutable = Maybe() ? Text() : null,
        CommandLine = Maybe() ? Text() : null,
        WorkingDirectory = Maybe() ? Text() : null,
    };

    private CallView View() => _random.Next(4) switch
    {
        0 => new(Operation.Write, "write", [Argument.FromStdio("stdout"), Argument.FromData(Text(), Maybe(), _random.Next(1000))]),
        1 => new(Operation.Connect, "connect", [Maybe() ? Argument.FromText(Text()) : Argument.FromUnknownAddress("socket:[7]")]),
        2 => new(Operation.Syscall, "mmap", [Argument.FromNumber(_random.NextInt64()), Argument.Unreadable]),
        _ => new(Operation.Open, "open", [Argument.FromPath(Text(), Maybe() ? Text() : null, Maybe() ? Text() : null), Argument.FromText("r")]) { Sha256 = Maybe() ? "ab" : null },
    };
}
