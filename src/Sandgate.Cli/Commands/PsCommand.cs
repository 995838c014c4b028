using System.CommandLine;
using System.Text.Json;
using Sandgate.Core.Control;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate ps</c>: what runs.</summary>
internal static class PsCommand
{
    private const string Summary = "Lists the sessions that run: sandgate ps";

    private const string Description = $"""
        {Summary}

        Yours only, and only those that can be steered. CALLS are those that came to the supervisor. What killed
        supervisors left behind is removed.

        Examples:
          sandgate ps
          sandgate ps --format json | jq -r '.[] | select(.state == "paused") | .session'
        """;

    /// <summary>The verb with its options.</summary>
    public static Command Create(bool details)
    {
        Option<string> format = Shared.Format();
        Option<string?> remote = Steering.Remote();
        Command ps = new("ps", details ? Description : Summary) { format, remote };
        ps.SetAction(parsed => List(parsed.GetValue(remote), parsed.GetValue(format) == "json"));
        return ps;
    }

    private static int List(string? remote, bool json)
    {
        List<JsonElement> all = [];
        try
        {
            foreach (string? session in remote is null ? Platform.Sessions() : [null!])
            {
                if (StatusOf(session, remote) is { } status)
                    all.Add(status);
            }
        }
        catch (IOException failure)
        {
            Messages.Say(failure.Message);
            return 1;
        }

        if (json)
            Output.Json(writer => Write(writer, all));
        else
            Print(all);
        return 0;
    }

    // A session can end, or refuse, while the list is made.
    private static JsonElement? StatusOf(string? session, string? remote)
    {
        try
        {
            using IControlLink link = Platform.Connect(session, remote);
            return link.Request("status");
        }
        catch (Exception failure) when (remote is null && failure is IOException or ControlException)
        {
            if (Platform.Sessions().Contains(session))
                Messages.Say($"{session}: {failure.Message}");
            return null;
        }
    }

    private static void Print(List<JsonElement> all)
    {
        Output output = new();
        if (all.Count == 0)
            output.Line("no session runs");
        else
        {
            Steering.Table(output, ["SESSION", "PID", "SINCE", "STATE", "CALLS", "COMMAND"], [.. all.Select(status => (string[])
            [
                Steering.Text(status, "session"), status.GetProperty("pid").ToString(), Steering.Time(status, "since"), Steering.Text(status, "state"),
                status.GetProperty("calls").ToString(), CommandOf(status),
            ])]);
        }

        output.Print();
    }

    private static string CommandOf(JsonElement status) =>
        Core.Decode.CallText.Printable(string.Join(' ', status.GetProperty("command").EnumerateArray().Select(word => word.GetString())));

    private static void Write(Utf8JsonWriter json, List<JsonElement> all)
    {
        json.WriteStartArray();
        foreach (JsonElement status in all)
        {
            json.WriteStartObject();
            foreach (JsonProperty member in status.EnumerateObject().Where(m => m.Name is not ("id" or "ok")))
                member.WriteTo(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
