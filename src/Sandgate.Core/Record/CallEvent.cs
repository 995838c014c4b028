using Sandgate.Core.Decide;

namespace Sandgate.Core.Record;

/// <summary>One decided call.</summary>
public sealed record CallEvent : RecordedEvent
{
    /// <summary>Who made it.</summary>
    public required Caller Caller { get; init; }

    /// <summary>The thread that made it.</summary>
    public required int ThreadId { get; init; }

    /// <summary>The kernel's name of the call.</summary>
    public required string Syscall { get; init; }

    /// <summary>The deciding view's text with paths as given.</summary>
    public required string Text { get; init; }

    /// <summary>The same with the real files; null when it says nothing new.</summary>
    public string? Resolved { get; init; }

    /// <summary>Everything that the call asks for, with its arguments; empty unless a sink wants details (<see cref="IEventSink.WantsDetails"/>).</summary>
    public IReadOnlyList<CallView> Views { get; init; } = [];

    /// <summary>What rules looked at beyond the arguments and the caller: hash, registers, domains; null when nothing was.</summary>
    public CallFacts? Facts { get; init; }

    /// <summary>The verdict. Read from a record, it has no rule; <see cref="Rule"/> says which it was.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>The deciding rule as messages name it; null when there was none.</summary>
    public string? Rule { get; init; }

    /// <summary>Where the deciding rule is written; null when that is nowhere.</summary>
    public string? RulePlace { get; init; }

    /// <summary>How binding the verdict is.</summary>
    public required Binding Binding { get; init; }

    /// <summary>What became of the call.</summary>
    public required Trap.Outcome Outcome { get; init; }

    /// <summary>How long it took to read and judge the call; zero unless a sink wants details.</summary>
    public TimeSpan Cost { get; init; }

    /// <summary>How long the thread was held, from the stop's arrival to its answer; zero unless a sink wants details.</summary>
    public TimeSpan Held { get; init; }
}
