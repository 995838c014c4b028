using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sandgate.Core.Control;
using Sandgate.Core.Decode;

namespace Sandgate.Cli.Commands;

/// <summary>What the verbs that steer a session have in common.</summary>
internal static class Steering
{
    public static Argument<string?> Session() => new("SESSION")
    {
        Description = "The session, or how its name begins; needless when only one runs.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Option<string?> Remote() => new("--connect") { Description = "A session elsewhere: the file that 'run --listen' wrote.", HelpName = "FILE.remote.json" };

    /// <summary>Does something with a session; says what went wrong.</summary>
    public static int With(string? session, string? remote, Action<IControlLink> act)
    {
        try
        {
            using IControlLink link = Platform.Connect(session, remote);
            act(link);
            return 0;
        }
        catch (Exception refused) when (refused is IOException or ControlException)
        {
            Messages.Say(refused.Message);
            return 1;
        }
    }

    /// <summary>A text member; empty when it isn't there.</summary>
    public static string Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String ? CallText.Printable(member.GetString()) : "";

    /// <summary>A time, by the clock on the wall.</summary>
    public static string Time(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement member) && member.TryGetDateTimeOffset(out DateTimeOffset time)
            ? time.ToLocalTime().ToString(time.ToLocalTime().Date == DateTime.Today ? "HH:mm:ss" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "";

    /// <summary>Rows under headings, in columns.</summary>
    public static void Table(Output output, string[] headings, List<string[]> rows)
    {
        int[] widths = [.. headings.Select((heading, i) => rows.Select(r => r[i].Length).Append(heading.Length).Max())];
        string Line(string[] cells) => string.Join("  ", cells.Select((cell, i) => i == cells.Length - 1 ? cell : cell.PadRight(widths[i])));
        output.Line(output.Bold(Line(headings)));
        foreach (string[] row in rows)
            output.Line(Line(row));
    }
}
