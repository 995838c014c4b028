using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine;

/// <summary>
/// Landlock doesn't reach what the supervisor does for the program, so the same lists are asked here, in the kernel's own way: by the
/// directories that a file is in at that moment, whatever they are called, up to the root; each can add rights.
/// </summary>
internal sealed class LandlockWall : IDisposable
{
    private const int EXDEV = 18, ELOOP = 40;
    private const int MostLevels = 4096;

    private readonly Dictionary<(ulong Device, ulong Inode), FileRights> _allowed = [];
    private readonly Dictionary<int, PortRights> _ports = [];

    // As long as they are open, nothing else gets their numbers.
    private readonly List<int> _held = [];

    /// <summary>The rights over files that somebody must have been given.</summary>
    public FileRights Handled { get; private set; }

    private PortRights _handledPorts;

    /// <summary>Says which rights are restricted.</summary>
    public void Handle(FileRights files, PortRights ports) => (Handled, _handledPorts) = (files, ports);

    /// <summary>Allows something beneath a file or directory; takes over the descriptor.</summary>
    public void Allow(int descriptor, in FileIdentity identity, FileRights rights)
    {
        _held.Add(descriptor);
        (ulong, ulong) key = (identity.Device, identity.Inode);
        _allowed[key] = _allowed.GetValueOrDefault(key) | rights;
    }

    /// <summary>Allows something with a port.</summary>
    public void Allow(int port, PortRights rights) => _ports[port] = _ports.GetValueOrDefault(port) | rights;

    /// <summary>True when a port may be used so.</summary>
    public bool Allows(int port, PortRights right) => (right & _handledPorts & ~_ports.GetValueOrDefault(port)) == 0;

    /// <summary>Which of these rights a directory and those above it don't give.</summary>
    public FileRights MissingIn(int directory, FileRights wanted)
    {
        wanted &= Handled;
        int at = directory;
        FileIdentity below = default;
        for (int level = 0; wanted != 0 && level < MostLevels; level++)
        {
            if (!Files.Stat(at, out FileIdentity here) || (level > 0 && here.IsSameFile(below)))
                break;
            wanted &= ~_allowed.GetValueOrDefault((here.Device, here.Inode));
            below = here;
            int above = Files.Open(at, "..\0"u8, Files.O_PATH | Files.O_DIRECTORY | Files.O_CLOEXEC);
            if (at != directory)
                Files.Close(at);
            if ((at = above) < 0)
                return wanted;
        }

        if (at != directory)
            Files.Close(at);
        return wanted;
    }

    /// <summary>Which of these rights a file and the directories that it is in don't give.</summary>
    /// <param name="held">The file; it must be there.</param>
    /// <param name="wanted">The rights.</param>
    public FileRights MissingFor(HeldPath held, FileRights wanted)
    {
        wanted &= Handled;

        // Pipes and sockets are in no directory: the kernel lets them be reached.
        if (wanted == 0 || held.RealName is not ['/', ..])
            return 0;
        if (held.Identity.IsDirectory)
            return MissingIn(held.Object, wanted);
        wanted &= ~_allowed.GetValueOrDefault((held.Identity.Device, held.Identity.Inode));
        if (wanted == 0)
            return 0;
        int parent = ParentOf(held);
        if (parent < 0)
            return wanted;
        wanted = MissingIn(parent, wanted);
        Files.Close(parent);
        return wanted;
    }

    /// <summary>What the kernel answers one who moves or links something from one directory into another; 0 when it lets him.</summary>
    /// <param name="from">The old directory.</param>
    /// <param name="to">The new one.</param>
    /// <param name="isDirectory">True when what is moved is a directory.</param>
    public int Moves(int from, int to, bool isDirectory)
    {
        if ((Handled & FileRights.Refer) == 0)
            return Handled == 0 ? 0 : EXDEV;

        // Nothing may be allowed by the new place that wasn't by the old one.
        FileRights all = isDirectory ? Handled : Handled & FileRights.OfFiles;
        bool gains = (MissingIn(from, all) & ~MissingIn(to, all)) != 0;
        return gains || (MissingIn(from, FileRights.Refer) | MissingIn(to, FileRights.Refer)) != 0 ? EXDEV : 0;
    }

    /// <summary>Opens the directory that a file is in by the name it has now; negative when it isn't there.</summary>
    public static int ParentOf(HeldPath held)
    {
        string name = held.RealName!;
        int slash = name.LastIndexOf('/');
        byte[] directory = [.. TargetText.ToBytes(slash == 0 ? "/" : name[..slash]), 0], last = [.. TargetText.ToBytes(name[(slash + 1)..]), 0];
        int parent = Files.OpenAt2(Files.AT_FDCWD, directory, Files.O_PATH | Files.O_DIRECTORY | Files.O_CLOEXEC, Files.RESOLVE_NO_SYMLINKS, mayBlock: true);
        if (parent < 0)
            return parent;
        int entry = Files.Open(parent, last, Files.O_PATH | Files.O_NOFOLLOW | Files.O_CLOEXEC);
        bool same = entry >= 0 && Files.Stat(entry, out FileIdentity identity) && identity.IsSameFile(held.Identity);
        if (entry >= 0)
            Files.Close(entry);
        if (same)
            return parent;
        Files.Close(parent);
        return entry < 0 ? entry : -ELOOP;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (int descriptor in _held)
            Files.Close(descriptor);
        _held.Clear();
    }
}
