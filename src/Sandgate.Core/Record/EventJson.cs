using System.Text.Json;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;

namespace Sandgate.Core.Record;

/// <summary>Recorded events as JSON objects: the lines of a <c>.jsonl</c> record, and what the control socket tells.</summary>
public static class EventJson
{
    /// <summary>Writes one event as an object.</summary>
    public static void Write(Utf8JsonWriter json, RecordedEvent recorded)
    {
        json.WriteStartObject();
        json.WriteString("event", NameOf(recorded));
        if (recorded.Number > 0)
            json.WriteNumber("n", recorded.Number);
        json.WriteString("time", recorded.Time);
        switch (recorded)
        {
            case CallEvent call: WriteCall(json, call); break;
            case SessionStart start: WriteStart(json, start); break;
            case ProcessStarted started: WriteCaller(json, started.Caller); break;
            case ProcessExecuted executed: WriteCaller(json, executed.Caller); break;
            case ProcessEnded ended: WriteEnd(json, ended); break;
            case ProgramMessage message:
                WriteCaller(json, message.Caller);
                json.WriteBoolean("proven", message.IsProven);
                WriteText(json, "said", message.Json);
                break;
            case SessionSteered steered:
                json.WriteString("action", steered.Action);
                json.WriteString("text", steered.Text);
                json.WriteString("by", steered.By);
                break;
            case EventsDropped dropped: json.WriteNumber("count", dropped.Count); break;
            case SessionEnded over:
                json.WriteNumber("status", over.Status);
                json.WriteString("limit", over.Limit);
                json.WriteNumber("calls", over.Calls);
                json.WriteNumber("dropped", over.Dropped);
                break;
            default: throw new ArgumentException("No words are known for " + recorded.GetType(), nameof(recorded));
        }

        json.WriteEndObject();
    }

    /// <summary>The word for the kind of an event.</summary>
    public static string NameOf(RecordedEvent recorded) => recorded switch
    {
        CallEvent => "call",
        SessionStart => "session",
        ProcessStarted => "start",
        ProcessExecuted => "exec",
        ProcessEnded => "exit",
        ProgramMessage => "message",
        SessionSteered => "steered",
        EventsDropped => "dropped",
        SessionEnded => "end",
        _ => throw new ArgumentException("No word is known for " + recorded.GetType(), nameof(recorded)),
    };

    private static void WriteCall(Utf8JsonWriter json, CallEvent call)
    {
        Verdict verdict = call.Verdict;
        WriteCaller(json, call.Caller);
        json.WriteNumber("tid", call.ThreadId);
        json.WriteString("syscall", call.Syscall);
        json.WriteString("call", call.Text);
        if (call.Resolved is { } resolved)
            json.WriteString("resolved", resolved);
        json.WriteString("verdict", EventWords.Of(verdict));
        if (verdict.Logged)
            json.WriteBoolean("logged", true);
        if (!verdict.Allowed)
            json.WriteString("errno", Errnos.NameOf(verdict.Errno));
        json.WriteString("reason", EventWords.Of(verdict.Reason));
        if (call.Rule is { } rule)
            json.WriteString("rule", rule);
        if (call.RulePlace is { } place)
            json.WriteString("place", place);
        json.WriteString("binding", EventWords.Of(call.Binding));
        json.WriteString("outcome", EventWords.Of(call.Outcome));
        if (call.Views.Count == 0)
            return;
        json.WriteNumber("cost_us", Math.Round(call.Cost.TotalMicroseconds, 1));
        json.WriteNumber("held_us", Math.Round(call.Held.TotalMicroseconds, 1));
        json.WriteNumber("view", verdict.View);
        json.WritePropertyName("views");
        WriteViews(json, call.Views);
        if (call.Facts is { } facts)
        {
            json.WritePropertyName("facts");
            WriteFacts(json, facts);
        }
    }

    /// <summary>Writes who made a call into the current object.</summary>
    public static void WriteCaller(Utf8JsonWriter json, Caller caller)
    {
        json.WriteNumber("pid", caller.ProcessId);
        WriteText(json, "comm", caller.Name);
        if (caller.ParentId != 0)
            json.WriteNumber("ppid", caller.ParentId);
        WriteText(json, "exe", caller.Executable);
        WriteText(json, "parent_exe", caller.ParentExecutable);
        WriteText(json, "cmdline", caller.CommandLine);
        WriteText(json, "cwd", caller.WorkingDirectory);
        if (caller.UserId is { } user)
            json.WriteNumber("uid", user);
    }

    /// <summary>Writes everything that a call asks for, as an array.</summary>
    public static void WriteViews(Utf8JsonWriter json, IReadOnlyList<CallView> views)
    {
        json.WriteStartArray();
        foreach (CallView view in views)
        {
            json.WriteStartObject();
            json.WriteString("op", view.Operation == Decode.Operation.Syscall ? "syscall" : Decode.Operations.Of(view.Operation)!.Name);
            if (view.Operation == Decode.Operation.Syscall)
                json.WriteString("name", view.Name);
            WriteText(json, "sha256", view.Sha256);
            json.WriteStartArray("args");
            foreach (Argument argument in view.Arguments)
                WriteArgument(json, argument);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteArgument(Utf8JsonWriter json, in Argument argument)
    {
        json.WriteStartObject();
        json.WriteString("kind", EventWords.Of(argument.Kind));
        if (argument.Kind is ArgumentKind.Number or ArgumentKind.Data)
            json.WriteNumber("number", argument.Number);
        if (argument.Kind != ArgumentKind.Number)
            WriteText(json, "given", argument.Given);
        if (argument.Kind == ArgumentKind.Path)
        {
            WriteText(json, "resolved", argument.Resolved);
            WriteText(json, "entry", argument.Entry);
        }

        if (argument.IsPartial)
            json.WriteBoolean("partial", true);
        json.WriteEndObject();
    }

    /// <summary>Writes what rules looked at beyond arguments and caller, as an object.</summary>
    public static void WriteFacts(Utf8JsonWriter json, CallFacts facts)
    {
        json.WriteStartObject();
        WriteText(json, "sha256", facts.Sha256);
        if (facts.IsLaunch == true)
            json.WriteBoolean("launch", true);
        if (facts.Registers is { } registers)
        {
            json.WriteStartArray("registers");
            foreach (ulong register in registers)
                json.WriteNumberValue(register);
            json.WriteEndArray();
            json.WriteNumber("fd_register", facts.DescriptorRegister);
        }

        if (facts.Domains is { } domains)
            WriteTexts(json, "domains", domains);
        json.WriteEndObject();
    }

    private static void WriteStart(Utf8JsonWriter json, SessionStart start)
    {
        json.WriteString("session", start.Session);
        WriteTexts(json, "command", start.Command);
        WriteText(json, "cwd", start.Directory);
        json.WriteString("version", start.Version);
        json.WriteStartObject("host");
        foreach ((string key, string value) in start.Host)
            json.WriteString(key, value);
        json.WriteEndObject();
        WriteTexts(json, "rule_files", start.RuleFiles);
        json.WriteString("rules_version", start.RulesVersion);
        json.WriteStartArray("labels");
        foreach ((string rule, string label) in start.Labels)
        {
            json.WriteStartObject();
            json.WriteString("rule", rule);
            json.WriteString("label", label);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("demand", EventWords.Of(start.Demand));
        json.WriteStartArray("mechanisms");
        foreach (Grant grant in start.Grants)
        {
            json.WriteStartObject();
            json.WriteString("asked", grant.Mechanism);
            json.WriteString("got", EventWords.Of(grant.Kind));
            json.WriteString("how", grant.How);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteTexts(json, "lifted_floor", start.LiftedFloor);
    }

    private static void WriteEnd(Utf8JsonWriter json, ProcessEnded ended)
    {
        json.WriteNumber("pid", ended.ProcessId);
        if (ended.Status is { } status)
            json.WriteNumber("status", status);
        if (ended.Cpu is { } cpu)
            json.WriteNumber("cpu_seconds", Math.Round(cpu.TotalSeconds, 3));
        if (ended.PeakMemory is { } peak)
            json.WriteNumber("peak_memory", peak);
    }

    internal static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (RecordText.Encode(text) is { } plain)
            json.WriteString(name, plain);
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(RecordText.Encode(text));
        json.WriteEndArray();
    }
}
