using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <content>Which names a call gives to what has names already.</content>
internal sealed partial class ArgumentReader
{
    private const int EPERM = 1, EAGAIN = 11, ENOTDIR = 20, ENOSYS = 38;
    private const ulong OPEN_TREE_CLONE = 1, MNT_DETACH = 2, CLONE_NEWNS = 0x20000;

    private readonly FileIdentity?[] _entries = new FileIdentity?[2];
    private (int Thread, long Since) _replacesAnyway;

    /// <summary>True when what a file holds decides about the call.</summary>
    public bool WantsHash => Wants(Needs.Hash);

    /// <summary>True when the rules watch which names are given.</summary>
    public bool WatchesNames => Wants(Needs.NewNames);

    /// <summary>How far names had changed when the call was read.</summary>
    public NameChanges.Moment Judged { get; private set; }

    /// <summary>True when a directory is renamed.</summary>
    public bool MovesTree => _entries[0] is { IsDirectory: true } || (Exchanges() && _entries[1] is { IsDirectory: true });

    /// <summary>What mount(2) does.</summary>
    public MountKind MountKind => Mounts.KindOf(Register(3));

    /// <summary>True when what is renamed is still what was judged.</summary>
    public bool IsStillThere()
    {
        if (_held[0].IsNameless || _held[1].IsNameless)
            return true;

        // It was looked at by the supervisor's own rights, too.
        using TargetCredentials.Pause asSelf = TargetCredentials.AsSelf();
        for (int i = 0; i < (Exchanges() ? 2 : 1); i++)
        {
            if (!TryEntry(_held[i], mayBlock: true, out FileIdentity? now) || now.HasValue != _entries[i].HasValue
                || (now is { } there && (!there.IsSameFile(_entries[i]!.Value) || there.IsDirectory != _entries[i]!.Value.IsDirectory)))
                return false;
        }

        return true;
    }

    /// <summary>The names that the call gives; null when nobody asked. To be read after the call's paths.</summary>
    public IReadOnlyList<NewName>? NewNames() => !Wants(Needs.NewNames) || !Wants(Needs.Held) ? null : _signature.Name switch
    {
        "rename" or "renameat" or "renameat2" => Renamed(),
        "link" or "linkat" => _held[0].Object < 0 ? [] : [new(_held[0].RealName, _held[1].RealName)],
        "mount" => Mounted(),
        "mknod" or "mknodat" => Made(),
        "umount2" when (Register(1) & MNT_DETACH) != 0 => [NewName.Refused("what is unmounted while it is in use (MNT_DETACH) loses the name that rules know it by", EPERM)],
        "unshare" or "clone" when (Register(0) & CLONE_NEWNS) != 0 =>
            [NewName.Refused("when a mount namespace ends, what is still open in it loses the names that rules know it by", EPERM)],
        "pivot_root" => [NewName.Refused("with another root every file gets another name", EPERM)],
        "open_tree" or "open_tree_attr" when (Register(2) & OPEN_TREE_CLONE) == 0 => [],
        "open_tree" or "open_tree_attr" or "fsopen" or "fsmount" or "move_mount" =>
            [NewName.Refused("mounts are made by mount(2) only, which can be judged as a whole", ENOSYS)],
        _ => [],
    };

    // A device has names already.
    private IReadOnlyList<NewName> Made()
    {
        int mode = Find(Role.Permissions);
        if (!Devices.IsDevice((uint)Register(mode)))
            return [];
        WouldBlock |= !_mayBlock;
        return WouldBlock ? [] : [.. Devices.NamesOf((uint)Register(mode), (uint)Register(mode + 1)).Select(name => new NewName(name, _held[0].RealName))];
    }

    private List<NewName> Renamed()
    {
        List<NewName> names = [];

        // What is called by dots, and the root, the kernel never renames (rename(2), EBUSY).
        if (_held[0].IsNameless || _held[1].IsNameless)
            return names;
        for (int i = 0; i < (Exchanges() ? 2 : 1); i++)
        {
            HeldPath old = _held[i], given = _held[1 - i];
            if (!TryEntry(old, _mayBlock, out _entries[i]))
                WouldBlock = true;
            if (_entries[i] is not { } entry)
                continue;

            // To look below takes its time.
            WouldBlock |= entry.IsDirectory && !_mayBlock;
            byte[] name = EntryName(old);
            int parent = old.Parent;
            names.Add(new(old.RealName, given.RealName) { IsTree = entry.IsDirectory, Below = () => NamesBelow.List(parent, name) });
        }

        return names;
    }

    // Without the slash that a program may write after a directory's name.
    private static byte[] EntryName(HeldPath held) => [.. held.Name.TrimEnd((byte)0).TrimEnd((byte)'/'), 0];

    // What stands under a name, itself; null when nothing does. False when only a thread that may wait can tell.
    private static bool TryEntry(HeldPath held, bool mayBlock, out FileIdentity? identity)
    {
        identity = null;
        if (held.Parent < 0)
            return true;
        int found = Files.OpenAt2(held.Parent, EntryName(held), Files.O_PATH | Files.O_NOFOLLOW | Files.O_CLOEXEC, mayBlock ? 0 : Files.RESOLVE_CACHED, mayBlock);
        if (found is -EAGAIN or -EINVAL && !mayBlock)
            return false;
        if (found < 0)
            return true;
        if (Files.Stat(found, out FileIdentity known))
            identity = known;
        Files.Close(found);
        return true;
    }

    /// <summary>
    /// True when rename(2) removes what has the new name already. Where the supervisor does the call, it replaces nothing that wasn't seen here
    /// (<see cref="KeepsOthers"/>).
    /// </summary>
    public bool Replaces()
    {
        const ulong RENAME_NOREPLACE = 1;
        if (Exchanges() || (Find(Role.RenameFlags) is >= 0 and var at && (Register(at) & RENAME_NOREPLACE) != 0))
            return false;
        if (_replacesAnyway == (_stop.ThreadId, _stop.Since))
            return true;
        if (!Wants(Needs.Held))
            return IsThere(Path(1));
        Path(1);
        if (_held[1].IsNameless)
            return false;
        if (!TryEntry(_held[1], _mayBlock, out FileIdentity? replaced))
            WouldBlock = true;
        KeepsOthers = replaced is null;
        return !KeepsOthers;
    }

    // For a record only: it may be gone or have come when the kernel looks.
    private bool IsThere(in Argument path)
    {
        if ((path.Entry ?? path.Resolved) is not { } name)
            return false;
        int found = Files.OpenAt2(Files.AT_FDCWD, [.. TargetText.ToBytes(name), 0], Files.O_PATH | Files.O_NOFOLLOW | Files.O_CLOEXEC, _mayBlock ? 0 : Files.RESOLVE_CACHED, _mayBlock);
        WouldBlock |= found == -EAGAIN && !_mayBlock;
        if (found >= 0)
            Files.Close(found);
        return found >= 0;
    }

    /// <summary>True when the call was judged as one that removes nothing.</summary>
    public bool KeepsOthers { get; private set; }

    /// <summary>Has the call understood once more as one that removes something: what is there can't be kept from being removed on this file system.</summary>
    public void ReplaceAnyway() => _replacesAnyway = (_stop.ThreadId, _stop.Since);

    /// <summary>What is mounted: for a second place of a directory that directory, for a file system its text.</summary>
    private Argument SourceOfMount()
    {
        if (Register(0) == 0)
            return Argument.FromText("");
        if (!Wants(Needs.NewNames) || MountKind is not (MountKind.Bind or MountKind.Move))
            return Text(0);
        if (!Wants(Needs.Held))
            return PathAt(Register(0), Files.AT_FDCWD, 0, follow: true, null);
        if (_held[1].IsKnown)
            return _heldArguments[1];
        _heldArguments[1] = PathAt(Register(0), Files.AT_FDCWD, 0, follow: true, _held[1]);
        _held[1].RealName = _heldArguments[1].Resolved;
        return _heldArguments[1];
    }

    private IReadOnlyList<NewName> Mounted()
    {
        if (MountKind == MountKind.Change || CertainErrno != 0 || _held[0].Errno != 0 || _held[1].Errno != 0)
            return [];

        // The kernel would read the paths and the type again, and the supervisor can't mount there.
        if (!ProcessFacts.SharesMounts(_stop.ThreadId))
            return [NewName.Refused("in a mount namespace of its own a program's mounts can't be bound to what was judged", EPERM)];
        WouldBlock |= !_mayBlock;
        string? target = _held[0].RealName;

        // The supervisor itself looks at processes and descriptors there.
        bool onProc = target is "/proc" || target?.StartsWith("/proc/", StringComparison.Ordinal) == true;
        if (onProc && !(target == "/proc" && MountKind == MountKind.New && FileSystemType().Given == "proc" && ProcessFacts.SharesPids(_stop.ThreadId)))
            return [NewName.Refused("/proc tells what the rules are asked about", EPERM)];
        if (MountKind == MountKind.New)
            return Mounted(FileSystemType().Given, target);
        string? source = _held[1].RealName;
        if (source is null || target is null)
            return [new(source, target)];
        bool showsProc = source == "/proc" || source.StartsWith("/proc/", StringComparison.Ordinal) || (source == "/" && Mounts.IsRecursive(Register(3)));
        if (showsProc && source != target)
            return [NewName.Refused("/proc is known by its name", EPERM)];
        return [new(source, target) { IsTree = _held[1].Identity.IsDirectory, StaysBoth = true, Errno = EPERM }];
    }

    private static IReadOnlyList<NewName> Mounted(string? type, string? target) => type switch
    {
        null => [NewName.Refused("what is mounted can't be told", EPERM)],
        "proc" => target == "/proc" ? [] : [NewName.Refused("/proc is known by its name", EPERM)],
        _ when Mounts.IsEmpty(type) => [],
        _ when Mounts.UsualPlaceOf(type) is { } usual => [new(usual, target) { IsTree = true, StaysBoth = true, Errno = EPERM }],
        _ => [NewName.Refused($"a file system of type {type} shows files that no rule knows the names of", EPERM)],
    };
}
