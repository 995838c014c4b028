using System.CommandLine;
using System.Text.Json;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli.Commands;

/// <summary>Options that several verbs have, and what they say when rules are wrong.</summary>
internal static class Shared
{
    public static Option<string[]> Config() => new("--config", "-c") { Description = "A file of rules; later ones are laid over earlier ones.", HelpName = "FILE" };

    public static Option<string[]> Profile(bool details) => new("--profile", "-p")
    {
        Description = "A built-in profile, below the files: " + string.Join(", ", details ? Profiles.Names : []) + ".",
        HelpName = "NAME",
    };

    public static Option<string[]> Inline() => new("--rule", "-e") { Description = "One rule, such as \"open ('/etc/shadow') = not_allow\".", HelpName = "RULE" };

    public static Option<string> Format()
    {
        Option<string> format = new("--format") { Description = "text, or json for programs.", HelpName = "text|json", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        return format;
    }

    /// <summary>Says what is wrong with rules, as text on standard error or as JSON; returns the exit status.</summary>
    public static int SayWrong(IReadOnlyList<Problem> problems, bool json)
    {
        if (json)
        {
            Output.Json(writer =>
            {
                writer.WriteStartObject();
                writer.WriteBoolean("ok", false);
                writer.WriteStartArray("problems");
                foreach (Problem problem in problems)
                    WriteProblem(writer, problem.Place, problem.Reason, problem.Advice);
                writer.WriteEndArray();
                writer.WriteEndObject();
            });
        }
        else
        {
            foreach (Problem problem in problems)
                Messages.Say(problem.ToString());
        }

        return 1;
    }

    public static void WriteProblem(Utf8JsonWriter json, SourcePlace place, string message, string? advice, string? kind = null)
    {
        json.WriteStartObject();
        if (kind is not null)
            json.WriteString("kind", kind);
        WritePlace(json, place);
        json.WriteString("message", message);
        if (advice is not null)
            json.WriteString("advice", advice);
        json.WriteEndObject();
    }

    public static void WritePlace(Utf8JsonWriter json, SourcePlace place)
    {
        json.WriteString("file", place.File);
        if (place.Line == 0)
            return;
        json.WriteNumber("line", place.Line);
        json.WriteNumber("column", place.Column);
    }
}
