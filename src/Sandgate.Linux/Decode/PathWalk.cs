using Sandgate.Core.Decode;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// Walks a path component by component as the kernel would for the program: from its root and
/// directories, with its own /proc/self, through dangling links to the name that would be created.
/// </summary>
internal sealed class PathWalk(int threadId, int directory, TargetCredentials credentials, bool real = false, string? root = null) : IDisposable
{
    private const int EPERM = 1, ENOENT = 2, EBADF = 9, EACCES = 13, ENOTDIR = 20, ENAMETOOLONG = 36, ELOOP = 40;
    private const int MaxLinks = 40;
    private const long PROC_SUPER_MAGIC = 0x9fa0;
    private const ulong ProcRootInode = 1;

    private readonly byte[] _buffer = new byte[Files.PathMax + 1];
    private readonly Stack<byte[]> _rest = new();
    private int _root = -1;
    private int _current = -1;
    private int _process;
    private Hold _hold;
    private HeldPath? _held;
    private bool _wantsDirectory;
    private bool _restores;
    private bool _missing;

    /// <summary>The real file, or the name that would be created.</summary>
    public string? Resolved { get; private set; }

    /// <summary>The real directory plus the path's own last name.</summary>
    public string? Entry { get; private set; }

    /// <summary>Walks. Returns 0, or the errno that the kernel must answer a call on this path with.</summary>
    public int Go(ReadOnlySpan<byte> path, bool followLast, Hold hold = Hold.Nothing, HeldPath? held = null)
    {
        (_hold, _held) = (hold, held);
        _process = ProcessFacts.ProcessOf(threadId);
        _root = OpenOwnRoot();
        if (_root < 0)
            return EACCES;
        int start = path[0] == (byte)'/' ? OpenRoot() : OpenStart();
        if (start < 0)
            return start == -ENOENT ? EBADF : -start;
        _current = start;
        Push(path);

        int links = 0;
        using TargetCredentials.Scope rights = credentials.Assume(threadId, real: real);
        if (rights.IsRefused)
            return EPERM;
        _restores = rights.Restores;
        while (_rest.TryPop(out byte[]? name))
        {
            if (_hold == Hold.Entry && _rest.Count == 0)
                return TakeEntry(name);
            if (Step(name, followLast, ref links) is { } errno)
                return errno;
        }

        Resolved ??= NameOf(_current);
        Entry ??= Resolved;
        if (Resolved is null)
            return EACCES;
        if (_hold is Hold.Object or Hold.Created)
        {
            if (_wantsDirectory)
                _held!.WantDirectory();
            _held!.TakeObject(_current);
            _current = -1;
        }

        return 0;
    }

    private int TakeEntry(byte[] name)
    {
        Resolved = Entry = Below(NameOf(_current), [name]);
        if (!Files.Stat(_current, out FileIdentity directory) || !directory.IsDirectory)
        {
            _held!.Fail(ENOTDIR);
            return Resolved is null ? EACCES : 0;
        }

        _held!.TakeEntry(_current, name.AsSpan(0, name.Length - 1), _wantsDirectory);
        _current = -1;
        return Resolved is null ? EACCES : 0;
    }

    /// <summary>The program's root directory, open; or a negative errno.</summary>
    public int OpenRoot()
    {
        if (_root < 0)
            _root = OpenOwnRoot();
        return _root < 0 ? -EACCES : Files.OpenAt2(_root, "."u8, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
    }

    /// <summary>Hands over a descriptor of what was found; -1 when the path names nothing yet.</summary>
    public int Take()
    {
        int found = _missing ? -1 : _current;
        if (found >= 0)
            _current = -1;
        return found;
    }

    // One component: null to go on, 0 when the walk ended on a name that isn't there, or an errno.
    private int? Step(byte[] name, bool followLast, ref int links)
    {
        if (name.AsSpan(0, name.Length - 1).SequenceEqual(".."u8) && IsRoot())
            return null;
        int next;
        using (OfItself())
            next = Files.OpenAt2(_current, name, Files.O_PATH | Files.O_CLOEXEC | Files.O_NOFOLLOW, 0, mayBlock: true);
        if (next < 0)
            return Missing(name, next);
        bool last = _rest.Count == 0;
        if (!Files.Stat(next, out FileIdentity identity) || !identity.IsLink || (last && !followLast))
        {
            if (last && _hold == Hold.Created)
                _held!.IsNotToBeReused = StickyDirectory.ForbidsToReuse(_current, next);
            if (last && !identity.IsDirectory && Files.ReadDescriptorName(next, _buffer) == -ENAMETOOLONG)
                Resolved = Below(NameOf(_current), [name]);
            Replace(next);
            return null;
        }

        if (++links > MaxLinks || (last && StickyDirectory.ForbidsToFollow(_current, next)))
        {
            Files.Close(next);
            return links > MaxLinks ? ELOOP : EACCES;
        }

        if (last)
            Entry ??= Below(NameOf(_current), [name]);
        int errno = FollowLink(name, next);
        Files.Close(next);
        return errno == 0 ? null : errno;
    }

    // Whatever its rights are, a process may look at itself.
    private TargetCredentials.Pause OfItself() =>
        _restores && (NameOf(_current) + "/").StartsWith($"/proc/{_process}/", StringComparison.Ordinal) ? TargetCredentials.AsSelf() : default;

    private int FollowLink(byte[] name, int link)
    {
        Files.FileSystem(link, out long type, out bool followsNoLinks);
        if (followsNoLinks)
            return ELOOP;
        bool proc = type == PROC_SUPER_MAGIC;
        if (proc && ProcessName(name) is { } own)
        {
            Push(own);
            return 0;
        }

        if (proc && Files.Stat(_current, out FileIdentity parent) && parent.Inode != ProcRootInode)
            return Jump(name);

        int count = Files.ReadLink(link, [0], _buffer.AsSpan(0, Files.PathMax));
        if (count <= 0)
            return count == 0 ? ENOENT : -count;
        if (_buffer[0] == (byte)'/')
        {
            int root = OpenRoot();
            if (root < 0)
                return -root;
            Replace(root);
        }

        Push(_buffer.AsSpan(0, count));
        return 0;
    }

    // A link of /proc/PID that has no text: the kernel jumps to the object itself.
    private int Jump(byte[] name)
    {
        if (NameOf(_current) is not { } above || Supervisor.OwnsProcEntry(above)
            || credentials.Dumpable.Hides($"{above}/{System.Text.Encoding.ASCII.GetString(name.AsSpan(0, name.Length - 1))}", reads: true, threadId))
            return EACCES;
        using TargetCredentials.Scope lesser = _restores ? default : TargetCredentials.WithoutPtrace(above + "/", threadId);
        using TargetCredentials.Pause asSelf = OfItself();
        int target = Files.OpenAt2(_current, name, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        if (target < 0)
            return -target;
        if (_hold == Hold.Created)
            _held!.IsNotToBeReused = false;
        Replace(target);
        return 0;
    }

    // /proc/self and /proc/thread-self are the caller's.
    private byte[]? ProcessName(byte[] name)
    {
        ReadOnlySpan<byte> text = name.AsSpan(0, name.Length - 1);
        bool ofThread = text.SequenceEqual("thread-self"u8);
        if (!ofThread && !text.SequenceEqual("self"u8))
            return null;
        (int process, int thread) = OwnProc.Shows(_current) ? (_process, threadId) : ProcessFacts.InnerIdsOf(threadId);
        return System.Text.Encoding.ASCII.GetBytes(ofThread ? $"{process}/task/{thread}" : $"{process}");
    }

    private int Missing(byte[] name, int result)
    {
        if (result is not (-ENOENT or -ENOTDIR or -EACCES or -ENAMETOOLONG))
            return -result;
        _missing = true;
        Resolved = Below(NameOf(_current), [name, .. _rest]);
        if (_rest.Count == 0)
            Entry ??= Resolved;
        if (_hold == Hold.Created && result == -ENOENT && _rest.Count == 0)
        {
            _held!.TakeEntry(_current, name.AsSpan(0, name.Length - 1), _wantsDirectory);
            _current = -1;
        }
        else
            _held?.Fail(-result);
        _rest.Clear();
        return Resolved is null ? EACCES : 0;
    }

    private static string? Below(string? directory, IEnumerable<byte[]> names) => directory is null ? null
        : (directory == "/" ? "" : directory) + "/" + string.Join('/', names.Select(n => TargetText.FromBytes(n.AsSpan(0, n.Length - 1))));

    private bool IsRoot() =>
        Files.Stat(_current, out FileIdentity here) && Files.Stat(_root, out FileIdentity root)
        && here.Device == root.Device && here.Inode == root.Inode;

    // Another one than the thread's, for who will only get it.
    private int OpenOwnRoot() => root is null
        ? OpenLink("/root"u8)
        : Files.OpenAt2(Files.AT_FDCWD, [.. TargetText.ToBytes(root), 0], Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);

    /// <summary>The directory that relative paths begin at, open; or a negative errno.</summary>
    public int OpenStart()
    {
        if (directory == Files.AT_FDCWD)
            return OpenLink("/cwd"u8);
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(threadId).Add("/fd/"u8).Add(directory);
        return Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
    }

    private int OpenLink(ReadOnlySpan<byte> which)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(threadId).Add(which);
        return Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
    }

    // Components in front of what is still to walk, each with its NUL.
    private void Push(ReadOnlySpan<byte> path)
    {
        if (_rest.Count == 0 && path[^1] == (byte)'/')
            _wantsDirectory = true;
        int end = path.Length;
        while (end > 0)
        {
            int start = path[..end].LastIndexOf((byte)'/') + 1;
            if (end > start)
                _rest.Push([.. path[start..end], 0]);
            end = start - 1;
        }
    }

    private string? NameOf(int descriptor)
    {
        int count = Files.ReadDescriptorName(descriptor, _buffer);
        return count > 0 ? ShownName.Of(TargetText.FromBytes(_buffer.AsSpan(0, count)), descriptor, threadId)
            : count == -ENAMETOOLONG ? LongName.Of(descriptor, threadId) : null;
    }

    private void Replace(int descriptor)
    {
        if (_current >= 0)
            Files.Close(_current);
        _current = descriptor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Replace(-1);
        if (_root >= 0)
            Files.Close(_root);
    }
}
