using System.Text;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Core.Learn;
using Sandgate.Core.Record;
using Sandgate.Linux;
using Sandgate.Store;

namespace Sandgate.Cli.Learning;

/// <summary>The steps of <c>sandgate learn</c>: watch, learn, write, try.</summary>
internal static class LearnSteps
{
    // No such name exists: the rule is there so that names are listened to, and recorded with addresses.
    private const string ListenForNames = "connect when domain == 'name.invalid' = log";

    /// <summary>Does all of it.</summary>
    /// <exception cref="IOException">A file can't be read or written; the message says which.</exception>
    /// <exception cref="ConfigException">The old configuration doesn't load.</exception>
    /// <exception cref="SandboxException">The sandbox could not be set up.</exception>
    public static LearnOutcome Take(LearnJob job)
    {
        IReadOnlyList<Operation>? families = job.Families is null ? null : Parse(job.Families);
        Policy? old = job.Diff is not null || (job.Merge && File.Exists(job.Output)) ? PolicyOf(job.Diff ?? job.Output!) : null;
        if (job.Output is { } output && File.Exists(output) && !job.Force && !job.Merge)
            throw new IOException($"{output} exists; --merge adds to it, --force writes over it");
        Surroundings surroundings = Around();
        Observations seen = new(surroundings.Start);
        foreach (string record in job.From)
            Read(record, seen);
        int? status = null;
        Action? last = null;
        if (job.Command.Length > 0)
            (status, last) = Watch(job, families ?? LearntFamilies.Default, seen);
        if (seen.Runs == 0 || status is ExitStatus.SetUpFailed or 126 or 127 && seen.Calls == 0)
            return new(Nothing(surroundings), seen, status) { Last = last };

        HashSet<Operation> known = [.. seen.Watched, .. seen.Seen];
        Operation[] restricted = [.. families ?? LearntFamilies.Default.Where(known.Contains)];
        Func<Observation, bool>? isKnown = old is null ? null : o => old.Decide(o.ToCall()).Allowed;
        LearntPolicy learnt = Learner.Learn(seen, surroundings, new(new HashSet<Operation>(restricted), job.AllowSecrets, job.PerProgram), isKnown);
        LearnOutcome outcome = new(learnt, seen, status) { Last = last, NotRecorded = [.. (families ?? LearntFamilies.Default).Except(known)] };
        Observation[] asked = [.. seen.All.Where(o => learnt.Families.Contains(o.View.Operation))];
        if (job.Diff is not null)
            return outcome with { Refused = [.. Rehearsal.Refused(old!, asked)] };
        Write(job, learnt, seen, isMerge: old is not null);
        return outcome with { Refused = [.. Rehearsal.Refused(PolicyOf(job.Output!), asked.Where(o => job.AllowSecrets || !surroundings.IsSecret(o)))] };
    }

    private static LearntPolicy Nothing(Surroundings surroundings) => Learner.Learn(new(surroundings.Start), surroundings, new(new HashSet<Operation>()));

    private static List<Operation> Parse(string text)
    {
        string[] names = [.. LearntFamilies.Names(LearntFamilies.All)];
        List<Operation> families = [];
        foreach (string name in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!names.Contains(name))
                throw new IOException($"--families: there is no family '{name}'; {Suggestion.For(name, names) ?? "families are " + string.Join(", ", names)}");
            families.Add(Operations.Find(name)!.Operation);
        }

        return families.Count > 0 ? families : throw new IOException("--families: names at least one family");
    }

    private static Surroundings Around()
    {
        RuleSet secrets = ConfigReader.ReadAll([Profiles.Read("no-secrets")], [], RuleLoader.NewContext());
        string? home = Platform.Home is ['/', _, ..] given ? Platform.RealPathOf(given) ?? given : null;
        string[] temporary = Environment.GetEnvironmentVariable("TMPDIR") is ['/', _, ..] directory && Platform.RealPathOf(directory) is { } real ? [real] : [];
        return new(Platform.RealPathOf(Platform.CurrentDirectory) ?? Platform.CurrentDirectory, home, temporary, secrets);
    }

    private static Policy PolicyOf(string file)
    {
        LoadedRules loaded = RuleLoader.Load(new([], [file], []));
        return new(loaded.Rules, Floor.Above(loaded.Rules, Environment.ProcessId, loaded.Files));
    }

    private static void Read(string record, Observations seen)
    {
        try
        {
            using IRecording recording = Recordings.Open(record);
            foreach (RecordedEvent recorded in recording.Events())
                seen.Add(recorded);
        }
        catch (FormatException bad)
        {
            throw new IOException($"{record}: {bad.Message}", bad);
        }
        catch (FileNotFoundException)
        {
            throw new IOException($"{record}: there is no such file");
        }
    }

    // Everything is allowed but what the floor refuses; the rules say what is to be stopped, and the record then tells what was.
    private static (int Status, Action? Last) Watch(LearnJob job, IReadOnlyList<Operation> families, Observations seen)
    {
        List<string> rules = [.. LearntFamilies.Names(families).Select(f => $"{f} * = log")];
        if (families.Contains(Operation.Connect))
            rules.Add(ListenForNames);
        LoadedRules loaded = RuleLoader.Load(new([], [], rules));
        string session = SessionHeader.NewName();
        RunRequest request = new(job.Command, loaded.Rules, loaded.Files, new HashSet<string>(), [], null, null)
        {
            Session = session,
            Start = () => SessionHeader.Of(session, loaded.Rules),
            OwnFiles = job.Record is { } own ? RecordFile.NamesOf(own, default) : [],
        };
        List<IEventSink> sinks = [new TerminalLines(all: false, Platform.WantsColour, logged: false), new ObservationSink(seen)];
        if (job.Record is { } file)
            sinks.Add(RecordFile.Create(file, default));
        using Recorder recorder = new(sinks, failure => Messages.Say("recording has stopped: " + failure.Message));
        return Platform.Run(request, recorder);
    }

    private static void Write(LearnJob job, LearntPolicy learnt, Observations seen, bool isMerge)
    {
        string output = job.Output!;
        byte[] bytes;
        if (isMerge)
        {
            if (learnt.Rules.IsEmpty && learnt.Secrets.IsEmpty)
                return;
            try
            {
                bytes = LearntMerge.Add(RuleFile.Read(output, output), LearntConfig.WriteRules(learnt));
            }
            catch (FormatException bad)
            {
                throw new IOException($"{output}: {bad.Message}", bad);
            }
        }
        else
            bytes = Encoding.UTF8.GetBytes(LearntConfig.Write(learnt, seen, SessionHeader.Version));

        if (File.Exists(output))
            RuleFile.Replace(output, bytes);
        else
            Create(output, bytes);
    }

    private static void Create(string output, byte[] bytes)
    {
        try
        {
            File.WriteAllBytes(output, bytes);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{output}: can't be written: {failure.Message}", failure);
        }
    }
}
