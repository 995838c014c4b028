using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Record.Tree;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Record.Report;

/// <summary>What happened in one session, put together from its events in bounded room (but for the list of processes).</summary>
public sealed class SessionReport
{
    private const int MostSteering = 100, MostDrawn = 400, Bins = 512;

    /// <summary>The beginning; null when the record has none.</summary>
    public SessionStart? Start { get; private set; }

    /// <summary>The end; null when the record was cut short.</summary>
    public SessionEnded? End { get; private set; }

    /// <summary>When the first thing happened.</summary>
    public DateTimeOffset First { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>When the last thing happened.</summary>
    public DateTimeOffset Last { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>How long it took.</summary>
    public TimeSpan Duration => Last > First ? Last - First : TimeSpan.Zero;

    /// <summary>The processes.</summary>
    public ProcessTree Tree { get; } = new();

    /// <summary>How many calls there are, and how many of them were refused.</summary>
    public (long Calls, long Denied) Counts { get; private set; }

    /// <summary>How many verdicts there are of each label.</summary>
    public Ranking Labels { get; } = new();

    /// <summary>Calls by operation.</summary>
    public Ranking Operations { get; } = new();

    /// <summary>What it touched.</summary>
    public TouchedFiles Files { get; } = new();

    /// <summary>Programs that it executed.</summary>
    public Ranking Programs { get; } = new();

    /// <summary>Programs that it asked to execute, also such as do not exist: a search along PATH tries many.</summary>
    public Ranking Tried { get; } = new();

    /// <summary>Where it connected or sent to, with the names that are known.</summary>
    public Ranking Peers { get; } = new();

    /// <summary>What was refused, by rule.</summary>
    public Dictionary<string, DeniedBy> Denied { get; } = new(StringComparer.Ordinal);

    /// <summary>Questions: answered with yes, with no, and not at all.</summary>
    public (long Yes, long No, long Unanswered) Questions { get; private set; }

    /// <summary>How many events were dropped.</summary>
    public long Dropped { get; private set; }

    /// <summary>How many messages the program sent.</summary>
    public long Messages { get; private set; }

    /// <summary>What was done to the session from outside; the first hundred.</summary>
    public List<SessionSteered> Steering { get; } = [];

    /// <summary>When processes made calls, and which were refused; of the first 400 processes.</summary>
    public Dictionary<ProcessNode, (TimeBins Calls, TimeBins Denied)> Activity { get; } = [];

    /// <summary>Each session of a record.</summary>
    public static IReadOnlyList<SessionReport> Of(IEnumerable<RecordedEvent> events)
    {
        List<SessionReport> reports = [];
        foreach (RecordedEvent recorded in events)
        {
            if (reports.Count == 0 || recorded is SessionStart)
                reports.Add(new());
            reports[^1].Add(recorded);
        }

        return reports;
    }

    private void Add(RecordedEvent recorded)
    {
        First = recorded.Time < First ? recorded.Time : First;
        Last = recorded.Time > Last ? recorded.Time : Last;
        ProcessNode? process = Tree.Add(recorded);
        switch (recorded)
        {
            case SessionStart start: Start = start; break;
            case SessionEnded end: End = end; break;
            case CallEvent call: Add(call, process!); break;
            case EventsDropped dropped: Dropped += dropped.Count; break;
            case ProgramMessage: Messages++; break;
            case ProcessExecuted { Caller.Executable: { } program }: Programs.Add(program); break;
            case SessionSteered steered when Steering.Count < MostSteering: Steering.Add(steered); break;
        }
    }

    private void Add(CallEvent call, ProcessNode process)
    {
        Verdict verdict = call.Verdict;
        Counts = (Counts.Calls + 1, Counts.Denied + (verdict.Allowed ? 0 : 1));
        Labels.Add(EventWords.Of(call.Binding));
        Note(call, process);
        if (verdict.Reason == VerdictReason.Asked)
            Questions = verdict.Allowed ? Questions with { Yes = Questions.Yes + 1 } : Questions with { No = Questions.No + 1 };
        else if (verdict.Reason == VerdictReason.Unanswered)
            Questions = Questions with { Unanswered = Questions.Unanswered + 1 };
        if (!verdict.Allowed)
            Refused(call);
        if (call.Views.Count > 0)
            Operations.Add(call.Views[0].Name);
        if (!verdict.Allowed || call.Outcome is Outcome.Failed or Outcome.Vanished)
            return;
        foreach (CallView view in call.Views)
            Touch(call, view);
    }

    private void Touch(CallEvent call, CallView view)
    {
        if (view.Arguments is not [var first, ..])
            return;
        switch (view.Operation)
        {
            case Operation.Exec when ReferenceEquals(view, call.Views[0]) && (first.Resolved ?? first.Given) is { } program: Tried.Add(program); break;
            case Operation.Connect or Operation.Send when first.Given is { } peer:
                Peers.Add(call.Facts?.Domains is { Count: > 0 } names ? $"{peer} ({string.Join(", ", names)})" : peer);
                break;
            default: Files.Add(view); break;
        }
    }

    private void Refused(CallEvent call)
    {
        string by = call.Rule ?? (call.Verdict.Reason == VerdictReason.Default ? "by default" : EventWords.Of(call.Verdict.Reason));
        if (!Denied.TryGetValue(by, out DeniedBy? denied))
            Denied.Add(by, denied = new());
        denied.Add(call);
    }

    private void Note(CallEvent call, ProcessNode process)
    {
        if (!Activity.TryGetValue(process, out (TimeBins Calls, TimeBins Denied) activity))
        {
            if (Activity.Count >= MostDrawn)
                return;
            Activity.Add(process, activity = (new(Bins), new(Bins)));
        }

        (call.Verdict.Allowed ? activity.Calls : activity.Denied).Add(call.Time - First);
    }
}
