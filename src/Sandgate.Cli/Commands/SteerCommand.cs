using System.CommandLine;
using System.Text.Json;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate pause</c>, <c>resume</c>, <c>kill</c>: the whole of a session.</summary>
internal static class SteerCommand
{
    private const string PauseSummary = "Stops a session's program and all it started: sandgate pause [SESSION]";
    private const string ResumeSummary = "Lets a paused session go on: sandgate resume [SESSION]";
    private const string KillSummary = "Ends a session: sandgate kill [SESSION]";

    private const string PauseDescription = $"""
        {PauseSummary}

        Every process stands still until 'sandgate resume'; limits on time go on. A process of the same user
        outside can let it go on by SIGCONT, unless the run has a control group that freezes.

        Examples:
          sandgate pause
          sandgate pause k7m
        """;

    private const string ResumeDescription = $"""
        {ResumeSummary}

        Examples:
          sandgate resume
          sandgate resume --connect k7m2wq9a.remote.json
        """;

    private const string KillDescription = $"""
        {KillSummary}

        Every process is killed, stopped ones too; the run's exit status is 137.

        Examples:
          sandgate kill
          sandgate kill k7m
        """;

    public static Command Pause(bool details) => Create("pause", details ? PauseDescription : PauseSummary, changed => changed ? "paused" : "stands still already");

    public static Command Resume(bool details) => Create("resume", details ? ResumeDescription : ResumeSummary, changed => changed ? "goes on" : "wasn't paused");

    public static Command Kill(bool details) => Create("kill", details ? KillDescription : KillSummary, _ => "killed");

    private static Command Create(string verb, string description, Func<bool, string> outcome)
    {
        Argument<string?> session = Steering.Session();
        Option<string?> remote = Steering.Remote();
        Option<string> format = Shared.Format();
        Command command = new(verb, description) { session, remote, format };
        command.SetAction(parsed => Steering.With(parsed.GetValue(session), parsed.GetValue(remote), link =>
        {
            JsonElement reply = link.Request(verb);
            bool changed = !reply.TryGetProperty("changed", out JsonElement value) || value.GetBoolean();
            if (parsed.GetValue(format) == "json")
            {
                Output.Json(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("session", link.Session);
                    json.WriteBoolean("changed", changed);
                    json.WriteEndObject();
                });
                return;
            }

            Output output = new();
            output.Line($"{link.Session} {outcome(changed)}");
            output.Print();
        }));
        return command;
    }
}
