using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Record;
using Sandgate.Linux;
using Sandgate.Store;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate run</c>: the main job.</summary>
internal static class RunCommand
{
    private const string Summary = "Runs a program under rules: sandgate run [options] -- program arguments";

    private const string Description = $"""
        {Summary}

        Options: first rules, then what is written down, then isolation and limits, which also stand in files.
        Without -c and -p, ./config.json is used when there is one; else nothing but the floor is enforced.
        SIGHUP reads the files again while the program runs, if they have changed; otherwise it is the program's.
        While it runs, 'sandgate ps', pause, resume, kill, rules, asks and answer steer it from another terminal.

        The exit status is the program's own; 128 + n when signal n ended it; 124 when a limit on time ended
        it, 137 when another limit did; 125 when the sandbox could not be set up and nothing ran; 126 when the
        command was denied or can't be executed; 127 when it was not found.

        Examples:
          sandgate run -e "open ('/etc/shadow') = not_allow" -- cat /etc/shadow
          sandgate run -p no-secrets -c rules.json --record calls.jsonl -- npm install
          sandgate run --isolate pid,ipc --net none --memory 512M --timeout 5m -- ./build.sh
        """;

    /// <summary>The verb with its options.</summary>
    /// <param name="program">What stands after "--"; null when there is no "--".</param>
    /// <param name="details">True when this verb's own help may be asked for.</param>
    public static Command Create(string[]? program, bool details)
    {
        Option<string[]> config = Shared.Config(), profile = Shared.Profile(details), inline = Shared.Inline();
        Option<string?> record = new("--record") { Description = "Write down every decided call, processes and connections: .db is an SQLite database that sessions are added to, .jsonl one JSON object a line.", HelpName = "FILE.db" };
        RecordOptions recording = new();
        Option<string?> trace = new("--trace")
        {
            Description = "Print calls as they happen: all families, or the ones named.",
            HelpName = "open,exec,…",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string?> trap = new("--trap") { Description = "Stop these calls too, so that rules on them can be added while the program runs.", HelpName = "open,connect,…" };
        Option<bool> ask = new("--ask") { Description = "Put the questions of \"ask\" rules on the terminal; where nobody can be asked, their answer is no." };
        Option<int[]> keep = new("--keep-fd") { Description = "Let the program inherit this descriptor, besides 0, 1 and 2.", HelpName = "N", CustomParser = Descriptors };
        Option<bool> strict = new("--strict") { Description = "Run nothing if a hostile thread could get round a rule (label \"racy\"), or if something asked for can only be had by a substitute." };
        ConfineOptions confine = new();
        Option<bool> summary = new("--summary") { Description = "Say at the end what was used: time, processors, memory, processes, disk. With limits that is said anyway." };
        Option<int?> status = new("--status-fd") { Description = "Write start and end of the run to this descriptor, as JSON lines; the program doesn't inherit it.", HelpName = "N" };
        Option<bool> channel = new("--channel") { Description = "Give the program a descriptor ($SANDGATE_FD) over which it can ask whether a call would be allowed, and have something recorded." };
        SteerOptions steer = new();
        Option<bool> quiet = new("--quiet", "-q") { Description = "Don't print denials." };
        Option<bool> plan = new("--print-plan") { Description = "Print what the child would do to itself, and run nothing." };
        Command run = new("run", details ? Description : Summary) { config, profile, inline, ask, trap, strict, quiet, trace, record, summary, status };
        foreach (Option option in (IEnumerable<Option>)[.. recording.All, .. confine.All, .. steer.All, keep, channel, plan])
            run.Add(option);
        run.SetAction(parsed =>
        {
            RunOptions options = new(
                program ?? [], new(parsed.GetValue(profile) ?? [], parsed.GetValue(config) ?? [], parsed.GetValue(inline) ?? [], parsed.GetValue(strict)),
                parsed.GetValue(ask), parsed.GetValue(trap), parsed.GetValue(record), parsed.GetResult(trace) is null ? null : parsed.GetValue(trace) ?? "", parsed.GetValue(keep) ?? [], parsed.GetValue(quiet), parsed.GetValue(plan))
            {
                Asked = confine.Read(parsed, parsed.GetValue(strict)),
                Recording = recording.Read(parsed),
                Summary = parsed.GetValue(summary),
                StatusDescriptor = parsed.GetValue(status),
                Channel = parsed.GetValue(channel),
                Steer = sources => steer.Read(parsed, sources),
            };
            return Run(options);
        });
        return run;
    }

    private static int[] Descriptors(ArgumentResult given)
    {
        List<int> descriptors = [];
        foreach (Token token in given.Tokens)
        {
            if (int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor))
                descriptors.Add(descriptor);
            else
                given.AddError($"'{token.Value}' is no descriptor number");
        }

        return [.. descriptors];
    }

    private sealed record RunOptions(
        string[] Command, RuleSources Sources, bool Ask, string? Trap, string? Record, string? Trace, int[] Keep, bool Quiet, bool PrintPlan)
    {
        /// <summary>What the command line asks for beyond the files.</summary>
        public Confinement Asked { get; init; } = Confinement.None;

        /// <summary>How the record is written.</summary>
        public (RecordSize Size, Pressure Pressure) Recording { get; init; }

        /// <summary>True when what was used is said at the end.</summary>
        public bool Summary { get; init; }

        /// <summary>The descriptor for events of the run.</summary>
        public int? StatusDescriptor { get; init; }

        /// <summary>True when the program gets a channel.</summary>
        public bool Channel { get; init; }

        /// <summary>How the run can be steered; null when it can't.</summary>
        public Func<RuleSources, SteerRequest?> Steer { get; init; } = _ => null;
    }

    private static int Run(RunOptions options)
    {
        if (options.Command.Length == 0)
        {
            Messages.Say("no program given; write it after '--': sandgate run -- ls -l");
            return ExitStatus.SetUpFailed;
        }

        try
        {
            RuleSources sources = RuleLoader.WithDefault(options.Sources);
            if (sources != options.Sources)
                Messages.Say($"using the rules in {RuleLoader.DefaultFile}");
            LoadedRules rules = RuleLoader.Load(sources);
            RunRequest request = RequestFor(options, sources, rules);
            (int status, Action? last) = RunRecorded(options, request);
            last?.Invoke();
            return status;
        }
        catch (ConfigException bad)
        {
            foreach (Problem problem in bad.Problems)
                Messages.Say(problem.ToString());
            Messages.Say("nothing was run");
        }
        catch (Exception refused) when (refused is SandboxException or IOException or UnauthorizedAccessException)
        {
            Messages.Say(refused.Message);
            if (refused is not SandboxException)
                Messages.Say("nothing was run");
        }

        return ExitStatus.SetUpFailed;
    }

    private static RunRequest RequestFor(RunOptions options, RuleSources sources, LoadedRules rules)
    {
        RuleReloader.RefuseWhatFailsItself(rules.Rules);
        foreach (FloorRule lifted in rules.Rules.LiftedFloor)
        {
            // -q is about denials: that the sandbox is weaker than it could be is said always.
            Messages.Say($"the floor is lifted: {Floor.NameOf(lifted)}");
        }

        HashSet<string> watched = options.Trace is null ? [] : TraceSelection.Parse("--trace", options.Trace);
        HashSet<string> expected = options.Trap is null ? [] : TraceSelection.Parse("--trap", options.Trap);
        expected.UnionWith([.. Floor.CallsThatGiveNames(expected)]);
        AnswerKeeper keeper = new(sources);
        SteerRequest? steer = options.PrintPlan ? null : options.Steer(sources);
        string session = steer?.Session ?? SessionHeader.NewName();
        return new RunRequest(
            options.Command, rules.Rules, rules.Files, watched, options.Keep,
            options.Ask ? Platform.TerminalAsker(keeper.Keep) : null,
            sources.Configs.Count == 0 ? null : new RuleReloader(sources, rules.Files).ReadIfChanged)
        {
            Expected = expected,
            Confinement = new(rules.Rules.Isolation.Then(options.Asked.Isolation), rules.Rules.Limits.Then(options.Asked.Limits), options.Asked.Demand),
            Summary = options.Summary,
            StatusDescriptor = options.StatusDescriptor,
            Channel = options.Channel || rules.Rules.Channel,
            Session = session,
            Steer = steer,
            Start = () => SessionHeader.Of(session, rules.Rules),
        };
    }

    private static (int Status, Action? Last) RunRecorded(RunOptions options, RunRequest request)
    {
        using Recorder recorder = new(Sinks(options, request.Steer), failure => Messages.Say("recording has stopped: " + failure.Message), options.Recording.Pressure);
        if (options.Record is { } file)
            request = request with { OwnFiles = RecordFile.NamesOf(file, options.Recording.Size) };
        if (!options.PrintPlan)
            return Platform.Run(request, recorder);
        Console.Out.Write(Platform.PlanOf(request, recorder));
        return (0, null);
    }

    private static List<IEventSink> Sinks(RunOptions options, SteerRequest? steer)
    {
        List<IEventSink> sinks = [];
        bool colour = Platform.WantsColour;
        if (options.Trace is not null)
            sinks.Add(new TerminalLines(all: true, colour));
        else if (!options.Quiet)
            sinks.Add(new TerminalLines(all: false, colour));
        if (options.Record is { } file)
            sinks.Add(RecordFile.Create(file, options.Recording.Size));
        if (steer is not null)
            sinks.Add(steer.Feed);
        return sinks;
    }
}
