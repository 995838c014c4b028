namespace Sandgate.Core.Record;

/// <summary>
/// Who made a call, as it is written down. What no rule looked at may be as old as fifty milliseconds: to read it anew for every
/// call would cost more than the call. Null is what could not be read, or what nobody wanted to know.
/// </summary>
public sealed record Caller
{
    /// <summary>The process.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The thread's own name for itself; "" when it was gone.</summary>
    public required string Name { get; init; }

    /// <summary>The process that started it, or that took it over; 0 when it is not known.</summary>
    public int ParentId { get; init; }

    /// <summary>The effective user id.</summary>
    public uint? UserId { get; init; }

    /// <summary>The file that the process runs.</summary>
    public string? Executable { get; init; }

    /// <summary>The file that its parent runs.</summary>
    public string? ParentExecutable { get; init; }

    /// <summary>Its arguments, with spaces between.</summary>
    public string? CommandLine { get; init; }

    /// <summary>Its working directory.</summary>
    public string? WorkingDirectory { get; init; }
}
