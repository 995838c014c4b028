using System.CommandLine;
using System.Text.Json;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate rules</c>: the rules of a session that runs.</summary>
internal static class RulesCommand
{
    private const string Summary = "Lists and changes the rules of a session that runs: sandgate rules [SESSION], sandgate rules add RULE [SESSION]";

    private const string Description = $"""
        {Summary}

        What is added stands behind all other rules, as with -e, for this run only. A rule on calls that the run
        doesn't stop is refused: start it with --trap to be able to add such rules.

        Examples:
          sandgate rules
          sandgate rules add "open ('/etc/shadow') = not_allow" --ttl 15m
          sandgate rules remove 1
        """;

    /// <summary>The verb with its own verbs.</summary>
    public static Command Create(bool details)
    {
        Argument<string?> session = Steering.Session();
        Option<string?> remote = Steering.Remote();
        Option<string> format = Shared.Format();
        Command rules = new("rules", details ? Description : Summary) { session, remote, format, Add(), Remove(), Reload() };
        rules.SetAction(parsed => Steering.With(parsed.GetValue(session), parsed.GetValue(remote), link =>
        {
            JsonElement reply = link.Request("rules");
            if (parsed.GetValue(format) == "json")
                Output.Json(reply.GetProperty("rules").WriteTo);
            else
                Print(reply);
        }));
        return rules;
    }

    private static Command Add()
    {
        Argument<string> rule = new("RULE") { Description = "The rule, such as \"open ('/etc/shadow') = not_allow\"." };
        Option<string?> ttl = new("--ttl") { Description = "After this time it is gone.", HelpName = "15m" };
        Argument<string?> session = Steering.Session();
        Option<string?> remote = Steering.Remote();
        Command add = new("add", "Adds a rule: sandgate rules add RULE [SESSION]") { rule, session, ttl, remote };
        add.SetAction(parsed => Steering.With(parsed.GetValue(session), parsed.GetValue(remote), link =>
        {
            JsonElement reply = link.Request("add_rule", json =>
            {
                json.WriteString("text", parsed.GetValue(rule));
                json.WriteString("ttl", parsed.GetValue(ttl));
            });
            Say($"rule {reply.GetProperty("rule")} is in force in {link.Session}");
        }));
        return add;
    }

    private static Command Remove()
    {
        Argument<long> number = new("ID") { Description = "The rule's number, as 'sandgate rules' shows it." };
        Argument<string?> session = Steering.Session();
        Option<string?> remote = Steering.Remote();
        Command remove = new("remove", "Takes away a rule that was added: sandgate rules remove ID [SESSION]") { number, session, remote };
        remove.SetAction(parsed => Steering.With(parsed.GetValue(session), parsed.GetValue(remote), link =>
        {
            link.Request("remove_rule", json => json.WriteNumber("rule", parsed.GetValue(number)));
            Say($"rule {parsed.GetValue(number)} is gone from {link.Session}");
        }));
        return remove;
    }

    private static Command Reload()
    {
        Argument<string?> session = Steering.Session();
        Option<string?> remote = Steering.Remote();
        Command reload = new("reload", "Reads the session's files of rules again, if they have changed: sandgate rules reload [SESSION]") { session, remote };
        reload.SetAction(parsed => Steering.With(parsed.GetValue(session), parsed.GetValue(remote), link => Say(Steering.Text(link.Request("reload_rules"), "said"))));
        return reload;
    }

    private static void Say(string text)
    {
        Output output = new();
        output.Line(text);
        output.Print();
    }

    private static void Print(JsonElement reply)
    {
        Output output = new();
        List<string[]> rows = [.. reply.GetProperty("rules").EnumerateArray().Select(rule => (string[])
        [
            rule.TryGetProperty("rule", out JsonElement id) ? id.ToString() : "-", Steering.Text(rule, "text"), Steering.Text(rule, "action"),
            Steering.Text(rule, "place"), Steering.Time(rule, "expires"), Steering.Text(rule, "by"),
        ])];
        if (rows.Count == 0)
            output.Line("no rules but the floor's");
        else
            Steering.Table(output, ["ID", "RULE", "ACTION", "PLACE", "UNTIL", "BY"], rows);
        output.Print();
    }
}
