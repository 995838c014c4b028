using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sandgate.Core.Record;
using Sandgate.Core.Record.Tree;
using Sandgate.Store;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate events</c>: what a record holds.</summary>
internal static class EventsCommand
{
    private const string Summary = "Shows what a record holds: sandgate events FILE [FILTER]";

    private const string Description = $"""
        {Summary}

        FILTER is a condition in the language of rules, over the fields of a call (sandgate calls lists them) and of what was
        decided: verdict, errno, reason, rule, binding, outcome, held_us, cost_us, tid, n. Names are printed escaped.
        The exit status is 0, or 125 when the record or the filter can't be read.

        Examples:
          sandgate events run.jsonl "verdict != allow and path like '/etc/*'"
          sandgate events run.jsonl --tree
          sandgate events run.jsonl --denied --format csv > denied.csv
        """;

    /// <summary>The verb with its options.</summary>
    public static Command Create(bool details)
    {
        Argument<string> file = new("FILE") { Description = "The record." };
        Argument<string?> filter = new("FILTER") { Description = "Which calls to show.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> denied = new("--denied") { Description = "Only calls that were refused." };
        Option<string[]> kind = new("--kind") { Description = "Only events of a kind: call, session, start, exec, exit, message, steered, dropped, end.", HelpName = "KIND" };
        kind.AcceptOnlyFromAmong("call", "session", "start", "exec", "exit", "message", "steered", "dropped", "end");
        Option<string?> since = new("--since") { Description = "Only events from a time on: 2026-11-22T10:48:09Z, or 10:48:09 of the day on which the record begins (UTC).", HelpName = "TIME" };
        Option<string?> until = new("--until") { Description = "Only events before a time.", HelpName = "TIME" };
        Option<bool> tree = new("--tree") { Description = "The processes that the events are about, as a tree, with what each did." };
        Option<bool> follow = new("--follow") { Description = "Go on as a .jsonl record grows, until its session ends; or follow a session that runs, by its name in place of FILE." };
        Option<string> format = new("--format") { Description = "text, jsonl as records are written, csv for spreadsheets; with --tree text or json.", HelpName = "text|jsonl|csv|json", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "jsonl", "csv", "json");
        Command events = new("events", details ? Description : Summary) { file, filter, denied, kind, since, until, tree, follow, format };
        events.SetAction(parsed =>
        {
            string how = parsed.GetValue(format)!;
            if (parsed.GetValue(tree) ? how is "jsonl" or "csv" : how == "json")
            {
                Messages.Say(how == "json" ? "--format json is for --tree; events are jsonl, csv or text" : "--tree is text or json");
                return ExitStatus.SetUpFailed;
            }

            using EventOutput output = new(how);
            string name = parsed.GetValue(file)!;
            bool goesOn = parsed.GetValue(follow);
            return RecordReading.Of(name, () => !goesOn ? Recordings.Open(name) : Path.Exists(name) ? Recordings.Follow(name, () => Wait(output)) : new FollowedSession(Platform.Connect(name, null), output.Flush), recorded => Show(
                new EventFilter(parsed.GetValue(filter), RuleLoader.NewContext())
                {
                    IsDeniedOnly = parsed.GetValue(denied),
                    Kinds = parsed.GetValue(kind) ?? [],
                    Since = Time("--since", parsed.GetValue(since)),
                    Until = Time("--until", parsed.GetValue(until)),
                }, goesOn ? UntilTheEnd(recorded) : recorded, parsed.GetValue(tree), output));
        });
        return events;
    }

    private static TimeBound? Time(string option, string? text) =>
        text is null ? null
        : TimeSpan.TryParseExact(text, [@"hh\:mm", @"hh\:mm\:ss", @"hh\:mm\:ss\.FFFFFFF"], CultureInfo.InvariantCulture, out TimeSpan ofDay) ? new(null, ofDay)
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at) ? new(at, default)
        : throw new IOException($"{option} {text}: no time; write one such as 2026-11-22T10:48:09Z or 10:48:09");

    private static void Wait(EventOutput output)
    {
        output.Flush();
        Thread.Sleep(100);
    }

    private static IEnumerable<RecordedEvent> UntilTheEnd(IEnumerable<RecordedEvent> recorded)
    {
        foreach (RecordedEvent next in recorded)
        {
            yield return next;
            if (next is SessionEnded)
                yield break;
        }
    }

    private static int Show(EventFilter filter, IEnumerable<RecordedEvent> recorded, bool tree, EventOutput output)
    {
        try
        {
            if (tree)
                ShowTree(filter, recorded, output);
            foreach (RecordedEvent next in tree ? [] : recorded)
            {
                if (filter.Wants(next))
                    output.Event(next);
            }
        }
        catch (FormatException)
        {
            // What stands before the damage is shown.
            output.Flush();
            throw;
        }

        output.Flush();
        if (filter.Untold > 0)
            Messages.Say($"{filter.Untold} calls are not shown because what the filter looks at was not recorded or could not be read");
        return 0;
    }

    // The tree is of all processes; what is counted for each are the calls that the filter wants.
    private static void ShowTree(EventFilter filter, IEnumerable<RecordedEvent> recorded, EventOutput output)
    {
        ProcessTree tree = new();
        void Print()
        {
            if (output.Format == "json")
                output.Json(json => ProcessTreeJson.Write(json, tree));
            foreach (string line in output.Format == "json" ? [] : ProcessTreeText.Lines(tree, output.Colour))
                output.Text(line);
        }

        foreach (RecordedEvent next in recorded)
        {
            if (next is SessionStart && tree.All.Count > 0)
            {
                Print();
                tree = new();
            }

            if (next is SessionStart && output.Format == "text")
                output.Event(next);
            if (filter.Wants(next) || next is not CallEvent)
                tree.Add(next);
        }

        Print();
    }
}
