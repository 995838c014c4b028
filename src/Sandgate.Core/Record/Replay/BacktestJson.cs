using System.Text.Json;

namespace Sandgate.Core.Record.Replay;

/// <summary>What a backtest found, for programs.</summary>
public static class BacktestJson
{
    /// <summary>Writes it as an object.</summary>
    public static void Write(Utf8JsonWriter json, Backtest found)
    {
        json.WriteStartObject();
        json.WriteNumber("calls", found.Calls);
        json.WriteNumber("changed", found.Changed);
        json.WriteNumber("not_judged", found.Untold);
        json.WriteNumber("sessions", found.Record.Sessions);
        json.WriteNumber("cut_short", found.Record.CutShort);
        json.WriteNumber("dropped", found.Record.Dropped);
        json.WriteStartArray("changes");
        foreach (ChangeGroup group in found.Groups)
        {
            json.WriteStartObject();
            json.WriteString("before", group.Before);
            json.WriteString("after", group.After);
            json.WriteString("rule", group.Rule);
            if (group.Place.Length > 0)
                json.WriteString("place", group.Place);
            json.WriteNumber("count", group.Count);
            json.WriteStartArray("examples");
            foreach (CallEvent example in group.Examples)
                EventJson.Write(json, example);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("lacking");
        foreach ((string what, long count) in found.Lacking)
            json.WriteNumber(what, count);
        json.WriteEndObject();
        json.WriteStartArray("not_seen");
        foreach (string family in found.NotSeen)
            json.WriteStringValue(family);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
