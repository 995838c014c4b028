using System.Buffers.Binary;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Confine;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>Calls that change or ask about a file: carried out on the file that was judged, reached by the supervisor's own descriptor.</summary>
internal sealed unsafe partial class FileEmulation(ArgumentReader reader, TargetCredentials credentials) : IEmulation
{
    private const int ENOENT = 2, ESRCH = 3, EBADF = 9, EAGAIN = 11, EACCES = 13, EFAULT = 14, ENOTDIR = 20, EINVAL = 22, EFBIG = 27, ENOSYS = 38;
    private const uint AT_SYMLINK_NOFOLLOW = 0x100, AT_EACCESS = 0x200, AT_EMPTY_PATH = 0x1000;
    private const int StructStat = 144, StructStatx = 256, StructStatfs = 120;

    // Once somebody was waited for, nobody is any more: some milliseconds for each call are too long, too.
    private static volatile bool s_waited;

    private readonly byte[] _result = GC.AllocateArray<byte>(Files.PathMax, pinned: true);
    private readonly byte[] _empty = GC.AllocateArray<byte>(1, pinned: true);

    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        SeccompStop answer = (SeccompStop)stop;
        HeldPath held = reader.Held(0);
        if (BeforeThePath(stop) is not 0 and var sooner)
            return answer.Return(sooner > 0 ? 0 : sooner);
        if (held.Errno != 0 || held.Object < 0)
            return answer.Fail(held.Errno == 0 ? EACCES : FailureOrder.ErrnoOf(stop, reader, held.Errno));
        if (held.WantsDirectory && !held.Identity.IsDirectory)
            return answer.Fail(FailureOrder.ErrnoOf(stop, reader, ENOTDIR));
        if (FailureOrder.HasOddFlags(stop, reader.Roles) && FailureOrder.ErrnoOf(stop, reader, 0) is not 0 and var refused)
            return answer.Fail(refused);
        if (reader.Fetched < 0 && stop.Number == SyscallNumbers.inotify_add_watch)
            return answer.Fail(EACCES);
        bool reads = reader.MainOperation is Operation.Stat or Operation.Access or Operation.Readlink or Operation.List;
        if (held.RealName is not { } name || Supervisor.Hides(name, reads) || credentials.Dumpable.Hides(name, reads, stop.ThreadId))
            return answer.Fail(EACCES);
        if (stop.Number == SyscallNumbers.truncate && credentials.Wall?.Truncate(held) is > 0 and var walled)
            return answer.Fail(walled);
        using TargetCredentials.Scope rights = credentials.Assume(stop.ThreadId, real: reader.AsksByRealIds);
        if (rights.IsRefused)
            return answer.Fail(EACCES);
        using TargetCredentials.Scope lesser = rights.Restores ? default : TargetCredentials.WithoutPtrace(name, stop.ThreadId);
        bool truncates = stop.Number == SyscallNumbers.truncate && !held.Identity.IsDirectory;
        if (truncates && IsTooLong(stop, (long)stop.Register(1)))
            return answer.Fail(EFBIG);
        if (truncates && (s_waited || SlowFiles.MayWait(held.Object, held.Identity, truncates: true)))
            return Wait(answer, held, name);
        long result = Do(stop, held);
        if (truncates && result == -Interruptible.EINTR)
        {
            s_waited = true;
            return Wait(answer, held, name);
        }

        reader.Release();
        return answer.Return(result);
    }

    // Somebody has a lease on the file (fcntl(2), F_SETLEASE) and is given 45 seconds to let go of it, or serves the file system: on a thread of its own, and as
    // interruptible as the program's own call.
    private Outcome Wait(SeccompStop stop, HeldPath held, string name)
    {
        SeccompStop parked = (SeccompStop)stop.Park();
        int file = held.GiveAway();
        bool begun = BlockingThreads.TryDo(() =>
        {
            using (parked)
            {
                long result = TruncateWaiting(parked, file, name);
                Files.Close(file);
                if (result != -ESRCH)
                    parked.Return(result);
            }
        });
        if (begun)
            return Outcome.Emulated;
        Files.Close(file);
        using (parked)
            return parked.Fail(EAGAIN);
    }

    private long TruncateWaiting(SeccompStop stop, int file, string realName)
    {
        using TargetCredentials.Scope rights = credentials.Assume(stop.ThreadId);
        if (rights.IsRefused)
            return -EACCES;
        using TargetCredentials.Scope lesser = rights.Restores ? default : TargetCredentials.WithoutPtrace(realName, stop.ThreadId);
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/self/fd/"u8).Add(file);

        // SAFETY: path ends in NUL and lives on this stack for the whole call.
        fixed (byte* name = path)
            return Interruptible.Call(stop, SyscallNumbers.truncate, (long)name, (long)stop.Register(1));
    }

    /// <inheritdoc/>
    public void Release() => reader.Release();

    // What the kernel looks at before it looks at the path: a negative errno, 1 for success without more, 0 to go on.
    private static long BeforeThePath(Stop stop) => stop.Number switch
    {
        SyscallNumbers.readlink when (int)stop.Register(2) <= 0 => -EINVAL,
        SyscallNumbers.readlinkat when (int)stop.Register(3) <= 0 => -EINVAL,
        SyscallNumbers.fchmod or SyscallNumbers.fchown or SyscallNumbers.fsetxattr or SyscallNumbers.fgetxattr or SyscallNumbers.flistxattr or SyscallNumbers.fremovexattr
            when ProcessFacts.IsOpenAsPath(stop.ThreadId, (int)stop.Register(0)) => -EBADF,
        _ => 0,
    };

    private long Do(Stop stop, HeldPath held)
    {
        ulong Word(int index) => stop.Register(index);
        int file = held.Object;
        switch (stop.Number)
        {
            case SyscallNumbers.truncate:
                return Truncate(file, (long)Word(1));
            case SyscallNumbers.ftruncate:
                return IsTooLong(stop, (long)Word(1)) ? -EFBIG : Libc.CallBlocking(SyscallNumbers.ftruncate, file, (long)Word(1));
            case SyscallNumbers.fallocate:
                return IsTooLong(stop, (long)Word(2) + (long)Word(3)) ? -EFBIG : Libc.CallBlocking(SyscallNumbers.fallocate, file, (long)Word(1), (long)Word(2), (long)Word(3));
            case SyscallNumbers.getdents or SyscallNumbers.getdents64:
                return List(stop, file, Word(1), (uint)Word(2));
            case SyscallNumbers.inotify_add_watch:
                return Watch(stop, held);
            case SyscallNumbers.cachestat:
                return Cached(stop, file);
            case SyscallNumbers.chmod or SyscallNumbers.fchmod:
                return ByPath(SyscallNumbers.chmod, file, (long)Word(1));
            case SyscallNumbers.fchmodat:
                return ByPath(SyscallNumbers.chmod, file, (long)Word(2));
            case SyscallNumbers.fchmodat2:
                return Libc.CallBlocking(SyscallNumbers.fchmodat2, file, Empty, (long)Word(2), (long)(Word(3) | AT_EMPTY_PATH));
            case SyscallNumbers.chown or SyscallNumbers.lchown or SyscallNumbers.fchown:
                return SetOwner(file, AT_EMPTY_PATH);
            case SyscallNumbers.fchownat:
                return SetOwner(file, (long)(Word(4) | AT_EMPTY_PATH));
            case SyscallNumbers.utime or SyscallNumbers.utimes or SyscallNumbers.futimesat or SyscallNumbers.utimensat:
                return SetTimes(stop, file);
            case SyscallNumbers.access:
                return Libc.CallBlocking(SyscallNumbers.faccessat2, file, Empty, (long)Word(1), AccessFlags(0));
            case SyscallNumbers.faccessat:
                return Libc.CallBlocking(SyscallNumbers.faccessat2, file, Empty, (long)Word(2), AccessFlags(0));
            case SyscallNumbers.faccessat2:
                return Libc.CallBlocking(SyscallNumbers.faccessat2, file, Empty, (long)Word(2), AccessFlags((uint)Word(3)));
            case SyscallNumbers.readlink:
                return ReadLink(stop, held, Word(1), (int)Word(2));
            case SyscallNumbers.readlinkat:
                return ReadLink(stop, held, Word(2), (int)Word(3));
            case SyscallNumbers.stat or SyscallNumbers.lstat or SyscallNumbers.fstat:
                return TellOwned(stop, SyscallNumbers.newfstatat, Word(1), StructStat, file, Empty, Result, AT_EMPTY_PATH);
            case SyscallNumbers.newfstatat:
                return TellOwned(stop, SyscallNumbers.newfstatat, Word(2), StructStat, file, Empty, Result, (long)(Word(3) | AT_EMPTY_PATH));
            case SyscallNumbers.statx:
                return TellOwned(stop, SyscallNumbers.statx, Word(4), StructStatx, file, Empty, (long)((uint)Word(2) | AT_EMPTY_PATH), (long)Word(3), Result);
            case SyscallNumbers.statfs or SyscallNumbers.fstatfs:
                return Tell(stop, SyscallNumbers.fstatfs, Word(1), StructStatfs, file, Result);
            case SyscallNumbers.name_to_handle_at:
                return NameToHandle(stop, file);
            default:
                return Attributes(stop, file);
        }
    }

    // The kernel asks for the supervisor's real ids, unless it is told not to; the thread's, where they were assumed, stand in its file system ids.
    private long AccessFlags(uint flags) => flags | AT_EMPTY_PATH | (credentials.MayDiffer ? AT_EACCESS : 0);

    private long Empty => (long)Address(_empty);

    private long Result => (long)Address(_result);

    // SAFETY: both arrays are pinned for their whole lives.
    private static byte* Address(byte[] pinned) => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(pinned));

    private static long ByPath(int number, int file, long b = 0, long c = 0, long d = 0, long e = 0)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/self/fd/"u8).Add(file);

        // SAFETY: path ends in NUL and lives on this stack for the whole call; pointers among the others are the caller's proof.
        fixed (byte* name = path)
            return Libc.CallBlocking(number, (long)name, b, c, d, e);
    }

    private static long Truncate(int file, long length)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/self/fd/"u8).Add(file);

        // SAFETY: path ends in NUL and lives on this stack for the whole call.
        fixed (byte* name = path)
            return Interruptible.TryCall(SyscallNumbers.truncate, (long)name, length);
    }

    // The ids are the supervisor's by now.
    private long SetOwner(int file, long flags) =>
        reader.OwnerId(Role.Uid) is { } user && reader.OwnerId(Role.Gid) is { } group
            ? Libc.CallBlocking(SyscallNumbers.fchownat, file, Empty, user, group, flags) : -EINVAL;

    // A call that yields struct stat or statx, with the owner as the program's user namespace calls him.
    private long TellOwned(Stop stop, int number, ulong where, int length, long a, long b, long c = 0, long d = 0, long e = 0)
    {
        if (!credentials.MayDiffer)
            return Tell(stop, number, where, length, a, b, c, d, e);
        long result = Libc.CallBlocking(number, a, b, c, d, e);
        if (result < 0)
            return result;
        int user = number == SyscallNumbers.statx ? 20 : 28;
        Rename(IdMap.OfUsers(stop.ThreadId), _result.AsSpan(user));
        Rename(IdMap.OfGroups(stop.ThreadId), _result.AsSpan(user + sizeof(uint)));
        return -TargetMemory.Write(stop, where, _result.AsSpan(0, length));
    }

    private static void Rename(IdMap? map, Span<byte> id)
    {
        if (map is not null)
            BinaryPrimitives.WriteUInt32LittleEndian(id, map.Inside(BinaryPrimitives.ReadUInt32LittleEndian(id)));
    }

    // A call that yields a struct, which goes to the program only when it succeeds.
    private long Tell(Stop stop, int number, ulong where, int length, long a, long b, long c = 0, long d = 0, long e = 0)
    {
        long result = Libc.CallBlocking(number, a, b, c, d, e);
        return result < 0 ? result : -TargetMemory.Write(stop, where, _result.AsSpan(0, length));
    }

    private long ReadLink(Stop stop, HeldPath held, ulong where, int room)
    {
        if (!held.Identity.IsLink)
            return reader.IsEmptyPath ? -ENOENT : -EINVAL;
        // Whatever its rights are, a process may look at itself.
        using TargetCredentials.Pause asSelf = held.RealName!.StartsWith($"/proc/{ProcessFacts.ProcessOf(stop.ThreadId)}/", StringComparison.Ordinal) ? TargetCredentials.AsSelf() : default;
        long length = OwnProcName(stop.ThreadId, held) is { } name
            ? System.Text.Encoding.ASCII.GetBytes(name, _result)
            : Libc.CallBlocking(SyscallNumbers.readlinkat, held.Object, Empty, Result, _result.Length);
        if (length < 0)
            return length;
        length = Math.Min(length, room);
        return TargetMemory.Write(stop, where, _result.AsSpan(0, (int)length)) is not 0 and var errno ? -errno : length;
    }

    // /proc/self and /proc/thread-self say who reads them.
    private static string? OwnProcName(int threadId, HeldPath held)
    {
        const long PROC_SUPER_MAGIC = 0x9fa0;
        string name = held.RealName![(held.RealName!.LastIndexOf('/') + 1)..];
        if (name is not ("self" or "thread-self") || Files.FileSystemType(held.Object) != PROC_SUPER_MAGIC)
            return null;
        (int process, int thread) = OwnProc.Shows(held.Object) ? (ProcessFacts.ProcessOf(threadId), threadId) : ProcessFacts.InnerIdsOf(threadId);
        return name == "self" ? $"{process}" : $"{process}/task/{thread}";
    }

    // The program's own limit (getrlimit(2)) isn't the supervisor's; who passes it gets a signal, too.
    private static bool IsTooLong(Stop stop, long length)
    {
        const int RLIMIT_FSIZE = 1, SIGXFSZ = 25;
        ulong* limit = stackalloc ulong[2];
        int process = ProcessFacts.ProcessOf(stop.ThreadId);

        // SAFETY: limit has room for struct rlimit64 and lives on this stack for the whole call.
        if (length < 0 || Libc.Call(SyscallNumbers.prlimit64, process, RLIMIT_FSIZE, 0, (long)limit) != 0 || (ulong)length <= limit[0])
            return false;
        if (stop.IsHeld)
            Libc.Call(SyscallNumbers.tgkill, process, stop.ThreadId, SIGXFSZ);
        return true;
    }

    // The position is the open file's own, which the program shares.
    private static long List(Stop stop, int directory, ulong where, uint room)
    {
        const int Most = 1 << 20, SEEK_SET = 0, SEEK_CUR = 1;
        byte[] entries = new byte[Math.Min(room, Most)];

        // SAFETY: entries is pinned for the whole call, and as long as said.
        fixed (byte* buffer = entries)
        {
            long position = Libc.Call(SyscallNumbers.lseek, directory, 0, SEEK_CUR);
            long count = Libc.CallBlocking(stop.Number, directory, (long)buffer, entries.Length);
            if (count <= 0 || TargetMemory.Write(stop, where, entries.AsSpan(0, (int)count)) is not (not 0 and var errno))
                return count;
            Libc.Call(SyscallNumbers.lseek, directory, position, SEEK_SET);
            return -errno;
        }
    }

    private long Watch(Stop stop, HeldPath held)
    {
        const uint IN_DONT_FOLLOW = 0x02000000, IN_ONLYDIR = 0x01000000;
        uint mask = (uint)stop.Register(2);
        if ((mask & IN_ONLYDIR) != 0 && !held.Identity.IsDirectory)
            return -ENOTDIR;
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/self/fd/"u8).Add(held.Object);

        // SAFETY: path ends in NUL and lives on this stack for the whole call.
        fixed (byte* name = path)
            return Libc.CallBlocking(SyscallNumbers.inotify_add_watch, reader.Fetched, (long)name, mask & ~IN_DONT_FOLLOW);
    }

    private long Cached(Stop stop, int file)
    {
        const int Range = 16, Statistics = 40;
        Span<byte> range = stackalloc byte[Range];
        if (TargetMemory.Read(stop.ThreadId, stop.Register(1), range) != Range)
            return -EFAULT;

        // SAFETY: range lives on this stack for the whole call; the result is longer than the struct.
        fixed (byte* copy = range)
            return Tell(stop, SyscallNumbers.cachestat, stop.Register(2), Statistics, file, (long)copy, Result, (long)stop.Register(3));
    }

    private long SetTimes(Stop stop, int file)
    {
        const long NanosecondsPerMicrosecond = 1000, MicrosecondsPerSecond = 1_000_000, UTIME_OMIT = 0x3ffffffe;
        (int at, uint flags) = stop.Number switch
        {
            SyscallNumbers.utimensat => (2, (uint)stop.Register(3)),
            SyscallNumbers.futimesat => (2, 0u),
            _ => (1, 0u),
        };
        Span<long> times = stackalloc long[4];
        ulong address = stop.Register(at);
        if (address != 0)
        {
            int words = stop.Number == SyscallNumbers.utime ? 2 : 4;
            Span<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(times[..words]);
            if (TargetMemory.Read(stop.ThreadId, address, bytes) != bytes.Length)
                return -EFAULT;
            if (stop.Number == SyscallNumbers.utime)
                (times[0], times[1], times[2], times[3]) = (times[0], 0, times[1], 0);
            else if (stop.Number != SyscallNumbers.utimensat)
            {
                if (times[1] is < 0 or >= MicrosecondsPerSecond || times[3] is < 0 or >= MicrosecondsPerSecond)
                    return -EINVAL;
                (times[1], times[3]) = (times[1] * NanosecondsPerMicrosecond, times[3] * NanosecondsPerMicrosecond);
            }
        }

        // Without a path it is a call on the descriptor.
        bool omitted = address != 0 && times[1] == UTIME_OMIT && times[3] == UTIME_OMIT;
        if (stop.Number is SyscallNumbers.utimensat or SyscallNumbers.futimesat && stop.Register(1) == 0 && !omitted)
        {
            if (flags != 0)
                return -EINVAL;
            if (ProcessFacts.IsOpenAsPath(stop.ThreadId, (int)stop.Register(0)))
                return -EBADF;
        }

        // SAFETY: times lives on this stack for the whole call.
        fixed (long* copy = times)
            return Libc.CallBlocking(SyscallNumbers.utimensat, file, Empty, address == 0 ? 0 : (long)copy, flags | AT_EMPTY_PATH);
    }

    // struct file_handle: its room in bytes, its type, the handle.
    private static long NameToHandle(Stop stop, int file)
    {
        const int Header = 8, MostBytes = 128, EOVERFLOW = 75;
        const uint AT_HANDLE_MNT_ID_UNIQUE = 1, AT_SYMLINK_FOLLOW = 0x400;
        uint flags = (uint)stop.Register(4);
        Span<byte> handle = stackalloc byte[Header + MostBytes];
        if (TargetMemory.Read(stop.ThreadId, stop.Register(2), handle[..4]) != 4)
            return -EFAULT;
        uint room = BinaryPrimitives.ReadUInt32LittleEndian(handle);
        if (room > MostBytes)
            return -EINVAL;
        long mount = 0, result;
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/self/fd/"u8).Add(file);

        // SAFETY: handle is as long as its first word says; path ends in NUL; all live on this stack for the whole call.
        fixed (byte* copy = handle, name = path)
            result = Libc.CallBlocking(SyscallNumbers.name_to_handle_at, Files.AT_FDCWD, (long)name, (long)copy, (long)(&mount), flags | AT_SYMLINK_FOLLOW);
        if (result is < 0 and not -EOVERFLOW)
            return result;
        int used = Header + (int)Math.Min(room, BinaryPrimitives.ReadUInt32LittleEndian(handle));
        Span<byte> id = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(id, mount);
        id = id[..((flags & AT_HANDLE_MNT_ID_UNIQUE) != 0 ? sizeof(long) : sizeof(int))];
        return TargetMemory.Write(stop, stop.Register(2), handle[..(result < 0 ? Header : used)]) != 0
            || TargetMemory.Write(stop, stop.Register(3), id) != 0 ? -EFAULT : result;
    }
}
