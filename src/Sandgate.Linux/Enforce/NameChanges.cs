namespace Sandgate.Linux.Enforce;

/// <summary>
/// Counts what the supervisor renames, links and mounts for the program. A verdict on a name holds as long as no directory above it
/// moved since, and one on all names below a directory as long as none was added there; so such calls are carried out one after the other.
/// </summary>
internal sealed class NameChanges
{
    private readonly Lock _lock = new();
    private long _trees, _names;

    /// <summary>How far names have changed at a moment.</summary>
    /// <param name="Trees">Directories that moved, and mounts.</param>
    /// <param name="Names">All names that were given.</param>
    public readonly record struct Moment(long Trees, long Names);

    /// <summary>This moment.</summary>
    public Moment Now => new(Interlocked.Read(ref _trees), Interlocked.Read(ref _names));

    /// <summary>Does something to names unless what was judged may have changed; null then.</summary>
    /// <param name="judged">When it was judged.</param>
    /// <param name="tree">True when the names of a whole directory change.</param>
    /// <param name="isSame">A last look at what was judged.</param>
    /// <param name="change">Does it; the result of the system call.</param>
    public long? Make(Moment judged, bool tree, Func<bool> isSame, Func<long> change)
    {
        lock (_lock)
        {
            Moment now = Now;
            if (now.Trees != judged.Trees || (tree && now.Names != judged.Names) || !isSame())
                return null;
            try
            {
                return change();
            }
            finally
            {
                Interlocked.Increment(ref _names);
                if (tree)
                    Interlocked.Increment(ref _trees);
            }
        }
    }
}
