using Sandgate.Core;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;

namespace Sandgate.Store.Tests;

/// <summary>Events as a session would make them, and a directory to write them to.</summary>
internal sealed class Made : IDisposable
{
    public static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("sandgate-store-").FullName;

    public string PathOf(string name) => Path.Combine(Directory, name);

    public static Caller Caller(int process, string name = "cat") => new()
    {
        ProcessId = process,
        Name = name,
        ParentId = 1,
        UserId = 1000,
        Executable = "/usr/bin/" + name,
        ParentExecutable = "/usr/bin/bash",
        CommandLine = name + " x",
        WorkingDirectory = "/tmp",
    };

    public static CallEvent Call(string path, Caller? caller = null) => Call(
        [new(Operation.Open, "open", [Argument.FromPath(path, "/real" + path, "/entry" + path), Argument.FromText("rw")]), new(Operation.Truncate, "truncate", [Argument.FromPath(path, null), Argument.FromNumber(-3)])], caller);

    public static CallEvent Call(CallView[] views, Caller? caller = null)
    {
        string given = CallText.Render(views[0], PathForm.Given), resolved = CallText.Render(views[0], PathForm.Resolved);
        return new()
        {
            Time = Time,
            Caller = caller ?? Caller(7),
            ThreadId = 8,
            Syscall = "openat",
            Text = given,
            Resolved = resolved == given ? null : resolved,
            Views = views,
            Facts = new() { Sha256 = "00ff", Registers = [1, ulong.MaxValue, 0, 0, 0, 7], DescriptorRegister = 1, Domains = ["example.org"] },
            Verdict = new(false, Errnos.EACCES, VerdictReason.Rule, null, 0, Logged: true),
            Rule = "open ('/x')",
            RulePlace = "config.json:3:4",
            Binding = Binding.Emulated,
            Outcome = Outcome.Denied,
            Cost = TimeSpan.FromTicks(170),
            Held = TimeSpan.FromTicks(1700),
        };
    }

    public static SessionStart Start(string session = "abc") => new()
    {
        Time = Time,
        Session = session,
        Command = ["cat", "\uDC80"],
        Directory = "/w",
        Version = "1",
        Host = new Dictionary<string, string> { ["name"] = "h" },
        RuleFiles = ["/c.json"],
        RulesVersion = "00",
        Labels = [("open ('/x') = not_allow", "emulated")],
        Demand = Demand.BestEffort,
        Grants = [Grant.Unavailable("namespace pid", "no right")],
        LiftedFloor = ["io_uring"],
    };

    /// <summary>One of each kind that is neither a call nor a start.</summary>
    public static RecordedEvent[] Others =>
    [
        new ProcessStarted { Time = Time, Caller = Caller(7) },
        new ProcessExecuted { Time = Time, Caller = Caller(7, "ls") },
        new ProcessEnded { Time = Time, ProcessId = 7, Status = 137, Cpu = TimeSpan.FromSeconds(1.5), PeakMemory = 1 << 20 },
        new ProcessEnded { Time = Time, ProcessId = 9 },
        new ProgramMessage { Time = Time, Caller = Caller(7), Json = """{"a":"\u0000"}""" },
        new SessionSteered { Time = Time, Action = "pause", Text = "x", By = "uid 0 pid 3" },
        new EventsDropped { Time = Time, Count = 12 },
        new SessionEnded { Time = Time, Status = 3, Limit = "memory", Calls = 5, Dropped = 12 },
    ];

    /// <summary>Writes events as a recorder does, in batches.</summary>
    public static void Write(IEventSink sink, IEnumerable<RecordedEvent> events, int batch = 3)
    {
        long number = 0;
        foreach (RecordedEvent one in events)
        {
            one.Number = ++number;
            sink.Write(one);
            if (number % batch == 0)
                sink.Flush();
        }

        sink.Flush();
    }

    public IEventSink Create(string name, RecordSize size = default) => Recordings.Create(PathOf(name), size, File.Create);

    public RecordedEvent[] Read(string name)
    {
        using IRecording recording = Recordings.Open(PathOf(name));
        return [.. recording.Events()];
    }

    /// <summary>An event's whole contents, so that two can be compared.</summary>
    public static string Text(RecordedEvent recorded)
    {
        using MemoryStream text = new();
        using (System.Text.Json.Utf8JsonWriter json = new(text))
            EventJson.Write(json, recorded);
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
