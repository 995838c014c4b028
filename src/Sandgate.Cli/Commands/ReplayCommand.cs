using System.CommandLine;
using System.Globalization;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Record;
using Sandgate.Core.Record.Replay;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate replay</c>: what other rules would have said to the calls of a record.</summary>
internal static class ReplayCommand
{
    private const string Summary = "Asks other rules about the calls of a record: sandgate replay [options] FILE";

    private const string Description = $"""
        {Summary}

        Nothing is run. Calls that would be decided otherwise are grouped by the rule that decides now. Relative paths in
        the rules mean what they meant where the recorded run was started. Calls that can't be judged because something was not recorded
        (a hash, all of the data that was sent) are counted apart. The exit status is 0 when nothing would change, 1 when something
        would, 125 when the rules or the record can't be read.

        Examples:
          sandgate replay -c stricter.json run.jsonl
          sandgate replay -c config.json -e "connect * = not_allow" --strict --format json run.jsonl
        """;

    /// <summary>The verb with its options.</summary>
    public static Command Create(bool details)
    {
        Argument<string> file = new("FILE") { Description = "The record." };
        Option<string[]> config = Shared.Config(), profile = Shared.Profile(details), inline = Shared.Inline();
        Option<bool> all = new("--all") { Description = "Every call that would be decided otherwise, not only examples; with --format json as one object a line before the result." };
        Option<bool> strict = new("--strict") { Description = "Calls that can't be judged count as changed." };
        Option<string> format = Shared.Format();
        Command replay = new("replay", details ? Description : Summary) { file, config, profile, inline, all, strict, format };
        replay.SetAction(parsed => RecordReading.Of(parsed.GetValue(file)!, recorded => Replay(
            RuleLoader.WithDefault(new(parsed.GetValue(profile) ?? [], parsed.GetValue(config) ?? [], parsed.GetValue(inline) ?? [])),
            recorded, parsed.GetValue(all), parsed.GetValue(strict), parsed.GetValue(format) == "json")));
        return replay;
    }

    private static int Replay(RuleSources sources, IEnumerable<RecordedEvent> recorded, bool all, bool strict, bool json)
    {
        if (sources is { Profiles.Count: 0, Configs.Count: 0, Inline.Count: 0 })
            throw new IOException("no rules to ask: give some with -c, -p or -e");
        using EventOutput output = new(json ? "jsonl" : "text");

        // Rules that are wrong are told before a long record is read.
        RuleLoader.Load(sources);
        Backtest backtest = new(start => PolicyFor(sources, start), Platform.Catalogue(), Platform.NamesOf)
        {
            OnChange = !all ? null : (call, now) =>
            {
                if (json)
                    output.Event(call);
                else
                    output.Text($"{Settings.NameOf(call.Verdict.Action)} → {Settings.NameOf(now.Action)}  {BacktestText.Line(call)}\n");
            },
        };
        foreach (RecordedEvent next in recorded)
            backtest.Add(next);
        if (json)
            output.Json(writer => BacktestJson.Write(writer, backtest));
        else
            output.Text((all && backtest.Changed > 0 ? "\n" : "") + BacktestText.Of(backtest, output.Colour));
        output.Flush();
        return backtest.Changed > 0 || (strict && backtest.Untold > 0) ? 1 : 0;
    }

    // As they would have been in force there; what ends by a date ends by today's.
    private static Policy PolicyFor(RuleSources sources, SessionStart? start)
    {
        RuleSet rules = (start is { Directory: ['/', ..] there } ? RuleLoader.LoadFor(sources, there) : RuleLoader.Load(sources)).Rules.At(DateTimeOffset.UtcNow);
        int supervisor = int.TryParse(start?.Host.GetValueOrDefault("pid"), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : int.MaxValue;
        return new(rules, Floor.Above(rules, supervisor, []));
    }
}
