using System.CommandLine;
using Sandgate.Cli.Learning;
using Sandgate.Core.Decide.Language;
using Sandgate.Linux;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate learn</c>: the least configuration that lets a run pass.</summary>
internal static class LearnCommand
{
    private const int Wrong = 2;

    private const string Summary = "Runs a program, and writes the least rules that let the same run pass: sandgate learn -o FILE -- program arguments";

    private const string Description = $"""
        {Summary}

        Nothing is refused while it runs but by the floor. Afterwards everything that was not seen is refused, in the families that are
        restricted. Names that change from run to run are generalised. What looks like a secret is written down as a comment and not
        allowed. Read the file before you trust it: what a hostile program did while it was watched is allowed.

        The exit status is the program's own, as with run; without a program 0, with --diff 1 when something would be refused,
        and 2 when something went wrong. When a program ran, everything Sandgate says goes to standard error.

        Examples:
          sandgate learn -o config.json -- npm ci
          sandgate learn -o config.json --from monday.db --from tuesday.jsonl && sandgate check config.json
        """;

    /// <summary>The verb with its options.</summary>
    /// <param name="program">What stands after "--"; null when there is no "--".</param>
    /// <param name="details">True when this verb's own help may be asked for.</param>
    public static Command Create(string[]? program, bool details)
    {
        Option<string?> output = new("--output", "-o") { Description = "The configuration to write.", HelpName = "FILE" };
        Option<string[]> from = new("--from") { Description = "Learn from a record of an earlier run, too, or instead; can be repeated.", HelpName = "RECORD" };
        Option<bool> merge = new("--merge") { Description = "Add what the file doesn't allow yet; nothing else in it changes." };
        Option<bool> force = new("--force") { Description = "Write over a file that exists." };
        Option<string?> diff = new("--diff") { Description = "Write nothing: say what this configuration would refuse, and which rules are missing.", HelpName = "FILE" };
        Option<string?> families = new("--families") { Description = "Restrict these families instead of those that protect most for what they cost.", HelpName = "open,exec,…" };
        Option<bool> secrets = new("--allow-secrets") { Description = "Allow what looks like a secret, if it was used." };
        Option<bool> perProgram = new("--per-program") { Description = "Allow each program of the tree only what it did itself." };
        Option<string?> record = new("--record") { Description = "Record the run, too, as run --record does.", HelpName = "FILE.db" };
        Option<string> format = Shared.Format();
        Command learn = new("learn", details ? Description : Summary) { output, from, merge, force, diff, families, secrets, perProgram, record, format };
        learn.SetAction(parsed => Run(new()
        {
            Command = program ?? [],
            From = parsed.GetValue(from) ?? [],
            Output = parsed.GetValue(output),
            Diff = parsed.GetValue(diff),
            Force = parsed.GetValue(force),
            Merge = parsed.GetValue(merge),
            Families = parsed.GetValue(families),
            AllowSecrets = parsed.GetValue(secrets),
            PerProgram = parsed.GetValue(perProgram),
            Record = parsed.GetValue(record),
            Json = parsed.GetValue(format) == "json",
        }));
        return learn;
    }

    private static int Run(LearnJob job)
    {
        int failed = job.Command.Length > 0 ? ExitStatus.SetUpFailed : Wrong;
        string? misuse = (job.Output is null) == (job.Diff is null) ? "say where the rules go with -o FILE, or what to compare with by --diff FILE"
            : job.Command.Length == 0 && job.From.Length == 0 ? "no program given; write it after '--', or name records with --from: sandgate learn -o config.json -- ls -l"
            : job.Merge && job.Force ? "--merge and --force together make no sense"
            : job.Record is not null && job.Command.Length == 0 ? "--record records a run, and no program is given"
            : null;
        if (misuse is not null)
        {
            Messages.Say(misuse);
            return failed;
        }

        try
        {
            LearnOutcome outcome = LearnSteps.Take(job);
            if (outcome.Seen.Calls == 0)
                Messages.Say("nothing was observed, so nothing was learnt and nothing was written");
            else if (job.Json)
                LearnReport.Write(job, outcome);
            else
                LearnReport.Say(job, outcome);
            outcome.Last?.Invoke();
            return outcome.Status ?? (outcome.Seen.Calls == 0 ? Wrong : job.Diff is not null && outcome.Refused.Count > 0 ? 1 : 0);
        }
        catch (ConfigException bad)
        {
            foreach (Problem problem in bad.Problems)
                Messages.Say(problem.ToString());
        }
        catch (Exception refused) when (refused is SandboxException or IOException or UnauthorizedAccessException)
        {
            Messages.Say(refused.Message);
        }

        return failed;
    }
}
