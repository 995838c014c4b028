using System.Runtime.InteropServices;
using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Enforce.Sockets;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// Reads the arguments of one stopped call by their roles. Only what is needed is read; what isn't
/// read and what can't be read is <see cref="Argument.Unreadable"/>, which no rule takes for harmless.
/// </summary>
internal sealed partial class ArgumentReader(TargetRoots roots, StandardStreams streams)
{
    private const int ENOENT = 2, ESRCH = 3, E2BIG = 7, EBADF = 9, EFAULT = 14, EINVAL = 22, ENAMETOOLONG = 36;
    private const ulong AT_SYMLINK_NOFOLLOW = 0x100, AT_EACCESS = 0x200, AT_SYMLINK_FOLLOW = 0x400, AT_EMPTY_PATH = 0x1000;
    private const ulong O_ACCMODE = 3, O_CREAT = 0x40, O_EXCL = 0x80, O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000, O_CLOEXEC = 0x80000, O_PATH = 0x200000;

    private readonly PathResolver _resolver = new(roots);
    private readonly PathNames _names = new();
    private readonly HeldPath[] _held = [new(), new()];
    private readonly Argument[] _heldArguments = new Argument[2];
    private byte[] _heldText = [0];
    private Argument? _heldTextArgument, _heldType;
    private readonly byte[] _text = new byte[Files.PathMax + 1];
    private Stop _stop = null!;
    private Signature _signature = null!;
    private Needs _needs;
    private bool _mayBlock;
    private Files.OpenHow? _openHow;

    /// <summary>True when only a thread that may wait can decode the call.</summary>
    public bool WouldBlock { get; private set; }

    /// <summary>The errno that the kernel must answer the call with; 0 when it may succeed.</summary>
    public int CertainErrno { get; private set; }

    /// <summary>The call's own name.</summary>
    public string SyscallName => _signature.Name;

    /// <summary>Turns to another stopped call.</summary>
    public void Begin(Stop stop, Signature signature, Needs needs, bool mayBlock)
    {
        (_stop, _signature, _needs, _mayBlock) = (stop, signature, needs, mayBlock);
        (WouldBlock, CertainErrno, _openHow, _heldText, IsEmptyPath) = (false, 0, null, [0], false);
        _heldTextArgument = _heldType = null;
        Judged = roots.Changes.Now;
        _entries[0] = _entries[1] = null;
        KeepsOthers = false;
        Release();
        LetGo();
    }

    /// <summary>The thread that calls.</summary>
    public int ThreadId => _stop.ThreadId;

    private bool Wants(Needs needs) => (_needs & needs) != 0;

    private ulong Register(int index) => _signature.Seen(index, _stop.Register(index));

    private int Int(int index) => (int)Register(index);

    /// <summary>The position of the first argument with a role; -1 when the call has none.</summary>
    public int Find(Role role) => Array.IndexOf(_signature.Roles, role);

    private int FindNth(int nth, params ReadOnlySpan<Role> roles)
    {
        for (int i = 0; i < _signature.Roles.Length; i++)
        {
            if (roles.Contains(_signature.Roles[i]) && nth-- == 0)
                return i;
        }

        return -1;
    }

    /// <summary>The call's socket in the supervisor's hands, for a call that it does itself; else null.</summary>
    public ProgramSocket? Socket { get; set; }

    /// <summary>Notes that the kernel must answer the call with this errno, unless one is known already.</summary>
    public void FailCertainly(int errno) => Certainly(errno);

    private Argument Certainly(int errno)
    {
        if (CertainErrno == 0)
            CertainErrno = errno;
        return Argument.Unreadable;
    }

    // A pointer that leads nowhere fails with EFAULT; memory that the supervisor may not look into (an undumpable program) proves nothing.
    private Argument Fault() =>
        TargetMemory.Read(_stop.ThreadId, _stop.InstructionPointer, out byte _) ? Certainly(EFAULT) : Argument.Unreadable;

    /// <summary>The word for a flag or enumeration argument; "" when the call has none.</summary>
    public Argument Word(Role role) => Find(role) is >= 0 and var at ? Flags.ToArgument(role, Register(at)) : Argument.FromText("");

    /// <summary>A number argument; 0 when the call has none.</summary>
    public Argument Number(Role role) => Find(role) is >= 0 and var at ? Flags.ToArgument(role, Register(at)) : Argument.FromNumber(0);

    /// <summary>Lets go of what is held: before the program hears of its call, so that it finds nothing busy.</summary>
    public void Release()
    {
        _held[0].Release();
        _held[1].Release();
        if (Fetched >= 0)
            Files.Close(Fetched);
        Fetched = -1;
    }

    /// <summary>What the call's nth path led to, when it was to be held.</summary>
    public HeldPath Held(int nth) => _held[nth];

    /// <summary>The call's text that is no path, a link's or an attribute's name, as it was judged; ends in NUL.</summary>
    public ReadOnlySpan<byte> HeldText => _heldText;

    /// <summary>A copy of the program's descriptor that the call is about, owned here until the next call; negative when there is none.</summary>
    public int Fetched { get; set; } = -1;

    /// <summary>What each argument of the call means.</summary>
    public ReadOnlySpan<Role> Roles => _signature.Roles;

    /// <summary>What the call does first of all.</summary>
    public Operation MainOperation => _signature.Operations is [var main, ..] ? main : Operation.Syscall;

    /// <summary>True for access(2) and its kin, which ask for the real ids, also on the way to the file.</summary>
    public bool AsksByRealIds => _stop.Number is SyscallNumbers.access or SyscallNumbers.faccessat
        || (_stop.Number == SyscallNumbers.faccessat2 && (Register(3) & AT_EACCESS) == 0);

    /// <summary>True when the first path that was read is empty and stands for a descriptor.</summary>
    public bool IsEmptyPath { get; private set; }

    /// <summary>open(2) flags, from a register or from the program's struct open_how.</summary>
    public ulong OpenFlags() => OpenHow().Flags;

    /// <summary>How a file is to be opened. What openat2(2) takes from memory is read once.</summary>
    public Files.OpenHow OpenHow()
    {
        if (_openHow is { } known)
            return known;
        Files.OpenHow how = new() { Flags = _signature.ImpliedFlags };
        if (Find(Role.OpenHow) is >= 0 and var at)
            ReadOpenHow(at, ref how);
        else
        {
            if (Find(Role.OpenFlags) is >= 0 and var flags)
                how.Flags |= (uint)Register(flags);
            if (Find(Role.Permissions) is >= 0 and var mode)
                how.Mode = Register(mode) & 0xfff;
        }

        // With O_PATH the kernel drops all others.
        if ((how.Flags & O_PATH) != 0)
            how.Flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        _openHow = how;
        return how;
    }

    private void ReadOpenHow(int at, ref Files.OpenHow how)
    {
        const int Known = 24, PageSize = 4096;
        ulong size = Register(at + 1);
        if (size is < Known or > PageSize)
            Certainly(size < Known ? EINVAL : E2BIG);
        else if (!TargetMemory.Read(_stop.ThreadId, Register(at), out how))
        {
            how = default;
            Fault();
        }
        else
        {
            // A program that is newer than this kernel may hand over more, if it is zero.
            byte[] rest = new byte[size - Known];
            if (TargetMemory.Read(_stop.ThreadId, Register(at) + Known, rest) != rest.Length)
                Fault();
            else if (rest.AsSpan().ContainsAnyExcept((byte)0))
                Certainly(E2BIG);
            else if (Files.Refuses(how) is not 0 and var errno)
                Certainly(errno);
        }
    }

    /// <summary>How a file is opened, in words: <c>rw+create</c>.</summary>
    public Argument ModeOfOpening() => Argument.FromText(OpenMode.Render(OpenFlags()));

    /// <summary>The user or group that chown(2) is given, by the id that the supervisor knows; -1 for none. Who isn't in the program's user namespace can't be given.</summary>
    public Argument Owner(Role role)
    {
        if (OwnerId(role) is { } id)
            return Flags.ToArgument(role, id);
        return Certainly(EINVAL);
    }

    /// <summary>As <see cref="Owner"/>; null for nobody.</summary>
    public uint? OwnerId(Role role)
    {
        uint given = (uint)Register(Find(role));
        if (given == uint.MaxValue || !roots.Credentials.MayDiffer)
            return given;
        IdMap? map = role == Role.Uid ? IdMap.OfUsers(_stop.ThreadId) : IdMap.OfGroups(_stop.ThreadId);
        return map is null ? given : map.Outside(given);
    }

    /// <summary>What fork, vfork, clone or clone3 makes.</summary>
    public Argument ForkKind()
    {
        if (Find(Role.CloneFlags) is >= 0 and var at)
            return Argument.FromText(CloneKind.Render(Register(at)));
        if (Find(Role.CloneArgs) is >= 0 and var args)
            return TargetMemory.Read(_stop.ThreadId, Register(args), out ulong flags) ? Argument.FromText(CloneKind.Render(flags)) : Fault();
        return Argument.FromText(CloneKind.Render(_signature.ImpliedFlags));
    }

    /// <summary>A path argument with its real file.</summary>
    /// <param name="nth">0 for the call's first path, 1 for its second.</param>
    public Argument Path(int nth)
    {
        if (nth == 0 && _target is { } target)
            return target.Path;
        int at = FindNth(nth, Role.Path, Role.PathNoFollow, Role.FileFd);
        if (at < 0 || !Wants(Needs.Strings | Needs.ResolvedPaths | Needs.Descriptors))
            return Argument.Unreadable;
        HeldPath? held = Wants(Needs.Held) ? _held[nth] : null;

        // Two views of one call (an open that truncates) ask for the same path.
        if (held is { IsKnown: true })
            return _heldArguments[nth];
        Argument path = PathOf(at, held);
        if (held is not null)
            held.RealName = path.Resolved;
        path = AsStream(path, held);
        if (held is null)
            return path;
        if (!_mayBlock && (!SlowFiles.IsLocal(held) || NeedsEscort(held)))
            WouldBlock = true;
        return _heldArguments[nth] = path;
    }

    /// <summary>
    /// True for opens that only the kernel can do as the program's own: of a terminal, which may become the program's controlling one, and by
    /// openat2(2) with O_PATH, whose descriptor can't be handed over; of a file that is about the namespaces of whoever opens it, or asks whether he may write.
    /// </summary>
    public bool NeedsEscort(HeldPath held)
    {
        const ulong O_NOCTTY = 0x100;
        return _signature.Operations is [Operation.Open, ..] && held.Object >= 0
            && ((SlowFiles.IsTerminal(held.Identity) && ((OpenFlags() & O_NOCTTY) == 0 || SlowFiles.IsOwnTerminal(held.Identity)))
                || ((OpenFlags() & O_PATH) != 0 && Find(Role.OpenHow) >= 0)
                || (SlowFiles.IsOfNamespaces(held.RealName) && !ProcessFacts.SharesNamespaces(_stop.ThreadId))
                || (roots.Credentials.AreReadAnew && (OpenFlags() & O_ACCMODE) != 0 && SlowFiles.AsksWhoOpened(held.Object, held.RealName)));
    }

    private Argument PathOf(int at, HeldPath? held)
    {
        _pathDescriptor = -1;
        if (_signature.Roles[at] == Role.FileFd)
            return OfDescriptor(Int(at), held: held);

        int directory = at > 0 && _signature.Roles[at - 1] == Role.DirFd ? Int(at - 1) : Files.AT_FDCWD;
        ulong atFlags = Find(Role.AtFlags) is >= 0 and var flags ? Register(flags) : 0;

        if (Register(at) == 0 && TakesNoPath(directory, atFlags))
            return OfDescriptor(directory, held: held);
        return PathAt(Register(at), directory, atFlags, Follows(_signature.Roles[at], atFlags), held);
    }

    // Some calls take no path at all for "the descriptor itself": the older two always, the newer ones where a flag says so (6.11).
    private bool TakesNoPath(int directory, ulong atFlags) => _stop.Number switch
    {
        SyscallNumbers.utimensat or SyscallNumbers.futimesat or SyscallNumbers.fanotify_mark => directory != Files.AT_FDCWD,
        SyscallNumbers.newfstatat or SyscallNumbers.statx or SyscallNumbers.setxattrat or SyscallNumbers.getxattrat or SyscallNumbers.listxattrat
            or SyscallNumbers.removexattrat or SyscallNumbers.file_getattr or SyscallNumbers.file_setattr => (atFlags & AT_EMPTY_PATH) != 0,
        _ => false,
    };

    // Calls on names hold the directory, all others the file.
    private Hold WhatToHold(HeldPath held, bool slash) => _signature.Operations[0] switch
    {
        // Nothing is created by a name that ends in a slash: the kernel says which errno.
        Operation.Open when (OpenFlags() & O_CREAT) != 0 => (OpenFlags() & O_EXCL) != 0 || slash ? Hold.Entry : Hold.Created,
        Operation.Delete or Operation.Mkdir or Operation.Mknod or Operation.Symlink or Operation.Rename or Operation.Bind => Hold.Entry,
        Operation.Link when held == _held[1] => Hold.Entry,
        _ => Hold.Object,
    };

    private bool Follows(Role role, ulong atFlags)
    {
        if (_signature.Operations is [Operation.Open, ..])
        {
            ulong flags = OpenFlags();
            return (flags & O_NOFOLLOW) == 0 && (atFlags & AT_SYMLINK_NOFOLLOW) == 0 && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
        }

        const ulong IN_DONT_FOLLOW = 0x02000000, FAN_MARK_DONT_FOLLOW = 4;
        if (_stop.Number == SyscallNumbers.inotify_add_watch)
            return (Register(2) & IN_DONT_FOLLOW) == 0;
        if (_stop.Number == SyscallNumbers.fanotify_mark)
            return (Register(1) & FAN_MARK_DONT_FOLLOW) == 0;
        return (role == Role.Path && (atFlags & AT_SYMLINK_NOFOLLOW) == 0) || (atFlags & AT_SYMLINK_FOLLOW) != 0;
    }

    private Argument PathAt(ulong address, int directory, ulong atFlags, bool follow, HeldPath? held)
    {
        switch (TargetMemory.ReadString(_stop.ThreadId, address, _text.AsSpan(0, Files.PathMax)))
        {
            case -1: return Fault();
            case -2: return Certainly(ENAMETOOLONG);
            // An empty path may stand for the descriptor itself; for readlinkat(2) and the mount calls by flags of their own.
            case 0 when (atFlags & AT_EMPTY_PATH) != 0:
                return OfDescriptor(directory, held: held);
            case 0 when _signature.Operations is [Operation.Readlink or Operation.Mount, ..]:
                IsEmptyPath = true;
                return OfDescriptor(directory, certain: _signature.Operations is [Operation.Readlink, ..] && directory != Files.AT_FDCWD, held);
            case 0:
                Certainly(ENOENT);
                return Argument.FromPath("", "");
            case var length: return Resolve(directory, _text.AsSpan(0, length), follow, held: held);
        }
    }

    private Argument Resolve(int directory, ReadOnlySpan<byte> path, bool follow, Needs wanted = Needs.ResolvedPaths, HeldPath? held = null)
    {
        string given = _names.Of(path);
        if (!Wants(wanted | Needs.Held))
            return Argument.FromPath(given, null);
        ulong resolve = _signature.Operations is [Operation.Open, ..] ? OpenHow().Resolve : 0;
        switch (_resolver.Resolve(_stop.ThreadId, directory, path, given, follow, _mayBlock, held is null ? Hold.Nothing : WhatToHold(held, slash: path[^1] == (byte)'/' && path.ContainsAnyExcept((byte)'/')), held, resolve, AsksByRealIds))
        {
            case Resolution.Done:
                return Argument.FromPath(given, _resolver.Resolved, _resolver.Entry);
            case Resolution.Impossible:
                Certainly(_resolver.Errno);
                return Argument.FromPath(given, null);
            default:
                WouldBlock = true;
                return Argument.Unreadable;
        }
    }

    /// <summary>A string argument that is no path; "" when the call has none.</summary>
    public Argument Text(int nth)
    {
        int at = FindNth(nth, Role.Text);
        return at < 0 ? Argument.FromText("") : StringAt(at);
    }

    private Argument StringAt(int at)
    {
        if (Register(at) == 0)
            return Wants(Needs.Held) && _signature is { Operations: not [Operation.Mount, ..] } && _signature.Roles[at] == Role.Text ? Fault() : Argument.FromText("");
        if (!Wants(Needs.Strings | Needs.Held))
            return Argument.Unreadable;
        bool holds = Wants(Needs.Held) && _signature.Roles[at] == Role.Text;
        if (holds && _heldTextArgument is { } known)
            return known;
        int length = TargetMemory.ReadString(_stop.ThreadId, Register(at), _text.AsSpan(0, Files.PathMax));
        Argument text = length >= 0 ? Argument.FromText(TargetText.FromBytes(_text.AsSpan(0, length))) : (length == -1 ? Fault() : Certainly(ENAMETOOLONG));
        if (holds && length >= 0)
            (_heldText, _heldTextArgument) = ([.. _text.AsSpan(0, length), 0], text);
        return text;
    }
}
