using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Check;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate check</c>: reads rules as <c>run</c> would, and says what they amount to.</summary>
internal static class CheckCommand
{
    private const string Summary = "Reads rules, runs their own tests, and says what they amount to: sandgate check [options] [FILE…]";

    private const string Description = $"""
        {Summary}

        Lists each rule with its label (how binding it is), warns of rules that do nothing or not what they seem
        to, names the floor, isolation and limits, and counts the system calls that would stop. The exit status is 0 when the rules load
        and their tests pass, else 1; with --strict also when there are warnings.

        Examples:
          sandgate check config.json
          sandgate check -p no-secrets -c config.json --format json
        """;

    private sealed record Report(LoadedRules Loaded, IReadOnlyList<Problem> Failures, IReadOnlyList<Warning> Warnings, TrapReport Traps, ICatalogue Catalogue);

    /// <summary>The verb with its options.</summary>
    public static Command Create(bool details)
    {
        Argument<string[]> files = new("FILE") { Description = "Files of rules, as with -c.", Arity = ArgumentArity.ZeroOrMore };
        Option<string[]> config = Shared.Config(), profile = Shared.Profile(details), inline = Shared.Inline();
        Option<bool> strict = new("--strict") { Description = "Count warnings as errors." };
        Option<string> format = Shared.Format();
        Command check = new("check", details ? Description : Summary) { files, config, profile, inline, strict, format };
        check.SetAction(parsed => Check(
            new(parsed.GetValue(profile) ?? [], [.. parsed.GetValue(config) ?? [], .. parsed.GetValue(files) ?? []], parsed.GetValue(inline) ?? []),
            parsed.GetValue(strict), parsed.GetValue(format) == "json"));
        return check;
    }

    private static int Check(RuleSources given, bool strict, bool json)
    {
        try
        {
            RuleSources sources = RuleLoader.WithDefault(given);
            if (sources is { Configs.Count: 0, Profiles.Count: 0, Inline.Count: 0 })
            {
                Messages.Say("no rules given, and there is no ./config.json; try 'sandgate check FILE'");
                return 1;
            }

            Report report = Look(RuleLoader.Load(sources));
            if (json)
                Output.Json(writer => Write(writer, report));
            else
                Print(report, sources);
            return report.Failures.Count > 0 || (strict && report.Warnings.Count > 0) ? 1 : 0;
        }
        catch (ConfigException bad)
        {
            return Shared.SayWrong(bad.Problems, json);
        }
        catch (IOException bad)
        {
            return Shared.SayWrong([new Problem(default, bad.Message)], json);
        }
    }

    private static Report Look(LoadedRules loaded)
    {
        ReaderContext context = RuleLoader.NewContext();
        List<Problem> racy = [.. Labels.RefuseRacy(loaded.Rules, context.Catalogue)];
        if (racy.Count > 0)
            throw new ConfigException(racy);
        Policy policy = new(loaded.Rules, Floor.Above(loaded.Rules, Environment.ProcessId, loaded.Files));
        return new(
            loaded, [.. PolicyTests.Run(loaded.Rules)], [.. Lint.Run(loaded.Rules, context, DateTimeOffset.UtcNow)],
            TrapReport.Of(policy, context.Catalogue), context.Catalogue);
    }

    private static void Print(Report report, RuleSources sources)
    {
        Output output = new();
        RuleSet rules = report.Loaded.Rules;
        output.Line($"{output.Bold(string.Join(" + ", [.. sources.Profiles.Select(p => "profile " + p), .. sources.Configs, .. sources.Inline.Count > 0 ? ["-e"] : Array.Empty<string>()]))}: "
            + $"{Count(rules.Rules.Length, "rule")}, {Settings.Evaluations[(int)rules.Evaluation]}, default {Settings.NameOf(rules.Default)}, on_unknown {Settings.NameOf(rules.OnUnknown)}");
        PrintRules(output, report);
        foreach (Warning warning in report.Warnings)
            output.Line(output.Yellow("warning ") + $"{(warning.Place.File is null ? "" : warning.Place + ": ")}{warning.Message}{(warning.Advice is null ? "" : "; " + warning.Advice)}");
        string lifted = rules.LiftedFloor.IsEmpty ? "all hold" : output.Red("lifted: " + string.Join(", ", rules.LiftedFloor.Select(Floor.NameOf)));
        output.Line($"{output.Bold("floor")}  {lifted} ({string.Join(", ", Floor.Names)})");
        AskedForReport.Print(output, "isolation", AskedFor.Of(rules.Isolation));
        AskedForReport.Print(output, "limits", AskedFor.Of(rules.Limits));
        PrintTraps(output, report.Traps);
        foreach (Problem failure in report.Failures)
            output.Line(output.Red("failed ") + failure);
        int tests = rules.Tests.Length;
        output.Line($"{output.Bold("tests")}  " + (tests == 0 ? "none" : report.Failures.Count == 0 ? output.Green($"{tests} of {tests} pass") : output.Red($"{tests - report.Failures.Count} of {tests} pass")));
        output.Print();
    }

    private static void PrintRules(Output output, Report report)
    {
        List<(string Place, string Rule, string Action, string Label)> lines = [];
        foreach (Rule rule in report.Loaded.Rules.Rules)
            lines.Add((rule.Place.ToString(), $"{rule.Scope} {(rule.Name is null ? rule.Text : $"\"{rule.Name}\"")}", Settings.NameOf(rule.Action), EventWords.Of(Labels.Of(rule, report.Catalogue))));
        int place = Width(lines.Select(l => l.Place)), text = Math.Min(60, Width(lines.Select(l => l.Rule)));
        foreach ((string where, string rule, string action, string label) in lines)
            output.Line($"  {output.Dim(where.PadRight(place))}  {CallText.Printable(rule).PadRight(text)}  {Shade(output, action.PadRight(9), action)}  {label}");
        int racy = lines.Count(l => l.Label == "racy" && l.Action is "not_allow" or "kill");
        if (racy > 0)
            output.Line($"{output.Bold("labels")} {racy} of {lines.Count(l => l.Action is "not_allow" or "kill")} denies are racy: a program written to get round them can; docs/THREAT-MODEL.md says how");
    }

    private static int Width(IEnumerable<string> texts) => texts.Select(t => t.Length).DefaultIfEmpty(0).Max();

    private static string Shade(Output output, string text, string action) => action == "allow" ? output.Green(text) : action == "log" ? text : output.Red(text);

    private static void PrintTraps(Output output, TrapReport traps)
    {
        output.Line($"{output.Bold("stops")}  {traps.Stopped} of {traps.Total} system calls; the others run at native speed"
            + (traps.FloorOnly.Length > 0 ? $" (the floor looks at {traps.FloorOnly.Length} of them, rarely)" : ""));
        foreach (TrapLine line in traps.Lines)
        {
            string names = string.Join(' ', line.Syscalls.Take(6)) + (line.Syscalls.Length > 6 ? $" and {line.Syscalls.Length - 6} more" : "");
            output.Line($"  {line.Family,-10}  {CostOf(line.Cost),-18}  {output.Dim(names)}");
        }
    }

    // Measured with bench/run on one machine; there are ratios for others in the README.
    private static string CostOf(StopCost cost) => cost switch
    {
        StopCost.Registers => "about 3 µs a call",
        StopCost.Memory => "about 4 µs a call",
        StopCost.Paths => "about 5 µs a call",
        _ => "hashes files once",
    };

    private static string Count(int number, string thing) => string.Create(CultureInfo.InvariantCulture, $"{number} {thing}{(number == 1 ? "" : "s")}");

    private static void Write(Utf8JsonWriter json, Report report)
    {
        RuleSet rules = report.Loaded.Rules;
        json.WriteStartObject();
        json.WriteBoolean("ok", report.Failures.Count == 0);
        json.WriteString("evaluation", Settings.Evaluations[(int)rules.Evaluation]);
        json.WriteString("default", Settings.NameOf(rules.Default));
        json.WriteString("on_unknown", Settings.NameOf(rules.OnUnknown));
        json.WriteStartArray("rules");
        foreach (Rule rule in rules.Rules)
        {
            json.WriteStartObject();
            RuleJson.Write(json, rule);
            json.WriteString("label", EventWords.Of(Labels.Of(rule, report.Catalogue)));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("warnings");
        foreach (Warning warning in report.Warnings)
            Shared.WriteProblem(json, warning.Place, warning.Message, warning.Advice, warning.Kind);
        json.WriteEndArray();
        json.WriteStartObject("floor");
        for (int i = 0; i < Floor.Names.Count; i++)
            json.WriteBoolean(Floor.Names[i], !rules.LiftedFloor.Contains((FloorRule)i));
        json.WriteEndObject();
        AskedForReport.Write(json, "isolation", AskedFor.Of(rules.Isolation));
        AskedForReport.Write(json, "limits", AskedFor.Of(rules.Limits));
        json.WriteStartObject("stops");
        json.WriteNumber("count", report.Traps.Stopped);
        json.WriteNumber("of", report.Traps.Total);
        json.WriteStartArray("families");
        foreach (TrapLine line in report.Traps.Lines)
        {
            json.WriteStartObject();
            json.WriteString("family", line.Family);
            json.WriteString("cost", line.Cost switch { StopCost.Registers => "registers", StopCost.Memory => "memory", StopCost.Paths => "paths", _ => "files" });
            json.WriteStartArray("syscalls");
            foreach (string name in line.Syscalls)
                json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("tests");
        json.WriteNumber("passed", rules.Tests.Length - report.Failures.Count);
        json.WriteStartArray("failed");
        foreach (Problem failure in report.Failures)
            Shared.WriteProblem(json, failure.Place, failure.Reason, failure.Advice);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
