using System.Text.Json;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Control;

/// <summary>Does what a client's line says, and makes the line that answers it.</summary>
public static class ControlDispatch
{
    private static readonly (string Name, Action<ControlRequest, ISteered, IControlClient, Utf8JsonWriter> Do)[] s_verbs =
    [
        ("hello", Hello), ("status", (_, session, _, json) => session.WriteStatus(json)), ("subscribe", Subscribe), ("asks", Asks), ("answer", Answer),
        ("pause", (_, session, client, json) => json.WriteBoolean("changed", session.Pause(client.By))),
        ("resume", (_, session, client, json) => json.WriteBoolean("changed", session.Resume(client.By))),
        ("kill", (_, session, client, _) => session.Kill(client.By)),
        ("rules", Rules), ("add_rule", AddRule), ("remove_rule", (request, session, client, _) => session.RemoveRule(NumberOf(request, "rule"), client.By)),
        ("reload_rules", (_, session, client, json) => json.WriteString("said", session.ReloadRules(client.By))),
    ];

    /// <summary>What can be asked for.</summary>
    public static IEnumerable<string> Verbs => s_verbs.Select(v => v.Name);

    /// <summary>The answer to a line, with its end.</summary>
    public static byte[] Reply(ReadOnlyMemory<byte> line, ISteered session, IControlClient client)
    {
        long? id = null;
        try
        {
            ControlRequest request = ControlRequest.Parse(line, out id);
            if (Array.Find(s_verbs, v => v.Name == request.Do) is not { Do: { } perform })
                throw new ControlException($"nothing is called {ControlRequest.Quote(request.Do)}; there is {string.Join(", ", Verbs)}");
            return ControlLine.Of(json =>
            {
                WriteHead(json, id, ok: true);
                perform(request, session, client, json);
            });
        }
        catch (ControlException refused)
        {
            return Refusal(id, refused.Message);
        }
    }

    /// <summary>The line that says why something was not done.</summary>
    public static byte[] Refusal(long? id, string why) => ControlLine.Of(json =>
    {
        WriteHead(json, id, ok: false);
        json.WriteString("error", why);
    });

    private static void WriteHead(Utf8JsonWriter json, long? id, bool ok)
    {
        if (id is { } number)
            json.WriteNumber("id", number);
        json.WriteBoolean("ok", ok);
    }

    private static void Hello(ControlRequest request, ISteered session, IControlClient client, Utf8JsonWriter json)
    {
        json.WriteNumber("v", ControlRequest.Version);
        json.WriteString("sandgate", session.Version);
        json.WriteString("session", session.Session);
        json.WriteString("you", client.By);
        json.WriteStartArray("does");
        foreach (string verb in Verbs)
            json.WriteStringValue(verb);
        json.WriteEndArray();
    }

    private static void Subscribe(ControlRequest request, ISteered session, IControlClient client, Utf8JsonWriter json)
    {
        Feed feed = Feed.None;
        foreach (string name in request.Texts("to"))
        {
            feed |= name switch
            {
                "events" => Feed.Events | Feed.Denials,
                "denials" => Feed.Denials,
                "asks" => Feed.Asks,
                _ => throw new ControlException($"there is nothing to subscribe to that is called {ControlRequest.Quote(name)}; there is events, denials, asks"),
            };
        }

        client.Feed = feed;
    }

    private static void Asks(ControlRequest request, ISteered session, IControlClient client, Utf8JsonWriter json)
    {
        json.WriteStartArray("asks");
        foreach (PendingAsk ask in session.Desk.Pending)
            ask.Write(json);
        json.WriteEndArray();
    }

    private static void Answer(ControlRequest request, ISteered session, IControlClient client, Utf8JsonWriter json)
    {
        bool allow = request.Text("answer") switch
        {
            "allow" => true,
            "not_allow" or "deny" => false,
            _ => throw new ControlException("\"answer\" must be allow or not_allow"),
        };
        Remember remember = request.Text("remember") switch
        {
            null or "no" => Remember.No,
            "run" => Remember.Run,
            "always" => Remember.Always,
            _ => throw new ControlException("\"remember\" must be no, run or always"),
        };
        (string text, string? kept) = session.Desk.Answer(NumberOf(request, "ask"), allow, remember);
        session.Answered($"{(allow ? "allow" : "not_allow")} {text}{(remember == Remember.No ? "" : remember == Remember.Run ? ", for this run" : ", always")}", client.By);
        if (kept is not null)
            json.WriteString("said", kept);
    }

    private static void Rules(ControlRequest request, ISteered session, IControlClient client, Utf8JsonWriter json)
    {
        (int version, IReadOnlyList<RuleInForce> rules) = session.Rules();
        json.WriteNumber("version", version);
        json.WriteStartArray("rules");
        foreach (RuleInForce inForce in rules)
        {
            json.WriteStartObject();
            if (inForce.Id is { } id)
                json.WriteNumber("rule", id);
            json.WriteString("text", inForce.Rule.ToString());
            json.WriteString("action", Settings.NameOf(inForce.Rule.Action));
            json.WriteString("place", inForce.Rule.Place.ToString());
            if (inForce.Rule.Expires is { } expires)
                json.WriteString("expires", expires);
            if (inForce.By is { } by)
                json.WriteString("by", by);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void AddRule(ControlRequest request, ISteered session, IControlClient client, Utf8JsonWriter json)
    {
        string text = request.Text("text") ?? throw new ControlException("\"text\" is missing: the rule, such as open ('/etc/shadow') = not_allow");
        TimeSpan? ttl = request.Text("ttl") is not { } time ? null
            : Quantity.Time(time) ?? throw new ControlException($"\"ttl\" must be a length of time such as 15m, not {ControlRequest.Quote(time)}");
        json.WriteNumber("rule", session.AddRule(text, ttl, client.By));
    }

    private static long NumberOf(ControlRequest request, string name) => request.Number(name) ?? throw new ControlException($"\"{name}\" is missing");
}
