using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Sandgate.Core.Control;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Check;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli.Commands;

/// <summary>The options of <c>run</c> that say how the run can be steered.</summary>
internal sealed class SteerOptions
{
    private readonly Option<bool> _none = new("--no-control") { Description = "Let nobody steer this run: no socket." };
    private readonly Option<string?> _listen = new("--listen") { Description = "Listen here, too, with TLS, for clients that have the file SESSION.remote.json; port 0 takes a free one.", HelpName = "ADDRESS:PORT" };
    private readonly Option<string?> _certificate = new("--tls-cert") { Description = "The certificate to show there, PEM; without it one is made for this run.", HelpName = "FILE" };
    private readonly Option<string?> _key = new("--tls-key") { Description = "Its key, PEM.", HelpName = "FILE" };

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [_none, _listen, _certificate, _key];

    /// <summary>What they say; null when nobody is to steer.</summary>
    /// <exception cref="IOException">They contradict each other.</exception>
    public SteerRequest? Read(ParseResult parsed, RuleSources sources)
    {
        string? listen = parsed.GetValue(_listen), certificate = parsed.GetValue(_certificate), key = parsed.GetValue(_key);
        if (listen is null && (certificate ?? key) is not null)
            throw new IOException("--tls-cert and --tls-key are for --listen");
        if (certificate is null && key is not null)
            throw new IOException("--tls-key needs --tls-cert");
        if (parsed.GetValue(_none))
            return listen is null ? null : throw new IOException("--listen and --no-control contradict each other");
        return new(SessionHeader.NewName(), new EventFeed(), (text, place) => ReadRule(text, place, sources.Strict), new AnswerKeeper(sources).Keep)
        {
            Listen = listen is null ? null : AddressOf(listen),
            Certificate = certificate,
            Key = key,
        };
    }

    private static IPEndPoint AddressOf(string text) =>
        text.LastIndexOf(':') is > 0 and var colon && text[(colon + 1)..].All(char.IsAsciiDigit) && text.Length > colon + 1 && IPEndPoint.TryParse(text, out IPEndPoint? address)
            ? address : throw new IOException($"--listen {text}: not an address and a port such as 127.0.0.1:7070");

    private static Rule ReadRule(string text, SourcePlace place, bool strict)
    {
        ReaderContext context = RuleLoader.NewContext();
        try
        {
            Rule rule = InlineRule.Read(text, 0, context) with { Place = place };
            if (Labels.RefuseRacy(new() { Rules = [rule], Strict = strict }, context.Catalogue).ToList() is { Count: > 0 } racy)
                throw new ConfigException(racy);
            return rule;
        }
        catch (ConfigException bad)
        {
            // It stands nowhere yet.
            throw new ConfigException([.. bad.Problems.Select(p => p with { Place = new("the rule", 0, 0) })]);
        }
    }
}
