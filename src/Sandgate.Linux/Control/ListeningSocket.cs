using System.Globalization;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Control;

/// <summary>A session's socket with its name. The program may be able to take the name away; then it gets it back.</summary>
internal sealed unsafe class ListeningSocket : IDisposable
{
    private const int IN_NONBLOCK_CLOEXEC = 0x80800;
    private const uint Watched = 0x3c0 | 0x400 | 0x800; // IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE; IN_DELETE_SELF; IN_MOVE_SELF
    private const int MostRestored = 1000;

    private readonly string _path;
    private readonly string _name;
    private ControlDirectory _directory;
    private FileIdentity? _own;
    private int _restored;

    private ListeningSocket(ControlDirectory directory, string session) => (_directory, _path, _name) = (directory, directory.Path, session + ControlDirectory.SocketEnd);

    /// <summary>The socket's descriptor.</summary>
    public int Descriptor { get; private set; } = -1;

    /// <summary>Readable when something happened to names in the directory; negative when nobody watches.</summary>
    public int Changes { get; private set; } = -1;

    /// <summary>Makes it; null when there can be none, and then the problem, if it is worth a word.</summary>
    public static ListeningSocket? Open(string path, string session, out string problem)
    {
        if (ControlDirectory.Open(path, make: true, out problem) is not { } directory)
            return null;
        ListeningSocket made = new(directory, session);
        if (made.Publish() is var errno && errno == 0)
            return made;
        problem = $"no socket can be made in {path}: {Core.Decide.Errnos.NameOf(errno)}";
        made.Dispose();
        return null;
    }

    /// <summary>Removes what killed supervisors left beside it.</summary>
    public void Sweep() => _directory.Sweep();

    /// <summary>Looks whether the name still leads here, and gives it back if not.</summary>
    public void Restore()
    {
        Span<byte> events = stackalloc byte[4096];
        fixed (byte* start = events)
        {
            // SAFETY: the buffer and its own length.
            while (Libc.Call(SyscallNumbers.read, Changes, (long)start, events.Length) > 0)
            {
            }
        }

        bool moved = Reopened();
        if ((!moved && _own is { } own && _directory.Find(_name)?.IsSameFile(own) == true) || _restored++ >= MostRestored)
            return;
        int before = Descriptor;
        if (Publish() == 0)
            Files.Close(before);
        else
            Descriptor = before;
    }

    // A name in a directory that nobody finds any more is none. True when it lies in another one now.
    private bool Reopened()
    {
        using ControlDirectory? now = ControlDirectory.Open(_path, make: true, out _);
        if (now is null || !Files.Stat(now.Descriptor, out FileIdentity there) || !Files.Stat(_directory.Descriptor, out FileIdentity here) || there.IsSameFile(here)
            || ControlDirectory.Open(_path, make: false, out _) is not { } next)
            return false;
        _directory.Dispose();
        _directory = next;
        return true;
    }

    // Whoever finds the name must find somebody who listens: it gets it when it does.
    private int Publish()
    {
        string making = "." + _name;
        _directory.Remove(making);
        int listener = UnixSocket.Listen(_directory.AddressOf(making));
        if (listener < 0)
            return -listener;
        if (!_directory.Rename(making, _name))
        {
            _directory.Remove(making);
            Files.Close(listener);
            return 5; // EIO
        }

        Descriptor = listener;
        _own = _directory.Find(_name);
        Watch();
        return 0;
    }

    private void Watch()
    {
        if (Changes >= 0)
            Files.Close(Changes);
        Changes = (int)Libc.Call(SyscallNumbers.inotify_init1, IN_NONBLOCK_CLOEXEC);
        byte[] name = System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_directory.Descriptor}\0"));

        // SAFETY: the pinned name ends in NUL.
        fixed (byte* start = name)
            Libc.Call(SyscallNumbers.inotify_add_watch, Changes, (long)start, Watched);
    }

    /// <summary>Takes the name away, and listens no more.</summary>
    public void Dispose()
    {
        if (Descriptor >= 0)
        {
            _directory.Remove(_name);
            Files.Close(Descriptor);
        }

        if (Changes >= 0)
            Files.Close(Changes);
        _directory.Dispose();
        (Descriptor, Changes) = (-1, -1);
    }
}
