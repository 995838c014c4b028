using System.CommandLine;
using System.Text.Json;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate answer</c>: answers a question of a session.</summary>
internal static class AnswerCommand
{
    private const string Summary = "Answers a question: sandgate answer ID allow|not_allow [SESSION]";

    private const string Description = $"""
        {Summary}

        Whoever answers first decides. With --run the same call is not asked about again in this run; --always
        writes the answer into the file of rules, too.

        Examples:
          sandgate answer 3 allow
          sandgate answer 3 not_allow --always k7m
        """;

    /// <summary>The verb with its options.</summary>
    public static Command Create(bool details)
    {
        Argument<long> number = new("ID") { Description = "The question's number, as 'sandgate asks' shows it." };
        Argument<string> answer = new("ANSWER") { Description = "allow or not_allow.", HelpName = "allow|not_allow" };
        answer.AcceptOnlyFromAmong("allow", "not_allow", "deny");
        Argument<string?> session = Steering.Session();
        Option<bool> run = new("--run") { Description = "For the rest of this run." };
        Option<bool> always = new("--always") { Description = "For ever: written into the last file of rules." };
        Option<string?> remote = Steering.Remote();
        Command command = new("answer", details ? Description : Summary) { number, answer, session, run, always, remote };
        command.SetAction(parsed => Steering.With(parsed.GetValue(session), parsed.GetValue(remote), link =>
        {
            JsonElement reply = link.Request("answer", json =>
            {
                json.WriteNumber("ask", parsed.GetValue(number));
                json.WriteString("answer", parsed.GetValue(answer));
                json.WriteString("remember", parsed.GetValue(always) ? "always" : parsed.GetValue(run) ? "run" : "no");
            });
            if (Steering.Text(reply, "said") is { Length: > 0 } said)
                Messages.Say(said);
        }));
        return command;
    }
}
