using Sandgate.Core.Decide;

namespace Sandgate.Core.Record;

/// <summary>One decided call, as it is written down. It holds text only: the program has gone on since.</summary>
public sealed record CallEvent
{
    /// <summary>When the call was decided.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The process that made it.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The thread that made it.</summary>
    public required int ThreadId { get; init; }

    /// <summary>The thread's own name for itself; "" when it was gone.</summary>
    public required string Name { get; init; }

    /// <summary>The kernel's name of the call.</summary>
    public required string Syscall { get; init; }

    /// <summary>The deciding view's text with paths as given.</summary>
    public required string Text { get; init; }

    /// <summary>The same with the real files; null when it says nothing new.</summary>
    public string? Resolved { get; init; }

    /// <summary>The verdict.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>How binding the verdict is.</summary>
    public required Binding Binding { get; init; }

    /// <summary>What became of the call.</summary>
    public required Trap.Outcome Outcome { get; init; }
}
