using System.CommandLine;
using System.CommandLine.Parsing;
using Sandgate.Cli.Commands;

namespace Sandgate.Cli;

internal static class Program
{
    public static int Main(string[] args)
    {
        // What stands after "--" is the program's and none of the parser's business.
        int end = Array.IndexOf(args, "--");
        string[] own = end < 0 ? args : args[..end];
        string[]? program = end < 0 ? null : args[(end + 1)..];

        // "sandgate -- cmd" and "sandgate -c rules.json -- cmd" are "sandgate run …".
        if (program is not null && own is [] or [['-', ..], ..])
            own = ["run", .. own];

        RootCommand root = new("Runs one program that you don't trust, and judges its system calls by your rules.");
        foreach (Command verb in Verbs(own, program))
            root.Add(verb);
        if (own.Length == 0)
        {
            Messages.Say("no command given; try 'sandgate run -- ls -l', or see 'sandgate --help'");
            return ExitStatus.SetUpFailed;
        }

        ParseResult parsed = root.Parse(own);
        if (parsed.Errors.Count == 0)
            return parsed.Invoke(new() { EnableDefaultExceptionHandler = false });
        foreach (string message in parsed.Errors.Select(error => Usage.Explain(error, parsed)).Distinct())
            Messages.Say(message);
        return ExitStatus.SetUpFailed;
    }

    // Making a verb costs time at each start: the one that is asked for is enough, and all only where they are listed.
    private static IEnumerable<Command> Verbs(string[] own, string[]? program)
    {
        string verb = own is [var first, ..] ? first : "";
        if (verb == "run")
            return [RunCommand.Create(program, details: Array.Exists(own, a => a is "--help" or "-h" or "-?"))];
        return
        [
            RunCommand.Create(program, details: false), CheckCommand.Create(verb == "check"), ExplainCommand.Create(verb == "explain"),
            CallsCommand.Create(verb == "calls"), ProfilesCommand.Create(verb == "profiles"), SchemaCommand.Create(verb == "schema"),
            DiffCommand.Create(verb == "diff"), LearnCommand.Create(program, verb == "learn"),
            EventsCommand.Create(verb == "events"), ReplayCommand.Create(verb == "replay"), ReportCommand.Create(verb == "report"),
            PsCommand.Create(verb == "ps"), SteerCommand.Pause(verb == "pause"), SteerCommand.Resume(verb == "resume"), SteerCommand.Kill(verb == "kill"),
            RulesCommand.Create(verb == "rules"), AsksCommand.Create(verb == "asks"), AnswerCommand.Create(verb == "answer"),
            DoctorCommand.Create(verb == "doctor"), CanaryCommand.Create(),
        ];
    }
}
