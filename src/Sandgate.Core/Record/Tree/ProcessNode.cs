namespace Sandgate.Core.Record.Tree;

/// <summary>One process of a session, as far as its record tells.</summary>
public sealed class ProcessNode(int processId, DateTimeOffset firstSeen)
{
    /// <summary>Its id.</summary>
    public int ProcessId => processId;

    /// <summary>The process that started it, or took it over; 0 when it is not known.</summary>
    public int ParentId { get; internal set; }

    /// <summary>What it called itself last.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>The file that it ran last; null when it is not known.</summary>
    public string? Executable { get; internal set; }

    /// <summary>Its last arguments; null when they are not known.</summary>
    public string? CommandLine { get; internal set; }

    /// <summary>When it was started, or first did something.</summary>
    public DateTimeOffset Start { get; internal set; } = firstSeen;

    /// <summary>When it was last heard of.</summary>
    public DateTimeOffset Last { get; internal set; } = firstSeen;

    /// <summary>When it ended; null when the record doesn't say.</summary>
    public DateTimeOffset? End { get; internal set; }

    /// <summary>How it ended; null when the record doesn't say.</summary>
    public ProcessEnded? Ended { get; internal set; }

    /// <summary>How many calls of it were recorded.</summary>
    public long Calls { get; internal set; }

    /// <summary>How many of them were refused.</summary>
    public long Denials { get; internal set; }

    /// <summary>Processes that it started, in that order.</summary>
    public List<ProcessNode> Children { get; } = [];
}
