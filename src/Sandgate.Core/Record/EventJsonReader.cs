using System.Text.Json;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Record;

/// <summary>Reads back what <see cref="EventJson"/> wrote. What it meets may come from anybody: whatever is wrong is an error, never a crash.</summary>
public static class EventJsonReader
{
    private const int RegisterCount = 6;

    private static readonly Caller s_nobody = new() { ProcessId = 0, Name = "" };

    /// <summary>One event.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static RecordedEvent Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return Read(document.RootElement);
        }
        catch (JsonException bad)
        {
            throw new FormatException("no JSON: " + bad.Message, bad);
        }
    }

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte})"/>
    public static RecordedEvent Read(JsonElement json)
    {
        try
        {
            RecordedEvent recorded = ReadKind(json);
            recorded.Number = json.TryGetProperty("n", out JsonElement number) ? number.GetInt64() : 0;
            return recorded;
        }
        catch (Exception bad) when (bad is InvalidOperationException or KeyNotFoundException or JsonException or OverflowException or ArgumentException
            || (bad is FormatException && !bad.Message.StartsWith("no event", StringComparison.Ordinal)))
        {
            throw new FormatException("no event: " + bad.Message, bad);
        }
    }

    private static RecordedEvent ReadKind(JsonElement json)
    {
        DateTimeOffset time = json.GetProperty("time").GetDateTimeOffset();
        return json.GetProperty("event").GetString() switch
        {
            "call" => ReadCall(json, time),
            "session" => ReadStart(json, time),
            "start" => new ProcessStarted { Time = time, Caller = ReadCaller(json) },
            "exec" => new ProcessExecuted { Time = time, Caller = ReadCaller(json) },
            "exit" => new ProcessEnded
            {
                Time = time,
                ProcessId = json.GetProperty("pid").GetInt32(),
                Status = json.TryGetProperty("status", out JsonElement status) ? status.GetInt32() : null,
                Cpu = json.TryGetProperty("cpu_seconds", out JsonElement cpu) ? TimeOf(cpu.GetDouble(), TimeSpan.TicksPerSecond) : null,
                PeakMemory = json.TryGetProperty("peak_memory", out JsonElement peak) ? peak.GetInt64() : null,
            },
            "message" => new ProgramMessage { Time = time, Caller = ReadCaller(json), IsProven = json.TryGetProperty("proven", out JsonElement proven) && proven.GetBoolean(), Json = RequiredText(json, "said") },
            "steered" => new SessionSteered { Time = time, Action = RequiredText(json, "action"), Text = RequiredText(json, "text"), By = RequiredText(json, "by") },
            "dropped" => new EventsDropped { Time = time, Count = json.GetProperty("count").GetInt64() },
            "end" => new SessionEnded
            {
                Time = time,
                Status = json.GetProperty("status").GetInt32(),
                Limit = Text(json, "limit"),
                Calls = json.GetProperty("calls").GetInt64(),
                Dropped = json.GetProperty("dropped").GetInt64(),
            },
            var other => throw new FormatException($"no event: there are none of kind '{CallText.Printable(other ?? "")}'"),
        };
    }

    private static CallEvent ReadCall(JsonElement json, DateTimeOffset time)
    {
        CallEvent ruling = ReadRuling(json);
        (CallView[] views, CallFacts? facts) = ReadDetails(json);
        return ruling with
        {
            Time = time,
            Caller = ReadCaller(json),
            ThreadId = json.GetProperty("tid").GetInt32(),
            Views = views,
            Facts = facts,
            Verdict = ruling.Verdict with { View = json.TryGetProperty("view", out JsonElement view) ? view.GetInt32() : 0 },
            Cost = Microseconds(json, "cost_us"),
            Held = Microseconds(json, "held_us"),
        };
    }

    /// <summary>A call as far as its text and verdict go.</summary>
    internal static CallEvent ReadRuling(JsonElement json)
    {
        bool allowed = RequiredText(json, "verdict") == "allow";
        return new()
        {
            Time = default,
            Caller = s_nobody,
            ThreadId = 0,
            Syscall = RequiredText(json, "syscall"),
            Text = RequiredText(json, "call"),
            Resolved = Text(json, "resolved"),
            Verdict = new Verdict(
                allowed, Text(json, "errno") is { } errno ? Math.Max(0, Errnos.Find(errno)) : 0,
                EventWords.ReasonOf(Text(json, "reason")) ?? throw new FormatException("no event: its reason is none"),
                null, 0, json.TryGetProperty("logged", out JsonElement logged) && logged.GetBoolean())
            { Action = allowed ? RuleAction.Allow : RequiredText(json, "verdict") == "kill" ? RuleAction.Kill : RuleAction.NotAllow },
            Rule = Text(json, "rule"),
            RulePlace = Text(json, "place"),
            Binding = EventWords.BindingOf(Text(json, "binding")) ?? throw new FormatException("no event: its binding is none"),
            Outcome = EventWords.OutcomeOf(Text(json, "outcome")) ?? throw new FormatException("no event: its outcome is none"),
        };
    }

    /// <summary>What a call asks for, and what rules looked at beside.</summary>
    internal static (CallView[] Views, CallFacts? Facts) ReadDetails(JsonElement json) => (
        json.TryGetProperty("views", out JsonElement views) ? ReadViews(views) : [],
        json.TryGetProperty("facts", out JsonElement facts) ? ReadFacts(facts) : null);

    /// <summary>Who made a call.</summary>
    public static Caller ReadCaller(JsonElement json) => new()
    {
        ProcessId = json.GetProperty("pid").GetInt32(),
        Name = Text(json, "comm") ?? "",
        ParentId = json.TryGetProperty("ppid", out JsonElement parent) ? parent.GetInt32() : 0,
        Executable = Text(json, "exe"),
        ParentExecutable = Text(json, "parent_exe"),
        CommandLine = Text(json, "cmdline"),
        WorkingDirectory = Text(json, "cwd"),
        UserId = json.TryGetProperty("uid", out JsonElement user) ? user.GetUInt32() : null,
    };

    /// <summary>What a call asks for.</summary>
    public static CallView[] ReadViews(JsonElement json)
    {
        CallView[] views = new CallView[json.GetArrayLength()];
        int at = 0;
        foreach (JsonElement view in json.EnumerateArray())
        {
            string name = RequiredText(view, "op");
            OperationInfo? family = name == "syscall" ? null : Operations.Find(name) ?? throw new FormatException($"no event: there is no operation '{CallText.Printable(name)}'");
            JsonElement arguments = view.GetProperty("args");
            Argument[] read = new Argument[arguments.GetArrayLength()];
            int index = 0;
            foreach (JsonElement argument in arguments.EnumerateArray())
                read[index++] = ReadArgument(argument);
            views[at++] = new(family?.Operation ?? Operation.Syscall, family?.Name ?? RequiredText(view, "name"), read) { Sha256 = Text(view, "sha256") };
        }

        return views;
    }

    private static Argument ReadArgument(JsonElement json)
    {
        ArgumentKind kind = EventWords.ArgumentOf(Text(json, "kind")) ?? throw new FormatException("no event: an argument is of no kind");
        string given = Text(json, "given") ?? "";
        return kind switch
        {
            ArgumentKind.Unreadable => Argument.Unreadable,
            ArgumentKind.Number => Argument.FromNumber(json.GetProperty("number").GetInt64()),
            ArgumentKind.Path => Argument.FromPath(given, Text(json, "resolved"), Text(json, "entry")),
            ArgumentKind.Address => Argument.FromUnknownAddress(given),
            ArgumentKind.Descriptor => Argument.FromDescriptor(given),
            ArgumentKind.Stdio => Argument.FromStdio(given),
            ArgumentKind.Data => Argument.FromData(given, json.TryGetProperty("partial", out JsonElement partial) && partial.GetBoolean(), json.GetProperty("number").GetInt64()),
            _ => Argument.FromText(given),
        };
    }

    /// <summary>What rules looked at beyond arguments and caller.</summary>
    public static CallFacts ReadFacts(JsonElement json)
    {
        CallFacts facts = ReadUnchecked(json);
        return (facts.Registers is null && facts.DescriptorRegister == -1) || (facts.Registers?.Count == RegisterCount && facts.DescriptorRegister is >= -1 and < RegisterCount) ? facts
            : throw new FormatException("no event: its registers are none");
    }

    private static CallFacts ReadUnchecked(JsonElement json) => new()
    {
        Sha256 = Text(json, "sha256"),
        IsLaunch = json.TryGetProperty("launch", out JsonElement launch) ? launch.GetBoolean() : null,
        Registers = json.TryGetProperty("registers", out JsonElement registers) ? [.. registers.EnumerateArray().Select(r => r.GetUInt64())] : null,
        DescriptorRegister = json.TryGetProperty("fd_register", out JsonElement descriptor) ? descriptor.GetInt32() : -1,
        Domains = json.TryGetProperty("domains", out JsonElement domains) ? Texts(domains) : null,
    };

    private static SessionStart ReadStart(JsonElement json, DateTimeOffset time) => new()
    {
        Time = time,
        Session = RequiredText(json, "session"),
        Command = Texts(json.GetProperty("command")),
        Directory = Text(json, "cwd") ?? "",
        Version = Text(json, "version") ?? "",
        Host = json.TryGetProperty("host", out JsonElement host) ? host.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString() ?? "") : [],
        RuleFiles = json.TryGetProperty("rule_files", out JsonElement files) ? Texts(files) : [],
        RulesVersion = Text(json, "rules_version") ?? "",
        Labels = json.TryGetProperty("labels", out JsonElement labels) ? [.. labels.EnumerateArray().Select(l => (RequiredText(l, "rule"), RequiredText(l, "label")))] : [],
        Demand = EventWords.DemandOf(Text(json, "demand")) ?? throw new FormatException("no event: its demand is none"),
        Grants = [.. json.GetProperty("mechanisms").EnumerateArray().Select(ReadGrant)],
        LiftedFloor = Texts(json.GetProperty("lifted_floor")),
    };

    private static Grant ReadGrant(JsonElement json) => new(
        RequiredText(json, "asked"), EventWords.GrantOf(Text(json, "got")) ?? throw new FormatException("no event: what became of a mechanism is unknown"),
        RequiredText(json, "how"));

    private static TimeSpan Microseconds(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) ? TimeOf(value.GetDouble(), TimeSpan.TicksPerMicrosecond) : TimeSpan.Zero;

    // TimeSpan's own conversions cut off, and what was 8.979 seconds would become a tick less.
    internal static TimeSpan TimeOf(double amount, long ticks) => TimeSpan.FromTicks(checked((long)Math.Round(amount * ticks)));

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? RecordText.Decode(value.GetString()) : null;

    private static string RequiredText(JsonElement json, string name) => RecordText.Decode(json.GetProperty(name).GetString()) ?? throw new FormatException($"no event: {name} is null");

    private static string[] Texts(JsonElement json) => [.. json.EnumerateArray().Select(t => RecordText.Decode(t.GetString()) ?? "")];
}
