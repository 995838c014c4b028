using System.CommandLine;
using System.CommandLine.Parsing;
using Sandgate.Cli.Commands;

namespace Sandgate.Cli;

internal static class Program
{
    public static int Main(string[] args)
    {
        // "sandgate -- cmd" and "sandgate -c rules.json -- cmd" are "sandgate run …".
        if (args is ["--", ..] || (args is [['-', ..] and not ("-h" or "-?" or "--help" or "--version"), ..] && args.Contains("--")))
            args = ["run", .. args];

        RootCommand root = new("Runs one program that you don't trust, and judges its system calls by your rules.")
        {
            RunCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count == 0)
            return parsed.Invoke(new() { EnableDefaultExceptionHandler = false });
        foreach (ParseError error in parsed.Errors)
            Messages.Say(Usage.Explain(error, parsed));
        return ExitStatus.SetUpFailed;
    }
}
