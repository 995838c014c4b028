using System.Collections.Immutable;
using System.Collections.ObjectModel;
using Sandgate.Core.Decide;

namespace Sandgate.Core.Confine;

/// <summary>Where machine code may come from.</summary>
public sealed record CodeLoading
{
    /// <summary>True when no memory may be writable and executable, or become executable after it was writable.</summary>
    public bool? WriteXorExecute { get; init; }

    /// <summary>Globs of the files that may be mapped as code; null when all may.</summary>
    public ImmutableArray<string>? OnlyFrom { get; init; }

    /// <summary>Real paths of files and the SHA-256 (lower case hexadecimal) that each must have to be mapped as code.</summary>
    public IReadOnlyDictionary<string, string> Hashes { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Where files were listed, which a program with several threads can get round; null when none were.</summary>
    public SourcePlace? FilesAt { get; init; }

    /// <summary>True when nothing is restricted.</summary>
    public bool IsEmpty => WriteXorExecute is not true && OnlyFrom is null && Hashes.Count == 0;

    /// <summary>True when memory that can be written can't become code: files say nothing where memory may.</summary>
    public bool KeepsWritableFromRunning => !IsEmpty;

    /// <summary>This with something later laid over it.</summary>
    public CodeLoading Then(CodeLoading later) => new()
    {
        WriteXorExecute = later.WriteXorExecute ?? WriteXorExecute,
        OnlyFrom = later.OnlyFrom ?? OnlyFrom,
        Hashes = Merge(Hashes, later.Hashes),
        FilesAt = later.FilesAt ?? FilesAt,
    };

    private static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> first, IReadOnlyDictionary<string, string> later)
    {
        if (first.Count == 0 || later.Count == 0)
            return first.Count == 0 ? later : first;
        Dictionary<string, string> merged = new(first, StringComparer.Ordinal);
        foreach ((string file, string hash) in later)
            merged[file] = hash;
        return merged;
    }
}
