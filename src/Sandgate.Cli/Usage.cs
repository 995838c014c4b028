using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sandgate.Cli;

/// <summary>Says what is wrong with a command line, in words that lead on.</summary>
internal static class Usage
{
    /// <summary>One message for one error.</summary>
    public static string Explain(ParseError error, ParseResult parsed)
    {
        string command = parsed.CommandResult.Command is RootCommand ? "" : " " + parsed.CommandResult.Command.Name;
        string help = $"see 'sandgate{command} --help'";
        string? token = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        if (token is null)
            return $"{error.Message.TrimEnd('.')}; {help}";
        if (parsed.CommandResult.Command is RootCommand)
            return $"unknown command '{token}'{Like(token, parsed)}; {help}";
        return token.StartsWith('-')
            ? $"unknown option '{token}'{Like(token, parsed)}; {help}"
            : $"'{token}' is no option; write the program after '--': sandgate run -- {token} …";
    }

    private static string Like(string token, ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        IEnumerable<string> names = command.Options.SelectMany(o => o.Aliases.Append(o.Name)).Concat(command.Subcommands.Select(c => c.Name));
        return Core.Decide.Language.Suggestion.For(token.Split('=')[0], names) is { } like ? $"; {like}" : "";
    }
}
