using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Check;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate explain</c>: why a call would be allowed or not.</summary>
internal static class ExplainCommand
{
    private const string Summary = "Says which rules match a call, which decides, and what would turn the verdict: sandgate explain [options] CALL";

    private const string Description = $"""
        {Summary}

        The call need not happen. Paths in it mean what they mean now, from here. What rules want to know beyond
        the arguments is stated with --with: exe, comm, cmdline, parent_exe, pid, uid, cwd, sha256, domain;
        what is not stated is unknown. The exit status is 0 when the call is allowed, 1 when it is not, 125 when the
        rules or the call can't be read.

        Examples:
          sandgate explain -c config.json "open('/etc/passwd', 'r')"
          sandgate explain -c config.json --with exe=/usr/bin/curl --with domain=example.org "connect('93.184.215.14:443')"
        """;

    /// <summary>The verb with its options.</summary>
    public static Command Create(bool details)
    {
        Argument<string> text = new("CALL") { Description = "The call, such as \"open('/etc/passwd', 'r')\"." };
        Option<string[]> config = Shared.Config(), profile = Shared.Profile(details), inline = Shared.Inline();
        Option<string[]> with = new("--with") { Description = "A fact about the call.", HelpName = "FACT=VALUE" };
        Option<string> format = Shared.Format();
        Command explain = new("explain", details ? Description : Summary) { text, config, profile, inline, with, format };
        explain.SetAction(parsed => Explain(
            new(parsed.GetValue(profile) ?? [], parsed.GetValue(config) ?? [], parsed.GetValue(inline) ?? []),
            parsed.GetValue(text)!, parsed.GetValue(with) ?? [], parsed.GetValue(format) == "json"));
        return explain;
    }

    private static int Explain(RuleSources given, string text, string[] with, bool json)
    {
        try
        {
            RuleSources sources = RuleLoader.WithDefault(given);
            LoadedRules loaded = RuleLoader.Load(sources);
            ReaderContext context = RuleLoader.NewContext();
            Call call = new CallReader(context).Read(text, Facts(with));
            ImmutableArray<Rule> floor = Floor.Above(loaded.Rules, Environment.ProcessId, loaded.Files);
            RuleSet now = loaded.Rules.At(DateTimeOffset.UtcNow);
            Explanation explanation = Explanation.Of(new Policy(now, floor), floor, call);
            if (json)
                Output.Json(writer => Write(writer, explanation, context.Catalogue));
            else
                Print(explanation, context.Catalogue);
            return explanation.Verdict.Allowed ? 0 : 1;
        }
        catch (PatternException bad)
        {
            Shared.SayWrong([new Problem(new("the call", 0, 0), bad.Message, bad.Advice)], json);
        }
        catch (ConfigException bad)
        {
            Shared.SayWrong(bad.Problems, json);
        }
        catch (IOException bad)
        {
            Shared.SayWrong([new Problem(default, bad.Message)], json);
        }

        return ExitStatus.SetUpFailed;
    }

    private static CallFacts Facts(string[] with)
    {
        CallFacts facts = new();
        foreach (string fact in with)
        {
            int equals = fact.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new PatternException($"--with {fact}: a fact is a name, = and a value", "write one such as --with uid=1000");
            facts = CallFactsText.Set(facts, fact[..equals], fact[(equals + 1)..]);
        }

        return facts;
    }

    private static string LabelOf(Explanation explanation, ICatalogue catalogue) =>
        explanation.Verdict.Rule is not { } rule ? "" : EventWords.Of(Labels.Of(rule, catalogue));

    private static void Print(Explanation explanation, ICatalogue catalogue)
    {
        Output output = new();
        Verdict verdict = explanation.Verdict;
        string word = Settings.NameOf(verdict.Action);
        output.Line($"{(verdict.Allowed ? output.Green(word) : output.Red(word))} {explanation.Text}");
        if (explanation.Resolved is { } resolved)
            output.Line($"  means    {resolved}");
        if (!verdict.Allowed)
            output.Line($"  errno    {Errnos.NameOf(verdict.Errno)}");
        if (LabelOf(explanation, catalogue) is { Length: > 0 } label)
            output.Line($"  label    {label}");
        output.Line($"  why      {explanation.Why}");
        if (explanation.Matches.Length > 0)
            output.Line($"  rules that match{(explanation.Matches.Any(m => m.Truth == Truth.Unknown) ? " (? can't be told)" : "")}:");
        foreach (RuleMatch match in explanation.Matches)
        {
            string mark = match.Truth == Truth.Unknown ? "?" : match.Decides ? "*" : " ";
            string place = match.IsFloor ? "floor" : match.Rule.Place.ToString();
            output.Line($"  {mark} {output.Dim(place)}  {CallText.Printable(match.Rule.ToString())}  {Settings.NameOf(match.Rule.Action)}{(match.Decides ? "  decides" : "")}");
            if (match.Decides && match.Rule.Note is { } note)
                output.Line($"      {CallText.Printable(note)}");
        }

        PrintFlip(output, explanation.Flip);
        output.Print();
    }

    private static void PrintFlip(Output output, Flip? flip)
    {
        if (flip is null)
            return;
        output.Line($"  it would be {Settings.NameOf(flip.Action)}");
        if (flip.Lifted is { } name)
            output.Line($"    with \"floor\": {{ \"{name}\": false }}, which lifts it for every call");
        foreach (Rule rule in flip.Removed)
            output.Line($"    without  {rule.Place}  {CallText.Printable(rule.ToString())}");
        foreach (string rule in flip.Added)
            output.Line($"    with     {CallText.Printable(rule)}");
    }

    private static void Write(Utf8JsonWriter json, Explanation explanation, ICatalogue catalogue)
    {
        Verdict verdict = explanation.Verdict;
        json.WriteStartObject();
        json.WriteString("call", explanation.Text);
        if (explanation.Resolved is { } resolved)
            json.WriteString("resolved", resolved);
        json.WriteString("verdict", Settings.NameOf(verdict.Action));
        if (!verdict.Allowed)
            json.WriteString("errno", Errnos.NameOf(verdict.Errno));
        if (LabelOf(explanation, catalogue) is { Length: > 0 } label)
            json.WriteString("label", label);
        json.WriteString("why", explanation.Why);
        json.WriteStartArray("matches");
        foreach (RuleMatch match in explanation.Matches)
        {
            json.WriteStartObject();
            RuleJson.Write(json, match.Rule);
            json.WriteBoolean("floor", match.IsFloor);
            json.WriteBoolean("decides", match.Decides);
            json.WriteString("truth", match.Truth == Truth.True ? "true" : "unknown");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (explanation.Flip is { } flip)
        {
            json.WriteStartObject("flip");
            json.WriteString("verdict", Settings.NameOf(flip.Action));
            if (flip.Lifted is { } lifted)
                json.WriteString("lift", lifted);
            json.WriteStartArray("add");
            foreach (string rule in flip.Added)
                json.WriteStringValue(rule);
            json.WriteEndArray();
            json.WriteStartArray("remove");
            foreach (Rule rule in flip.Removed)
                json.WriteStringValue(rule.Place.ToString());
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
