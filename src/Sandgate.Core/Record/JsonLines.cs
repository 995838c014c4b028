using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Record;

/// <summary>Every decided call as one JSON object a line.</summary>
public sealed class JsonLines(Stream output) : IEventSink
{
    // Nothing here is pasted into a page; quotes stay quotes for whoever reads or greps it.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(64 * 1024);

    /// <inheritdoc/>
    public bool Wants(bool allowed, bool logged) => true;

    /// <inheritdoc/>
    public void Begin(SessionStart start)
    {
        using (Utf8JsonWriter json = new(_buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteString("event", "session");
            json.WriteString("time", start.Time);
            json.WriteStartArray("command");
            foreach (string word in start.Command)
                json.WriteStringValue(word);
            json.WriteEndArray();
            json.WriteString("demand", start.Demand switch { Demand.Strict => "strict", Demand.BestEffort => "best_effort", _ => "equivalent" });
            json.WriteStartArray("mechanisms");
            foreach (Grant grant in start.Grants)
            {
                json.WriteStartObject();
                json.WriteString("asked", grant.Mechanism);
                json.WriteString("got", grant.Kind switch { GrantKind.Given => "given", GrantKind.Substituted => "substituted", _ => "dropped" });
                json.WriteString("how", grant.How);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("lifted_floor");
            foreach (string lifted in start.LiftedFloor)
                json.WriteStringValue(lifted);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        _buffer.Write("\n"u8);
        Flush();
    }

    /// <inheritdoc/>
    public void Write(CallEvent written)
    {
        using (Utf8JsonWriter json = new(_buffer, s_options))
            Write(json, written);
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount > 32 * 1024)
            Flush();
    }

    private static void Write(Utf8JsonWriter json, CallEvent written)
    {
        Verdict verdict = written.Verdict;
        json.WriteStartObject();
        json.WriteString("time", written.Time);
        json.WriteNumber("pid", written.ProcessId);
        json.WriteNumber("tid", written.ThreadId);
        json.WriteString("comm", written.Name);
        json.WriteString("syscall", written.Syscall);
        json.WriteString("call", written.Text);
        if (written.Resolved is { } resolved)
            json.WriteString("resolved", resolved);
        json.WriteString("verdict", verdict.Allowed ? "allow" : verdict.Action == RuleAction.Kill ? "kill" : "not_allow");
        if (verdict.Logged)
            json.WriteBoolean("logged", true);
        if (!verdict.Allowed)
            json.WriteString("errno", Errnos.NameOf(verdict.Errno));
        json.WriteString("reason", verdict.Reason switch
        {
            VerdictReason.Rule => "rule",
            VerdictReason.Unknown => "unknown",
            VerdictReason.Floor => "floor",
            VerdictReason.Asked => "asked",
            VerdictReason.Unanswered => "unanswered",
            _ => "default",
        });
        if (verdict.Rule is { } rule)
        {
            json.WriteString("rule", rule.ToString());
            if (rule.Place.File is not null)
                json.WriteString("place", rule.Place.ToString());
        }

        json.WriteString("binding", written.Binding switch
        {
            Binding.Kernel => "kernel",
            Binding.Register => "register",
            Binding.Emulated => "emulated",
            Binding.Verified => "verified",
            _ => "racy",
        });
        json.WriteString("outcome", written.Outcome switch
        {
            Outcome.Denied => "denied",
            Outcome.Failed => "failed",
            Outcome.Vanished => "vanished",
            Outcome.Emulated => "emulated",
            Outcome.Killed => "killed",
            _ => "continued",
        });
        json.WriteEndObject();
    }

    /// <inheritdoc/>
    public void Flush()
    {
        output.Write(_buffer.WrittenSpan);
        output.Flush();
        _buffer.ResetWrittenCount();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        output.Dispose();
    }
}
