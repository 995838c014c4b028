using System.Text.Json;
using Sandgate.Core.Decide;

namespace Sandgate.Core.ProgramChannel;

/// <summary>What a program is answered: one JSON object a message. It tells verdicts, never rules.</summary>
public static class ChannelAnswer
{
    private const int LongestReason = 200;

    /// <summary>It is done.</summary>
    public static byte[] Done(long? id) => Write(id, ok: true, _ => { });

    /// <summary>The session's name.</summary>
    public static byte[] Session(long? id, string name) => Write(id, ok: true, json => json.WriteString("session", name));

    /// <summary>Whether a call would be allowed.</summary>
    public static byte[] Verdict(long? id, in Verdict verdict)
    {
        (bool allowed, int errno, bool asks, bool certain) = (verdict.Allowed, verdict.Errno, verdict.Action == RuleAction.Ask, verdict.IsCertain);
        return Write(id, ok: true, json =>
        {
            json.WriteBoolean("allowed", allowed);
            if (asks)
                json.WriteBoolean("ask", true);
            else if (!allowed)
                json.WriteString("errno", Errnos.NameOf(errno));
            json.WriteBoolean("certain", certain);
        });
    }

    /// <summary>It can't be answered.</summary>
    public static byte[] Refused(long? id, string why) =>
        Write(id, ok: false, json => json.WriteString("error", why.Length > LongestReason ? why[..LongestReason] : why));

    private static byte[] Write(long? id, bool ok, Action<Utf8JsonWriter> rest)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("v", 1);
            if (id is { } number)
                json.WriteNumber("id", number);
            json.WriteBoolean("ok", ok);
            rest(json);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
