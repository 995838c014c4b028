namespace Sandgate.Core;

/// <summary>
/// A name that a call gives to something that has a name already: a rename, a hard link, a bind mount. What is
/// reached by the new name must not be freer than it was by the old one.
/// </summary>
/// <param name="Old">The real name that it has; null when it can't be told.</param>
/// <param name="New">The real name that it gets; null when it can't be told.</param>
public sealed record NewName(string? Old, string? New)
{
    /// <summary>True when it is a directory: everything below it gets another name, too.</summary>
    public bool IsTree { get; init; }

    /// <summary>True when names that will be made below the old one later appear below the new one, too: a mount, not a move.</summary>
    public bool StaysBoth { get; init; }

    /// <summary>
    /// Lists the names below a directory, relative to it, those of directories with a slash at the end; null when there are too many, or when
    /// it can't be listed. It waits for the file system.
    /// </summary>
    public Func<IReadOnlyList<string>?>? Below { get; init; }

    /// <summary>Why no comparison could tell that this is harmless, in words that follow "because"; null when a comparison tells.</summary>
    public string? Refusal { get; init; }

    /// <summary>What the refused call fails with; 0 for the operation's own.</summary>
    public int Errno { get; init; }

    /// <summary>A way of giving names that is refused as such.</summary>
    public static NewName Refused(string why, int errno) => new(null, null) { Refusal = why, Errno = errno };
}
