using System.Collections.Immutable;

namespace Sandgate.Core.Confine;

/// <summary>Which files a program finds, and in which state; each entry is an absolute path and what lies below it.</summary>
public sealed record FileSystemView
{
    /// <summary>A directory that becomes the program's root (pivot_root(2)); null for the supervisor's own.</summary>
    public string? Root { get; init; }

    /// <summary>A directory that takes all that is written; the files themselves stay as they are. Null for none.</summary>
    public string? Overlay { get; init; }

    /// <summary>What can be read only.</summary>
    public ImmutableArray<string> ReadOnly { get; init; } = [];

    /// <summary>What is an empty directory or an empty file.</summary>
    public ImmutableArray<string> Hidden { get; init; } = [];

    /// <summary>What can be written although it lies below something that is read only.</summary>
    public ImmutableArray<string> Writable { get; init; } = [];

    /// <summary>True for an empty /tmp of its own, which goes with it; null when nobody said.</summary>
    public bool? PrivateTmp { get; init; }

    /// <summary>True when nothing is asked for.</summary>
    public bool IsEmpty => Root is null && Overlay is null && ReadOnly.IsEmpty && Hidden.IsEmpty && Writable.IsEmpty && PrivateTmp is not true;

    /// <summary>This view with a later one laid over it.</summary>
    public FileSystemView Then(FileSystemView later) => new()
    {
        Root = later.Root ?? Root,
        Overlay = later.Overlay ?? Overlay,
        ReadOnly = [.. ReadOnly.Union(later.ReadOnly)],
        Hidden = [.. Hidden.Union(later.Hidden)],
        Writable = [.. Writable.Union(later.Writable)],
        PrivateTmp = later.PrivateTmp ?? PrivateTmp,
    };
}
