using Sandgate.Core.Decode;
using Sandgate.Linux.Enforce;
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
    private const int EPERM = 1, ENOENT = 2, EBADF = 9, EAGAIN = 11, EACCES = 13, EXDEV = 18, ENOTDIR = 20, EINVAL = 22, ENAMETOOLONG = 36, ELOOP = 40;
    private const int MaxLinks = 40;

    private static bool s_cacheKnown = true;

    private readonly byte[] _absolute = new byte[2 * Files.PathMax + 2];
    private readonly byte[] _scratch = new byte[2 * Files.PathMax + 2];
    private int _threadId;
    private Hold _hold;
    private HeldPath? _held;
    private bool _real;

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
    /// <param name="hold">What to keep hold of.</param>
    /// <param name="held">Where it is kept; null when nothing is.</param>
    /// <param name="resolve">RESOLVE_ flags of the program's own (openat2(2)).</param>
    /// <param name="real">True when the thread's real ids count on the way (access(2)).</param>
    public Resolution Resolve(
        int threadId, int directory, ReadOnlySpan<byte> path, string given, bool followLast, bool mayBlock,
        Hold hold = Hold.Nothing, HeldPath? held = null, ulong resolve = 0, bool real = false)
    {
        Resolved = Entry = null;
        Errno = 0;
        (_threadId, _hold, _held, _real) = (threadId, hold, held, real);
        if (resolve != 0)
            return ResolveAsAsked(threadId, directory, path, followLast, mayBlock, resolve, links: 0);
        bool slash = path[^1] == (byte)'/';
        if (hold == Hold.Entry)
        {
            (int directoryLength, Range last) = PathText.Split(path);
            ReadOnlySpan<byte> name = path[last];
            if (!name.IsEmpty)
                return ResolveEntry(threadId, directory, path, directoryLength, name, slash, mayBlock);

            // The root can be neither made nor removed: the kernel says which errno.
            held!.TakeEntry(Files.OpenAt2(Files.AT_FDCWD, "/"u8, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true), "/"u8, slash: false);
            (_hold, followLast) = (Hold.Nothing, true);
        }

        if (slash)
        {
            followLast = true;
            held?.WantDirectory();
        }

        int length = path[0] == (byte)'/' ? Copy(path) : Join(threadId, directory, path);
        if (length == -EBADF)
            return Fail(EBADF);
        if (roots.MayDiffer || length < 0)
            return Walk(threadId, directory, path, followLast, mayBlock);

        // Asked for as a directory, what isn't one needs no descriptor and no close: the walk is all that is wanted.
        int known = Open(_absolute, followLast, Files.RESOLVE_NO_SYMLINKS | Files.RESOLVE_NO_MAGICLINKS, mayBlock, _hold == Hold.Nothing ? Files.O_DIRECTORY : 0);
        switch (known)
        {
            // No link was met up to where the kernel stopped, and nothing lies beyond: the name means itself.
            case >= 0 or -ENOENT or -ENOTDIR or -EACCES or -ENAMETOOLONG:
                if (_hold == Hold.Created && known == -ENOENT)
                    return ResolveMissing(threadId, directory, path, length, slash, mayBlock);
                ReadOnlySpan<byte> normal = _absolute.AsSpan(0, PathText.Normalize(_absolute.AsSpan(0, length), out bool upwards));
                Resolved = normal.SequenceEqual(path) ? given : Text(normal);
                if (_hold == Hold.Nothing)
                {
                    if (known >= 0)
                        Files.Close(known);
                    else
                        _held?.Fail(-known);
                    return Resolution.Done;
                }

                if (known < 0)
                    _held!.Fail(-known);
                else
                {
                    _held!.TakeObject(known);
                    if (upwards)
                        Resolved = NameOf(known);
                }

                return Resolved is null ? Fail(EACCES) : Resolution.Done;
            case -EAGAIN when !mayBlock:
                return Resolution.WouldBlock;
            case -ELOOP when Follow(length, followLast, mayBlock) is { } outcome:
                return outcome;
            default:
                return Walk(threadId, directory, path, followLast, mayBlock);
        }
    }

    // A file that would be created: its directory is what must be held. No link was met on the way to it.
    private Resolution ResolveMissing(int threadId, int directory, ReadOnlySpan<byte> path, int length, bool slash, bool mayBlock)
    {
        (int directoryLength, Range last) = PathText.Split(_absolute.AsSpan(0, length));
        byte[] name = _absolute[last];
        _absolute[directoryLength] = 0;
        int parent = Open(_absolute, followLast: true, Files.RESOLVE_NO_SYMLINKS | Files.RESOLVE_NO_MAGICLINKS, mayBlock, Files.O_DIRECTORY);
        if (parent == -EAGAIN && !mayBlock)
            return Resolution.WouldBlock;
        if (parent < 0 || name.AsSpan().SequenceEqual(".."u8) || name.AsSpan().SequenceEqual("."u8))
        {
            if (parent >= 0)
                Files.Close(parent);
            return Walk(threadId, directory, path, followLast: true, mayBlock);
        }

        return TakeEntry(parent, directoryLength, name, slash);
    }

    // The directory is resolved, its last name is left as it is.
    private Resolution ResolveEntry(int threadId, int directory, ReadOnlySpan<byte> path, int directoryLength, ReadOnlySpan<byte> name, bool slash, bool mayBlock)
    {
        ReadOnlySpan<byte> above = directoryLength == 0 ? "."u8 : path[..directoryLength];
        int length = path[0] == (byte)'/' ? Copy(above) : Join(threadId, directory, above);
        if (length == -EBADF)
            return Fail(EBADF);
        if (roots.MayDiffer || length < 0)
            return Walk(threadId, directory, path, followLast: false, mayBlock);
        int parent = Open(_absolute, followLast: true, Files.RESOLVE_NO_SYMLINKS | Files.RESOLVE_NO_MAGICLINKS, mayBlock, Files.O_DIRECTORY);
        switch (parent)
        {
            case >= 0:
                return TakeEntry(parent, length, name, slash);
            case -EAGAIN when !mayBlock:
                return Resolution.WouldBlock;
            case -ELOOP:
                parent = Open(_absolute, followLast: true, Files.RESOLVE_NO_MAGICLINKS, mayBlock, Files.O_DIRECTORY);
                if (parent == -EAGAIN && !mayBlock)
                    return Resolution.WouldBlock;
                if (parent < 0)
                    break;
                if (NameOf(parent) is { } real && !IsOwn(real))
                {
                    _held!.TakeEntry(parent, name, slash);
                    Resolved = Below(real, name);
                    return Resolution.Done;
                }

                Files.Close(parent);
                break;
        }

        return Walk(threadId, directory, path, followLast: false, mayBlock);
    }

    // The directory was reached without links; its text is in _absolute.
    private Resolution TakeEntry(int parent, int length, ReadOnlySpan<byte> name, bool slash)
    {
        _held!.TakeEntry(parent, name, slash);
        ReadOnlySpan<byte> normal = _absolute.AsSpan(0, PathText.Normalize(_absolute.AsSpan(0, length), out bool upwards));
        string? above = upwards ? NameOf(parent) : Text(normal);
        if (above is null)
            return Fail(EACCES);
        Resolved = Below(above, name);
        return Resolution.Done;
    }

    // Calls on names leave the last one as it is; dots have no name of their own.
    private static string Below(string directory, ReadOnlySpan<byte> name) =>
        name.SequenceEqual("."u8) ? directory
        : name.SequenceEqual(".."u8) ? directory[..Math.Max(1, directory.LastIndexOf('/'))]
        : (directory == "/" ? "" : directory) + "/" + Text(name);

    // The program asked the kernel to be strict about the way (RESOLVE_BENEATH, RESOLVE_IN_ROOT …): it goes the same way here.
    private Resolution ResolveAsAsked(int threadId, int directory, ReadOnlySpan<byte> path, bool followLast, bool mayBlock, ulong resolve, int links)
    {
        if (!mayBlock)
            return Resolution.WouldBlock;
        const int RESOLVE_BENEATH = 8, RESOLVE_IN_ROOT = 0x10;
        if (path[0] == (byte)'/' && (resolve & RESOLVE_BENEATH) != 0)
            return Fail(EXDEV);
        bool fromRoot = path[0] == (byte)'/' && (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) == 0;
        using PathWalk walk = new(threadId, directory, roots.Credentials);
        int start = fromRoot ? walk.OpenRoot() : walk.OpenStart();
        if (start < 0)
            return Fail(start == -ENOENT ? EBADF : -start);
        using TargetCredentials.Scope rights = roots.Credentials.Assume(threadId);
        try
        {
            if (rights.IsRefused)
                return Fail(EPERM);
            int how = (int)(resolve & ~(ulong)Files.RESOLVE_CACHED) | Files.RESOLVE_NO_MAGICLINKS | (fromRoot && roots.MayDiffer ? RESOLVE_IN_ROOT : 0);
            path.CopyTo(_absolute);
            _absolute[path.Length] = 0;
            int found = Files.OpenAt2(start, _absolute, Files.O_PATH | Files.O_CLOEXEC | (followLast ? 0 : Files.O_NOFOLLOW), how, mayBlock: true);
            if (found >= 0 && _hold is Hold.Object or Hold.Created or Hold.Nothing)
            {
                Resolved = HeldObject.NameOf(found, threadId);
                if (_held is null)
                    Files.Close(found);
                else
                    _held.TakeObject(found);
                return Resolved is null || IsOwn(Resolved) ? Fail(EACCES) : Resolution.Done;
            }

            if (found >= 0)
                Files.Close(found);
            else if (found != -ENOENT)
                return Fail(-found);
            (int directoryLength, Range last) = PathText.Split(path);
            byte[] above = directoryLength == 0 ? "."u8.ToArray() : path[..directoryLength].ToArray();
            int parent = Files.OpenAt2(start, [.. above, 0], Files.O_PATH | Files.O_CLOEXEC | Files.O_DIRECTORY, how, mayBlock: true);
            if (parent < 0)
                return Fail(-parent);
            string? real = HeldObject.NameOf(parent, threadId);
            Resolved = (real == "/" ? "" : real) + "/" + Text(path[last]);
            if (_held is null)
                Files.Close(parent);
            else
            {
                // A link to nothing: what it says stands where its name stood.
                byte[]? target = _hold == Hold.Created && followLast && links < MaxLinks ? TargetOf(parent, path[last]) : null;
                if (target is not null && above.Length + 1 + target.Length < Files.PathMax)
                {
                    string? entry = real is null ? null : Below(real, path[last]);
                    int refused = WhyNotFollowed(parent, path[last]);
                    Files.Close(parent);
                    if (refused != 0)
                        return Fail(refused);
                    byte[] next = target[0] == (byte)'/' ? [.. target, 0] : [.. above, (byte)'/', .. target, 0];
                    Resolution outcome = ResolveAsAsked(threadId, directory, next.AsSpan(0, next.Length - 1), followLast, mayBlock, resolve, links + 1);
                    Entry = entry;
                    return outcome;
                }

                _held.TakeEntry(parent, path[last], path[^1] == (byte)'/');
                if (_hold != Hold.Created || target is not null || (links > 0 && path[^1] == (byte)'/'))
                    _held.Fail(target is not null ? ELOOP : ENOENT);
            }

            return real is null || IsOwn(real) ? Fail(EACCES) : Resolution.Done;
        }
        finally
        {
            Files.Close(start);
        }
    }

    // What a link says; null when there is none under this name.
    private byte[]? TargetOf(int parent, ReadOnlySpan<byte> name)
    {
        int count = Files.ReadLink(parent, [.. name, 0], _scratch.AsSpan(0, Files.PathMax));
        return count > 0 ? _scratch[..count] : null;
    }

    private static int WhyNotFollowed(int parent, ReadOnlySpan<byte> name)
    {
        int link = Files.OpenAt2(parent, [.. name, 0], Files.O_PATH | Files.O_NOFOLLOW | Files.O_CLOEXEC, 0, mayBlock: true);
        if (link < 0)
            return 0;
        Files.FileSystem(link, out _, out bool followsNoLinks);
        int errno = StickyDirectory.ForbidsToFollow(parent, link) ? EACCES : followsNoLinks ? ELOOP : 0;
        Files.Close(link);
        return errno;
    }

    // The kernel follows ordinary links in one go; null when this needs the walk by hand.
    private Resolution? Follow(int length, bool followLast, bool mayBlock)
    {
        int found = Open(_absolute, followLast, Files.RESOLVE_NO_MAGICLINKS, mayBlock);
        if (found == -EAGAIN && !mayBlock)
            return Resolution.WouldBlock;
        if (found < 0)
            return null;
        Resolved = ShownFor(found);

        // A file that was replaced at this moment still has its old contents, and no name that rules know.
        if (Resolved is null || IsOwn(Resolved) || ShownName.IsMarked(Resolved))
        {
            Files.Close(found);
            return null;
        }

        if (_hold == Hold.Nothing)
            Files.Close(found);
        else
            _held!.TakeObject(found);
        if (!followLast)
            return Resolution.Done;

        // If the last name is a link, the directory entry itself has a name of its own.
        (int directoryLength, Range name) = PathText.Split(_absolute.AsSpan(0, length));
        _absolute.AsSpan(0, directoryLength).CopyTo(_scratch);
        _scratch[directoryLength] = 0;
        int parent = Open(_scratch, followLast: true, Files.RESOLVE_NO_MAGICLINKS, mayBlock);
        if (parent == -EAGAIN && !mayBlock)
            return LetGo(Resolution.WouldBlock);
        if (parent < 0)
            return LetGo(null);
        string? real = NameOf(parent);
        Files.Close(parent);
        if (real is null || IsOwn(real))
            return LetGo(null);
        string entry = (real == "/" ? "" : real) + "/" + Text(_absolute.AsSpan(name));
        Entry = entry == Resolved ? null : entry;
        return Resolution.Done;
    }

    private Resolution? LetGo(Resolution? outcome)
    {
        _held?.Release();
        return outcome;
    }

    private Resolution Walk(int threadId, int directory, ReadOnlySpan<byte> path, bool followLast, bool mayBlock)
    {
        if (!mayBlock)
            return Resolution.WouldBlock;
        using PathWalk walk = new(threadId, directory, roots.Credentials, _real);
        int errno = walk.Go(path, followLast, _hold, _held);
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

    private int Open(byte[] path, bool followLast, int resolve, bool mayBlock, int more = 0)
    {
        using TargetCredentials.Scope rights = roots.Credentials.Assume(_threadId, real: _real);
        if (rights.IsRefused)
            return -EPERM;
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

    // Who may not wait leaves long names to the walk.
    private string? NameOf(int descriptor) => ShownFor(descriptor) is { } shown ? ShownName.Of(shown, descriptor, _threadId) : null;

    private string? ShownFor(int descriptor)
    {
        int count = Files.ReadDescriptorName(descriptor, _scratch);
        return count > 0 ? Text(_scratch.AsSpan(0, count)) : null;
    }

    // What /proc calls "self" here is the supervisor; the program means itself.
    private static bool IsOwn(string path) => Supervisor.OwnsProcEntry(path);

    private static string Text(ReadOnlySpan<byte> path) => TargetText.FromBytes(path);
}
