namespace Sandgate.Core;

/// <summary>
/// What is known of a call beyond its arguments. Only what the rules need is read: null is a fact
/// that was not or could not be read, "" or an empty list one that the call does not have.
/// </summary>
public sealed record CallFacts
{
    /// <summary>The process's id.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The process's effective user id.</summary>
    public uint? UserId { get; init; }

    /// <summary>The thread's name for itself.</summary>
    public string? Name { get; init; }

    /// <summary>The file that the process runs.</summary>
    public string? Executable { get; init; }

    /// <summary>The file that the process's parent runs.</summary>
    public string? ParentExecutable { get; init; }

    /// <summary>The process's arguments, with spaces between.</summary>
    public string? CommandLine { get; init; }

    /// <summary>The process's working directory.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The SHA-256 of the file that is opened or executed, in lower-case hexadecimal.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Whether this is the execve by which Sandgate starts the command.</summary>
    public bool? IsLaunch { get; init; }

    /// <summary>The argument registers.</summary>
    public IReadOnlyList<ulong>? Registers { get; init; }

    /// <summary>Which register holds the descriptor that the call uses; -1 when none does.</summary>
    public int DescriptorRegister { get; init; } = -1;

    /// <summary>
    /// The names that the address of the call's main view is known by, lower-case and without a dot at the end;
    /// for bytes sent, also the server that they name.
    /// </summary>
    public IReadOnlyList<string>? Domains { get; init; }

    /// <summary>What was decided about the call, when it is one out of a record; null while it is being judged.</summary>
    public Record.CallEvent? Recorded { get; init; }
}
