using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>How a resolution ended.</summary>
internal enum Resolution : byte
{
    /// <summary>The path's meaning is known.</summary>
    Done,

    /// <summary>Only a thread that may wait can tell.</summary>
    WouldBlock,

    /// <summary>The kernel can only fail a call on this path.</summary>
    Impossible,
}

/// <summary>
/// Finds the real file that a path of the program means: relative to its directory descriptors,
/// working directory and root, through symbolic links, with /proc/self as the program sees it. Not
/// to be shared between threads.
/// </summary>
/// <remarks>
/// Three ways, the fastest that holds: a path without symbolic links means itself; one with
/// ordinary links is followed by the kernel in one go; /proc's own links, dangling links and foreign
/// roots are walked by hand (<see cref="PathWalk"/>).
/// </remarks>
internal sealed class PathResolver(TargetRoots roots)
{
    private const int ENOENT = 2, EBADF = 9, EAGAIN = 11, EACCES = 13, ENOTDIR = 20, EINVAL = 22, ENAMETOOLONG = 36, ELOOP = 40;

    private static readonly byte[] s_self = System.Text.Encoding.ASCII.GetBytes($"/proc/{Environment.ProcessId}");
    private static bool s_cacheKnown = true;

    private readonly byte[] _absolute = new byte[2 * Files.PathMax + 2];
    private readonly byte[] _scratch = new byte[2 * Files.PathMax + 2];

    /// <summary>The real file; set when the resolution is done.</summary>
    public string? Resolved { get; private set; }

    /// <summary>The real directory plus the last name, when the last name is a followed link; else null.</summary>
    public string? Entry { get; private set; }

    /// <summary>What the kernel fails with when the resolution is <see cref="Resolution.Impossible"/>.</summary>
    public int Errno { get; private set; }

    /// <summary>Resolves a path.</summary>
    /// <param name="threadId">The thread that passed it.</param>
    /// <param name="directory">The descriptor it is relative to, or AT_FDCWD.</param>
    /// <param name="path">The path, not empty, with a NUL after its end.</param>
    /// <param name="given">The path's text.</param>
    /// <param name="followLast">Whether a link in the last place is followed.</param>
    /// <param name="mayBlock">Whether this thread may wait for a slow file system.</param>
    public Resolution Resolve(int threadId, int directory, ReadOnlySpan<byte> path, string given, bool followLast, bool mayBlock)
    {
        Resolved = Entry = null;
        Errno = 0;
        if (path[^1] == (byte)'/')
            followLast = true;
        int length = path[0] == (byte)'/' ? Copy(path) : Join(threadId, directory, path);
        if (length == -EBADF)
            return Fail(EBADF);
        if (roots.MayDiffer || length < 0)
            return Walk(threadId, directory, path, followLast, mayBlock);

        // Asked for as a directory, what isn't one needs no descriptor and no close: the walk is all that is wanted.
        int known = Open(_absolute, followLast, Files.RESOLVE_NO_SYMLINKS | Files.RESOLVE_NO_MAGICLINKS, mayBlock, Files.O_DIRECTORY);
        if (known >= 0)
            Files.Close(known);
        switch (known)
        {
            // No link was met up to where the kernel stopped, and nothing lies beyond: the name means itself.
            case >= 0 or -ENOENT or -ENOTDIR or -EACCES or -ENAMETOOLONG:
                ReadOnlySpan<byte> name = _absolute.AsSpan(0, PathText.Normalize(_absolute.AsSpan(0, length)));
                Resolved = name.SequenceEqual(path) ? given : Text(name);
                return Resolution.Done;
            case -EAGAIN when !mayBlock:
                return Resolution.WouldBlock;
            case -ELOOP when Follow(length, followLast, mayBlock) is { } outcome:
                return outcome;
            default:
                return Walk(threadId, directory, path, followLast, mayBlock);
        }
    }

    // The kernel follows ordinary links in one go; null when this needs the walk by hand.
    private Resolution? Follow(int length, bool followLast, bool mayBlock)
    {
        int found = Open(_absolute, followLast, Files.RESOLVE_NO_MAGICLINKS, mayBlock);
        if (found == -EAGAIN && !mayBlock)
            return Resolution.WouldBlock;
        if (found < 0)
            return null;
        Resolved = NameOf(found);
        Files.Close(found);
        if (Resolved is null || IsOwn(Resolved))
            return null;
        if (!followLast)
            return Resolution.Done;

        // If the last name is a link, the directory entry itself has a name of its own.
        (int directoryLength, Range name) = PathText.Split(_absolute.AsSpan(0, length));
        _absolute.AsSpan(0, directoryLength).CopyTo(_scratch);
        _scratch[directoryLength] = 0;
        int parent = Open(_scratch, followLast: true, Files.RESOLVE_NO_MAGICLINKS, mayBlock);
        if (parent == -EAGAIN && !mayBlock)
            return Resolution.WouldBlock;
        if (parent < 0)
            return null;
        string? real = NameOf(parent);
        Files.Close(parent);
        if (real is null || IsOwn(real))
            return null;
        string entry = (real == "/" ? "" : real) + "/" + Text(_absolute.AsSpan(name));
        Entry = entry == Resolved ? null : entry;
        return Resolution.Done;
    }

    private Resolution Walk(int threadId, int directory, ReadOnlySpan<byte> path, bool followLast, bool mayBlock)
    {
        if (!mayBlock)
            return Resolution.WouldBlock;
        using PathWalk walk = new(threadId, directory);
        int errno = walk.Go(path, followLast);
        if (errno != 0)
            return Fail(errno);
        Resolved = walk.Resolved;
        Entry = walk.Entry == Resolved ? null : walk.Entry;
        return Resolution.Done;
    }

    private Resolution Fail(int errno)
    {
        Errno = errno;
        return Resolution.Impossible;
    }

    private int Copy(ReadOnlySpan<byte> path)
    {
        path.CopyTo(_absolute);
        _absolute[path.Length] = 0;
        return path.Length;
    }

    // The directory's own name, then the path. Negative when the directory has no name that leads to it.
    private int Join(int threadId, int directory, ReadOnlySpan<byte> path)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        if (directory == Files.AT_FDCWD)
            new ProcPath(link).Add("/proc/"u8).Add(threadId).Add("/cwd"u8);
        else if (directory < 0)
            return -EBADF;
        else
            new ProcPath(link).Add("/proc/"u8).Add(threadId).Add("/fd/"u8).Add(directory);
        int count = Files.ReadLink(Files.AT_FDCWD, link, _absolute.AsSpan(0, Files.PathMax));
        if (count == -ENOENT)
            return -EBADF;
        if (count <= 0 || _absolute[0] != (byte)'/' || count + 1 + path.Length >= Files.PathMax
            || _absolute.AsSpan(0, count).EndsWith(" (deleted)"u8))
            return -ENOENT;
        _absolute[count] = (byte)'/';
        path.CopyTo(_absolute.AsSpan(count + 1));
        _absolute[count + 1 + path.Length] = 0;
        return count + 1 + path.Length;
    }

    private static int Open(byte[] path, bool followLast, int resolve, bool mayBlock, int more = 0)
    {
        int flags = Files.O_PATH | Files.O_CLOEXEC | (followLast ? 0 : Files.O_NOFOLLOW) | more;
        if (mayBlock)
            return Files.OpenAt2(Files.AT_FDCWD, path, flags, resolve, mayBlock: true);

        // Before 5.12 there is no way to ask without waiting; then a worker has to ask.
        if (!s_cacheKnown)
            return -EAGAIN;
        int result = Files.OpenAt2(Files.AT_FDCWD, path, flags, resolve | Files.RESOLVE_CACHED, mayBlock: false);
        s_cacheKnown = result != -EINVAL;
        return result == -EINVAL ? -EAGAIN : result;
    }

    private string? NameOf(int descriptor)
    {
        int count = Files.ReadDescriptorName(descriptor, _scratch);
        return count > 0 ? Text(_scratch.AsSpan(0, count)) : null;
    }

    // What /proc calls "self" here is the supervisor; the program means itself.
    private static bool IsOwn(string path) =>
        path.StartsWith("/proc/", StringComparison.Ordinal)
        && TargetText.ToBytes(path) is var bytes && bytes.AsSpan().StartsWith(s_self)
        && (bytes.Length == s_self.Length || bytes[s_self.Length] == (byte)'/');

    private static string Text(ReadOnlySpan<byte> path) => TargetText.FromBytes(path);
}
