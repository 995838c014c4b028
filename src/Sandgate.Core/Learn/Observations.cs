using System.Globalization;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Learn;

/// <summary>What one or several runs did, collected from their events.</summary>
public sealed class Observations
{
    private readonly Dictionary<string, Observation> _all = new(StringComparer.Ordinal);
    private readonly HashSet<string> _processes = new(StringComparer.Ordinal);
    private readonly HashSet<Operation> _watched = [], _seen = [];
    private readonly string _start;
    private string? _from;

    /// <summary>Begins with nothing.</summary>
    /// <param name="startDirectory">The directory that <c>./</c> will mean: what a run did below its own is taken as done here.</param>
    public Observations(string startDirectory) => _start = startDirectory;

    /// <summary>Each once.</summary>
    public IReadOnlyCollection<Observation> All => _all.Values;

    /// <summary>How many calls were seen.</summary>
    public long Calls { get; private set; }

    /// <summary>How many were refused when they were recorded; nothing is learnt from those.</summary>
    public long Refused { get; private set; }

    /// <summary>How many runs.</summary>
    public int Runs { get; private set; }

    /// <summary>The commands.</summary>
    public List<string> Commands { get; } = [];

    /// <summary>Numbers that were processes or threads.</summary>
    public IReadOnlySet<string> Processes => _processes;

    /// <summary>The families of which every call was stopped, as far as the records tell.</summary>
    public IReadOnlySet<Operation> Watched => _watched;

    /// <summary>Adds an event of a record, in its order.</summary>
    public void Add(RecordedEvent recorded)
    {
        switch (recorded)
        {
            case SessionStart start: Begin(start); break;
            case ProcessStarted started: Note(started.Caller.ProcessId); break;
            case CallEvent call: Add(call); break;
        }
    }

    // A rule "open * = log" says that every open is in the record.
    private void Begin(SessionStart start)
    {
        Runs++;
        _from = start.Directory is ['/', _, ..] directory && directory != _start ? directory : null;
        if (start.Command.Count > 0)
            Commands.Add(string.Join(' ', start.Command));
        HashSet<Operation> watched = [];
        foreach ((string rule, _) in start.Labels)
        {
            if (rule.Split(' ') is [var family, "*", "=", "log"] && Operations.Find(family) is { } info)
                watched.Add(info.Operation);
        }

        if (Runs == 1)
            _watched.UnionWith(watched);
        else
            _watched.IntersectWith(watched);
    }

    private void Note(int process) => _processes.Add(process.ToString(CultureInfo.InvariantCulture));

    private void Add(CallEvent call)
    {
        Note(call.ThreadId);
        Note(call.Caller.ProcessId);
        if (call.Views.Count == 0)
            return;
        Calls++;
        if (!call.Verdict.Allowed)
        {
            Refused++;
            return;
        }

        foreach (CallView view in call.Views)
        {
            if (view.Operation != Operation.Syscall && !(call.Outcome == Outcome.Failed && view.Arguments.Any(a => a.Resolved is null)))
                Add(view, call);
        }
    }

    private void Add(CallView view, CallEvent call)
    {
        _seen.Add(view.Operation);
        Observation made = new()
        {
            View = Moved(view),
            Syscall = call.Syscall,
            Program = call.Caller.Executable,
            Domains = LearntFamilies.IsOnAddress(view.Operation) ? call.Facts?.Domains ?? [] : [],
        };
        if (_all.TryGetValue(made.Key, out Observation? known))
            known.Count++;
        else
            _all.Add(made.Key, made);
    }

    /// <summary>The families that are in the records at all.</summary>
    public IReadOnlySet<Operation> Seen => _seen;

    private CallView Moved(CallView view) => _from is null ? view : view with { Arguments = [.. view.Arguments.Select(Moved)] };

    private Argument Moved(Argument argument) => argument.Kind switch
    {
        ArgumentKind.Path when argument.Given is { } given => Argument.FromPath(Moved(given), argument.Resolved is { } real ? Moved(real) : null, argument.Entry is { } entry ? Moved(entry) : null),
        ArgumentKind.Descriptor => Argument.FromDescriptor(Moved(argument.Given!)),
        ArgumentKind.Text when argument.Given is ['/', ..] text => Argument.FromText(Moved(text)),
        _ => argument,
    };

    private string Moved(string path)
    {
        const string Socket = "unix:";
        if (path.StartsWith(Socket + '/', StringComparison.Ordinal))
            return Socket + Moved(path[Socket.Length..]);
        return path == _from ? _start : path.StartsWith(_from + "/", StringComparison.Ordinal) ? _start.TrimEnd('/') + path[_from!.Length..] : path;
    }
}
