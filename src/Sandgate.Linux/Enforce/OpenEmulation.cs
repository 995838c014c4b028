using Sandgate.Core.Trap;
using Sandgate.Linux.Confine;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// open(2) and its kin: the supervisor opens the file that was judged, and the kernel puts it into the
/// program's table under the number that the program's own open would have had.
/// </summary>
internal sealed class OpenEmulation(ArgumentReader reader, TargetCredentials credentials, Escort? escort) : IEmulation
{
    private const uint
        O_ACCMODE = 3, O_CREAT = 0x40, O_EXCL = 0x80, O_NOCTTY = 0x100, O_TRUNC = 0x200, O_NONBLOCK = 0x800,
        O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000, O_CLOEXEC = 0x80000, O_PATH = 0x200000, __O_TMPFILE = 0x400000;

    private const int EACCES = 13, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, EMFILE = 24, ENXIO = 6, ESRCH = 3, EAGAIN = 11, ENOSYS = 38;
    private const int F_SETFL = 4;

    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        SeccompStop answer = (SeccompStop)stop;
        HeldPath held = reader.Held(0);
        Files.OpenHow how = reader.OpenHow();
        uint flags = (uint)how.Flags;
        // The kernel looks for a free number first: nothing is created or truncated without.
        if ((held.Object < 0 || (flags & O_TRUNC) != 0 || !held.Identity.IsPlain) && (flags & O_PATH) == 0 && DescriptorRoom.IsFull(stop.ThreadId))
            return answer.Fail(EMFILE);
        if (held.Errno != 0 || !held.IsKnown)
            return answer.Fail(held.Errno == 0 ? EACCES : IsOdd(flags) ? FailureOrder.ErrnoOf(stop, reader, held.Errno) : held.Errno);

        // The kernel doesn't pass on such a descriptor (seccomp_unotify(2)). It carries no right to read or write; what is done by it is judged
        // then. Its flag must stand in a register, or another thread could turn it into an open of some other kind.
        if (escort is not null && reader.NeedsEscort(held))
            return new OpenVerification(escort, held, isPath: (flags & O_PATH) != 0).Carry(answer);
        if ((flags & O_PATH) != 0)
            return stop.Number == SyscallNumbers.openat2 ? answer.Fail(ENOSYS) : answer.Continue();
        if (IsOdd(flags) && Files.Refuses(new() { Flags = flags, Mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? how.Mode : 0 }) is not 0 and var refused)
            return answer.Fail(refused);
        bool reads = (flags & (O_ACCMODE | O_TRUNC | O_CREAT)) == 0;
        if (held.RealName is not { } name || Supervisor.Hides(name, reads) || credentials.Dumpable.Hides(name, reads, stop.ThreadId))
            return answer.Fail(EACCES);
        if (credentials.Wall?.Open(held, flags) is > 0 and var walled)
            return answer.Fail(walled);

        using TargetCredentials.Scope rights = credentials.Assume(stop.ThreadId, IsOfUserNamespace(name));
        if (rights.IsRefused)
            return answer.Fail(EACCES);
        if ((flags & (O_CREAT | __O_TMPFILE)) == O_CREAT && held.Object >= 0 && !held.Identity.IsDirectory && !held.WantsDirectory
            && (held.IsNotToBeReused ?? StickyDirectory.ForbidsToReuse(name, held.Object, held.Identity)))
            return answer.Fail(EACCES);
        using TargetCredentials.Scope other = rights.Restores ? TargetCredentials.AsItself(name, stop.ThreadId) : TargetCredentials.WithoutPtrace(name, stop.ThreadId);
        if (held.Identity.IsFifo)
            Interruptible.EndThoseOfTheGone();
        if (held.Object >= 0 && SlowFiles.MayWait(held.Object, held.Identity, truncates: (flags & O_TRUNC) != 0) && !SlowFiles.IsOwnTerminal(held.Identity))
            return Wait(answer, held, flags);
        long opened = held.Object >= 0 ? OpenHeld(stop.ThreadId, held, flags, (uint)how.Mode) : Create(stop.ThreadId, held, flags, (uint)how.Mode);

        // Somebody has a lease on it (fcntl(2), F_SETLEASE) and may take his time.
        if (opened == -EAGAIN && held.Identity.IsPlain && (flags & O_NONBLOCK) == 0)
            return Wait(answer, held, flags);
        bool plain = held.Object < 0 || held.Identity.IsPlain || held.Identity.IsDirectory;
        reader.Release();
        return opened == -EEXIST && (flags & O_EXCL) == 0 ? Outcome.Changed : Answer(answer, opened, flags, plain);
    }

    // user_namespaces(7)
    private static bool IsOfUserNamespace(string name) => name.StartsWith("/proc/", StringComparison.Ordinal)
        && name[(name.LastIndexOf('/') + 1)..] is "uid_map" or "gid_map" or "projid_map" or "setgroups";

    // Flags that the kernel may refuse before it looks at any file.
    private static bool IsOdd(uint flags) => (flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT) || (flags & __O_TMPFILE) != 0;

    // A FIFO has a reader or writer more as long as the supervisor's descriptor is open; what is opened to be locked (OpenLocks) is often created.
    private static Outcome Answer(SeccompStop stop, long opened, uint flags, bool plain) =>
        opened < 0 ? stop.Return(opened) : stop.Install((int)opened, (flags & O_CLOEXEC) != 0, closeFirst: !plain || (flags & (O_ACCMODE | O_CREAT)) != 0);

    /// <inheritdoc/>
    public void Release() => reader.Release();

    // A FIFO waits for its other end, a device for its line: on a thread of its own, and as interruptible as the program's own call.
    private Outcome Wait(SeccompStop stop, HeldPath held, uint flags)
    {
        SeccompStop parked = (SeccompStop)stop.Park();
        int file = held.GiveAway();
        (string? name, FileIdentity identity) = (held.RealName, held.Identity);
        bool begun = BlockingThreads.TryDo(() =>
        {
            using (parked)
            {
                long opened = OpenWaiting(parked, file, name, identity, flags);
                Files.Close(file);
                if (opened != -ESRCH)
                    Answer(parked, opened, flags, plain: false);
            }
        });
        if (begun)
            return Outcome.Emulated;
        Files.Close(file);
        using (parked)
            return parked.Fail(EAGAIN);
    }

    private unsafe long OpenWaiting(SeccompStop stop, int file, string? realName, FileIdentity identity, uint flags)
    {
        using TargetCredentials.Scope rights = credentials.Assume(stop.ThreadId);
        if (rights.IsRefused)
            return -EACCES;
        bool byName = (flags & O_NOFOLLOW) != 0 && identity.IsFifo;
        if (byName && (flags & O_NONBLOCK) != 0 && OpenSame(realName!, file, identity, ToReopen(flags) | O_NOFOLLOW) is >= 0 and var same)
            return same;
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/self/fd/"u8).Add(file);
        long opened;

        // SAFETY: path ends in NUL and lives on this stack for the whole call.
        fixed (byte* name = path)
            opened = Interruptible.Call(stop, SyscallNumbers.openat, Files.AT_FDCWD, (long)name, ToReopen(flags));

        // Now that the other end is there, it is there for a second open, too.
        if (!byName || opened < 0 || OpenSame(realName!, file, identity, ToReopen(flags) | O_NOFOLLOW) is not (>= 0 and var again))
            return opened;
        Files.Close((int)opened);
        return again;
    }

    // Opening by the supervisor must not give it a controlling terminal.
    private static uint ToReopen(uint flags) => (flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW)) | O_CLOEXEC | O_NOCTTY;

    private static long OpenHeld(int threadId, HeldPath held, uint flags, uint mode)
    {
        bool nameless = (flags & __O_TMPFILE) != 0;
        if ((flags & O_CREAT) != 0 && !nameless && (held.Identity.IsDirectory || held.WantsDirectory))
            return -EISDIR;
        if (held.WantsDirectory && !held.Identity.IsDirectory)
            return -ENOTDIR;

        uint own = ToReopen(flags);
        if (SlowFiles.IsOwnTerminal(held.Identity))
            return ControllingTerminal.Open(threadId, own);
        if (nameless)
            return Umask.Create(threadId, () => Files.Reopen(held.Object, own | (flags & O_EXCL), mode));
        if ((flags & O_NOFOLLOW) != 0 && !held.Identity.IsLink && OpenSame(held, own | O_NOFOLLOW) is >= 0 and var same)
            return same;
        return held.Identity.IsPlain && (flags & O_NONBLOCK) == 0 ? Waiting(Files.Reopen(held.Object, own | O_NONBLOCK), own) : Files.Reopen(held.Object, own);
    }

    // What was opened without waiting, as if it had been opened otherwise.
    private static long Waiting(long opened, uint flags)
    {
        if (opened >= 0)
            Libc.Call(SyscallNumbers.fcntl, opened, F_SETFL, flags);
        return opened;
    }

    // Whether a file was opened with O_NOFOLLOW can be seen afterwards (F_GETFL), and the way by /proc can't be gone with it. So it is opened by
    // its name, and taken if it is the same file by the same mount (the program's may be read-only); without waiting, because something else may
    // stand there by now.
    private static long OpenSame(HeldPath held, uint flags)
    {
        if (held.Identity.IsDirectory)
            return Files.Open(held.Object, ".\0"u8, flags);
        if (!(held.Identity.IsPlain || SlowFiles.IsMemoryDevice(held.Identity)) || (flags & O_TRUNC) != 0)
            return -ENXIO;
        return OpenSame(held.RealName!, held.Object, held.Identity, flags);
    }

    private static long OpenSame(string realName, int file, in FileIdentity held, uint flags)
    {
        byte[] name = [.. Core.Decode.TargetText.ToBytes(realName), 0];
        ulong mount = Files.MountOf(file);

        // Among the program's own mounts the name may mean another file, and a FIFO notices that it is opened.
        int seen = Files.Open(Files.AT_FDCWD, name, Files.O_PATH | Files.O_CLOEXEC | O_NOFOLLOW);
        bool same = seen >= 0 && IsSame(seen, held, mount);
        if (seen >= 0)
            Files.Close(seen);
        if (!same)
            return -ENXIO;
        int opened = Files.Open(Files.AT_FDCWD, name, flags | O_NONBLOCK);
        if (opened < 0)
            return opened;
        if (IsSame(opened, held, mount) && ((flags & O_NONBLOCK) != 0 || Libc.Call(SyscallNumbers.fcntl, opened, F_SETFL, flags & ~O_NOFOLLOW) == 0))
            return opened;
        Files.Close(opened);
        return -ENXIO;
    }

    private static bool IsSame(int descriptor, in FileIdentity file, ulong mount) =>
        Files.Stat(descriptor, out FileIdentity identity) && identity.IsSameFile(file) && mount != 0 && Files.MountOf(descriptor) == mount;

    // Never what stands there already: if something came between, it is judged anew.
    private static long Create(int threadId, HeldPath held, uint flags, uint mode)
    {
        byte[] name = held.Name.ToArray();
        uint own = flags | O_EXCL | O_CLOEXEC | O_NOCTTY;
        if (Files.Stat(held.Parent, out FileIdentity directory) && SlowFiles.IsLocal(held.Parent, directory.Device))
            return Umask.Create(threadId, () => Files.Open(held.Parent, name, own, mode));

        // Somebody else serves this file system and may take his time.
        return Files.Open(held.Parent, name, own, mode & ~Umask.Of(threadId));
    }
}
