using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Confine;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Calls that make, remove or move names: carried out in the very directory that was judged, on the
/// name that was judged, which is never followed.
/// </summary>
internal sealed unsafe class NameEmulation(ArgumentReader reader, TargetRoots roots) : IEmulation
{
    private const int EINVAL = 22, EACCES = 13, EBUSY = 16, EEXIST = 17, ENOTDIR = 20;
    private const uint RENAME_NOREPLACE = 1;
    private const uint AT_REMOVEDIR = 0x200, AT_SYMLINK_FOLLOW = 0x400, AT_EMPTY_PATH = 0x1000;

    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        SeccompStop answer = (SeccompStop)stop;
        HeldPath first = reader.Held(0), second = reader.Held(1);
        int errno = first.Errno != 0 ? first.Errno : second.Errno;
        if (errno != 0 || !first.IsKnown)
            return answer.Fail(errno == 0 ? EACCES : FailureOrder.ErrnoOf(stop, reader, errno));
        if (reader.MainOperation == Operation.Link && first.WantsDirectory && !first.Identity.IsDirectory)
            return answer.Fail(FailureOrder.ErrnoOf(stop, reader, ENOTDIR));
        if (IsHidden(first, stop.ThreadId) || (second.IsKnown && IsHidden(second, stop.ThreadId)))
            return answer.Fail(EACCES);
        if (roots.Credentials.Wall is { } wall && WalledErrno(wall, stop, first, second) is not 0 and var walled)
            return answer.Fail(walled);
        bool renames = reader.MainOperation == Operation.Rename;
        if (roots.MayDiffer && ((renames || reader.MainOperation == Operation.Delete) && IsMountPoint(first) || (renames && IsMountPoint(second))))
            return answer.Fail(EBUSY);
        using TargetCredentials.Scope rights = roots.Credentials.Assume(stop.ThreadId);
        if (rights.IsRefused)
            return answer.Fail(EACCES);
        if (!reader.WatchesNames)
            return Finish(answer, Do(stop, first, second));
        long? result = roots.Changes.Make(reader.Judged, renames && reader.MovesTree, () => !renames || reader.IsStillThere(), () => Do(stop, first, second));
        return result is { } done ? Finish(answer, done) : Outcome.Changed;
    }

    // The kernel keeps what something is mounted on in place only for whoever shares those mounts (rename(2), EBUSY), which the supervisor may not.
    private static bool IsMountPoint(HeldPath held)
    {
        if (held.Parent < 0 || held.IsNameless)
            return false;
        int entry = Files.Open(held.Parent, [.. held.Name.TrimEnd((byte)0).TrimEnd((byte)'/'), 0], Files.O_PATH | Files.O_NOFOLLOW | Files.O_CLOEXEC);
        if (entry < 0)
            return false;
        bool mounted = Files.MountOf(entry) != Files.MountOf(held.Parent);
        Files.Close(entry);
        return mounted;
    }

    // Somebody put a file there since it was judged, or the file system can't be told to keep it.
    private bool MustBeJudgedAgain(long result)
    {
        if (!reader.KeepsOthers || result is not (-EEXIST or -EINVAL))
            return false;
        if (result == -EINVAL)
            reader.ReplaceAnyway();
        return true;
    }

    private Outcome Finish(SeccompStop answer, long result)
    {
        if (MustBeJudgedAgain(result))
            return Outcome.Changed;
        reader.Release();
        return answer.Return(result);
    }

    /// <inheritdoc/>
    public void Release() => reader.Release();

    private bool IsHidden(HeldPath held, int thread) => held.RealName is not { } name || Supervisor.Hides(name, reads: false) || roots.Credentials.Dumpable.Hides(name, reads: false, thread);

    // What isn't there the kernel says before it asks for rights.
    private static int WalledErrno(LandlockWall wall, Stop stop, HeldPath first, HeldPath second)
    {
        const uint S_IFMT = 0xf000, S_IFDIR = 0x4000, S_IFLNK = 0xa000, RENAME_EXCHANGE = 2;
        switch (stop.Number)
        {
            case SyscallNumbers.unlink or SyscallNumbers.rmdir or SyscallNumbers.unlinkat:
                return ModeOf(first) is { } removed ? wall.Remove(first.Parent, (removed & S_IFMT) == S_IFDIR) : 0;
            case SyscallNumbers.rename or SyscallNumbers.renameat or SyscallNumbers.renameat2:
                bool exchanges = stop.Number == SyscallNumbers.renameat2 && ((uint)stop.Register(4) & RENAME_EXCHANGE) != 0;
                bool same = Files.Stat(first.Parent, out FileIdentity from) && Files.Stat(second.Parent, out FileIdentity to) && from.IsSameFile(to);
                return ModeOf(first) is { } moved ? wall.Move(first.Parent, moved, second.Parent, ModeOf(second), exchanges, same) : 0;
            case SyscallNumbers.link or SyscallNumbers.linkat:
                return ModeOf(second) is null ? wall.Link(first, second.Parent) : 0;
            case SyscallNumbers.symlink or SyscallNumbers.symlinkat:
                return ModeOf(first) is null ? wall.Make(first.Parent, S_IFLNK) : 0;
            case SyscallNumbers.mkdir or SyscallNumbers.mkdirat:
                return ModeOf(first) is null ? wall.Make(first.Parent, S_IFDIR) : 0;
            default:
                return ModeOf(first) is null ? wall.Make(first.Parent, (uint)stop.Register(stop.Number == SyscallNumbers.mknod ? 1 : 2)) : 0;
        }
    }

    private static uint? ModeOf(HeldPath held)
    {
        byte[] name = held.Name.ToArray();
        int entry = Files.Open(held.Parent, name, Files.O_PATH | Files.O_NOFOLLOW | Files.O_CLOEXEC);
        if (entry < 0)
            return null;
        Files.Stat(entry, out FileIdentity identity);
        Files.Close(entry);
        return identity.Mode;
    }

    private long Do(Stop stop, HeldPath first, HeldPath second)
    {
        // SAFETY: both names end in NUL and live, pinned, for the whole call.
        fixed (byte* name = first.Name, newName = second.Name)
        {
            switch (stop.Number)
            {
                case SyscallNumbers.unlink:
                    return Libc.CallBlocking(SyscallNumbers.unlinkat, first.Parent, (long)name, 0);
                case SyscallNumbers.rmdir:
                    return Libc.CallBlocking(SyscallNumbers.unlinkat, first.Parent, (long)name, AT_REMOVEDIR);
                case SyscallNumbers.unlinkat:
                    return Libc.CallBlocking(SyscallNumbers.unlinkat, first.Parent, (long)name, (long)stop.Register(2));
                case SyscallNumbers.rename or SyscallNumbers.renameat:
                    return Libc.CallBlocking(SyscallNumbers.renameat2, first.Parent, (long)name, second.Parent, (long)newName, reader.KeepsOthers ? RENAME_NOREPLACE : 0);
                case SyscallNumbers.renameat2:
                    return Libc.CallBlocking(
                        SyscallNumbers.renameat2, first.Parent, (long)name, second.Parent, (long)newName, (long)(stop.Register(4) | (reader.KeepsOthers ? RENAME_NOREPLACE : 0u)));
                case SyscallNumbers.link:
                    return Link(first.Object, second.Parent, newName, 0);
                case SyscallNumbers.linkat:
                    return Link(first.Object, second.Parent, newName, (uint)stop.Register(4));
                case SyscallNumbers.symlink or SyscallNumbers.symlinkat:
                    fixed (byte* text = reader.HeldText)
                        return Libc.CallBlocking(SyscallNumbers.symlinkat, (long)text, first.Parent, (long)name);
                case SyscallNumbers.mkdir:
                    return Make(stop, SyscallNumbers.mkdirat, first, stop.Register(1), 0);
                case SyscallNumbers.mkdirat:
                    return Make(stop, SyscallNumbers.mkdirat, first, stop.Register(2), 0);
                case SyscallNumbers.mknod:
                    return Make(stop, SyscallNumbers.mknodat, first, stop.Register(1), stop.Register(2));
                default:
                    return Make(stop, SyscallNumbers.mknodat, first, stop.Register(2), stop.Register(3));
            }
        }
    }

    // By the file that was judged, not by its name. A link itself is held where it isn't to be followed.
    private static long Link(int file, int directory, byte* name, uint flags)
    {
        if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0)
            return -EINVAL;
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/self/fd/"u8).Add(file);

        // SAFETY: path ends in NUL and lives on this stack; name is the caller's.
        fixed (byte* old = path)
            return Libc.CallBlocking(SyscallNumbers.linkat, Files.AT_FDCWD, (long)old, directory, (long)name, AT_SYMLINK_FOLLOW);
    }

    private static long Make(Stop stop, int number, HeldPath held, ulong mode, ulong device)
    {
        byte[] copy = held.Name.ToArray();
        int directory = held.Parent;
        long MakeIt(uint hidden)
        {
            // SAFETY: the name ends in NUL and is pinned for the whole call.
            fixed (byte* name = copy)
                return Libc.CallBlocking(number, directory, (long)name, (long)(mode & ~(ulong)hidden), (long)device);
        }

        return Files.Stat(directory, out FileIdentity identity) && SlowFiles.IsLocal(directory, identity.Device)
            ? Umask.Create(stop.ThreadId, () => MakeIt(0))
            : MakeIt(Umask.Of(stop.ThreadId));
    }
}
