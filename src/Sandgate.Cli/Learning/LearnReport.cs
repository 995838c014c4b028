using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandgate.Core.Decode;
using Sandgate.Core.Learn;

namespace Sandgate.Cli.Learning;

/// <summary>Says what was learnt. While a program runs, standard output is its own, so afterwards everything goes to standard error.</summary>
internal static class LearnReport
{
    private const int MostShown = 10;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true };

    /// <summary>The summary, for people.</summary>
    public static void Say(LearnJob job, LearnOutcome outcome)
    {
        LearntPolicy learnt = outcome.Learnt;
        if (job.Diff is { } old)
            Compare(old, outcome);
        else
            Messages.Say($"{job.Output}: {(job.Merge ? "added " : "")}{LearntConfig.Amount(learnt.Rules.Length + (learnt.AllowsSecrets ? learnt.Secrets.Length : 0), "rule")} from {LearntConfig.Amount(outcome.Seen.Calls, "call")}");
        if (learnt.SecretNames.Length > 0)
        {
            string names = string.Join(", ", learnt.SecretNames.Take(MostShown).Select(n => CallText.Printable(n))) + (learnt.SecretNames.Length > MostShown ? " …" : "");
            Messages.Say(learnt.AllowsSecrets
                ? $"{LearntConfig.Amount(learnt.SecretNames.Length, "place")} that look like secrets are allowed: {names}"
                : $"{LearntConfig.Amount(learnt.SecretNames.Length, "place")} look{(learnt.SecretNames.Length == 1 ? "s" : "")} like secrets and {(learnt.SecretNames.Length == 1 ? "is" : "are")} NOT allowed: {names}; --allow-secrets allows what was used");
        }

        if (outcome.NotRecorded.Count > 0 && job.Command.Length == 0)
            Messages.Say($"the records don't tell of {string.Join(", ", LearntFamilies.Names(outcome.NotRecorded))}: these are not restricted");
        if (outcome.Seen.Refused > 0)
            Messages.Say($"{LearntConfig.Amount(outcome.Seen.Refused, "call")} had been refused; nothing was learnt from {(outcome.Seen.Refused == 1 ? "it" : "them")}");
        if (learnt.Untold > 0)
            Messages.Say($"of {LearntConfig.Amount(learnt.Untold, "call")} it could not be told which file was meant; no rule allows {(learnt.Untold == 1 ? "it" : "them")}");
        if (job.Diff is null && outcome.Refused.Count > 0)
        {
            Messages.Say($"{LearntConfig.Amount(outcome.Refused.Count, "call")} would still be refused:");
            foreach (string line in Lines(outcome).Take(MostShown))
                Messages.Say("  " + line);
        }

        if (outcome.Status is > 0 and var status && job.Diff is null)
            Messages.Say($"the program ended with status {status}: what it needs when it succeeds may be missing");
    }

    private static void Compare(string old, LearnOutcome outcome)
    {
        Messages.Say($"{old}: would refuse {LearntConfig.Amount(outcome.Refused.Sum(r => r.Seen.Count), "call")} of {outcome.Seen.Calls:N0}");
        foreach (string line in Lines(outcome).Take(100))
            Messages.Say("  " + line);
        if (outcome.Refused.Count == 0)
            return;
        Messages.Say("the rules that would have to be added:");
        Put(LearntConfig.WriteRules(outcome.Learnt), outcome);
    }

    private static IEnumerable<string> Lines(LearnOutcome outcome) => outcome.Refused.Select(r =>
        $"{Rehearsal.TextOf(r.Seen)}{(r.Seen.Count > 1 ? $" ({r.Seen.Count} times)" : "")}{(r.Verdict.Rule is { } rule ? $" by rule {rule}" : "")}");

    /// <summary>The summary, for programs.</summary>
    public static void Write(LearnJob job, LearnOutcome outcome)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, s_options))
        {
            LearntPolicy learnt = outcome.Learnt;
            json.WriteStartObject();
            json.WriteString("file", job.Output ?? job.Diff);
            json.WriteNumber("rules", learnt.Rules.Length);
            json.WriteNumber("calls", outcome.Seen.Calls);
            json.WriteNumber("runs", outcome.Seen.Runs);
            Texts(json, "families", LearntFamilies.Names(learnt.Families));
            Texts(json, "not_recorded", LearntFamilies.Names(outcome.NotRecorded));
            Texts(json, "secrets", learnt.SecretNames);
            json.WriteBoolean("secrets_allowed", learnt.AllowsSecrets);
            json.WriteNumber("untold", learnt.Untold);
            Texts(json, "refused", outcome.Refused.Select(r => Rehearsal.TextOf(r.Seen)));
            if (job.Diff is not null)
                json.WriteString("added", LearntConfig.WriteRules(learnt));
            if (outcome.Status is { } status)
                json.WriteNumber("status", status);
            json.WriteEndObject();
        }

        Put(Encoding.UTF8.GetString(buffer.ToArray()) + "\n", outcome);
    }

    private static void Put(string text, LearnOutcome outcome)
    {
        if (outcome.Status is not null)
        {
            Platform.WriteError(text);
            return;
        }

        using Stream output = Console.OpenStandardOutput();
        output.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
