using System.Runtime.InteropServices;

namespace Sandgate.Linux.Interop;

/// <summary>The file calls that the supervisor makes for itself. Results are descriptors or counts, or negative errnos.</summary>
internal static unsafe class Files
{
    public const int AT_FDCWD = -100;
    public const int O_RDONLY = 0, O_RDWR = 2, O_NONBLOCK = 0x800, O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000, O_CLOEXEC = 0x80000, O_PATH = 0x200000;
    public const int RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_CACHED = 0x20;
    public const int PathMax = 4096;

    // The way to it from the root would be walked anew each time.
    private static readonly int s_descriptors = Open(AT_FDCWD, "/proc/self/fd\0"u8, O_PATH | O_DIRECTORY | O_CLOEXEC);

    /// <summary>struct open_how (openat2(2)).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct OpenHow
    {
        public ulong Flags, Mode, Resolve;
    }

    /// <summary>The errno that openat2(2) refuses such flags with before it looks at any file; 0 when it takes them.</summary>
    public static int Refuses(OpenHow how)
    {
        byte empty = 0;

        // SAFETY: both live on this stack for the whole call. An empty path means no file.
        int result = (int)Libc.Call(SyscallNumbers.openat2, AT_FDCWD, (long)(&empty), (long)(&how), sizeof(OpenHow));
        if (result >= 0)
            Close(result);
        return result is < 0 and not -2 /* ENOENT */ ? -result : 0;
    }

    /// <summary>openat(2), which may wait. The path must end in NUL.</summary>
    public static int Open(int directory, ReadOnlySpan<byte> path, uint flags, uint mode = 0)
    {
        // SAFETY: path lives for the whole call and ends in NUL by contract.
        fixed (byte* name = path)
            return (int)Libc.CallBlocking(SyscallNumbers.openat, directory, (long)name, flags, mode);
    }

    /// <summary>Opens anew what a descriptor is open on.</summary>
    public static int Reopen(int descriptor, uint flags, uint mode = 0)
    {
        Span<byte> name = stackalloc byte[ProcPath.Room];
        new ProcPath(name).Add(descriptor);
        return Open(s_descriptors, name, flags, mode);
    }

    /// <summary>openat2(2) without creating. The path must end in NUL.</summary>
    public static int OpenAt2(int directory, ReadOnlySpan<byte> path, int flags, int resolve, bool mayBlock)
    {
        OpenHow how = new() { Flags = (uint)flags, Resolve = (uint)resolve };

        // SAFETY: how and path live for the whole call; path ends in NUL by contract.
        fixed (byte* name = path)
        {
            return (int)(mayBlock
                ? Libc.CallBlocking(SyscallNumbers.openat2, directory, (long)name, (long)(&how), sizeof(OpenHow))
                : Libc.Call(SyscallNumbers.openat2, directory, (long)name, (long)(&how), sizeof(OpenHow)));
        }
    }

    /// <summary>close(2).</summary>
    public static void Close(int descriptor) => Libc.Call(SyscallNumbers.close, descriptor);

    /// <summary>readlinkat(2): the number of bytes, or a negative errno. The path must end in NUL.</summary>
    public static int ReadLink(int directory, ReadOnlySpan<byte> path, Span<byte> into)
    {
        // SAFETY: both live for the whole call; path ends in NUL by contract; the length is into's own.
        fixed (byte* name = path, buffer = into)
            return (int)Libc.Call(SyscallNumbers.readlinkat, directory, (long)name, (long)buffer, into.Length);
    }

    /// <summary>The name by which the kernel knows an open descriptor of this process.</summary>
    public static int ReadDescriptorName(int descriptor, Span<byte> into)
    {
        Span<byte> buffer = stackalloc byte[ProcPath.Room];
        new ProcPath(buffer).Add(descriptor);
        return ReadLink(s_descriptors, buffer, into);
    }

    /// <summary>Reads a small file of /proc whole, as far as it fits. The path must end in NUL.</summary>
    public static int ReadWhole(ReadOnlySpan<byte> path, Span<byte> into)
    {
        fixed (byte* name = path, buffer = into)
        {
            // SAFETY: both live for both calls; path ends in NUL by contract; the length is into's own.
            int descriptor = (int)Libc.Call(SyscallNumbers.openat, AT_FDCWD, (long)name, O_RDONLY | O_CLOEXEC);
            if (descriptor < 0)
                return descriptor;
            int count = (int)Libc.Call(SyscallNumbers.read, descriptor, (long)buffer, into.Length);
            Close(descriptor);
            return count;
        }
    }

    /// <summary>What stat(2) tells of a descriptor, as far as it is needed here.</summary>
    public static bool Stat(int descriptor, out FileIdentity identity)
    {
        // struct stat of x86-64 is 144 bytes; the kernel's own fields stand at fixed places.
        Span<byte> buffer = stackalloc byte[144];
        long result;

        // SAFETY: buffer is as long as struct stat and lives for the whole call.
        fixed (byte* stat = buffer)
            result = Libc.Call(SyscallNumbers.fstat, descriptor, (long)stat);
        identity = new(MemoryMarshal.Read<ulong>(buffer), MemoryMarshal.Read<ulong>(buffer[8..]), MemoryMarshal.Read<uint>(buffer[24..]),
            MemoryMarshal.Read<ulong>(buffer[40..]), MemoryMarshal.Read<ulong>(buffer[16..]), MemoryMarshal.Read<long>(buffer[48..]), MemoryMarshal.Read<uint>(buffer[28..]));
        return result == 0;
    }

    /// <summary>The mount through which a descriptor was reached (statx(2), STATX_MNT_ID); 0 when it can't be told. Every mount that exists has another number.</summary>
    public static ulong MountOf(int descriptor)
    {
        const int AT_EMPTY_PATH = 0x1000, AT_STATX_DONT_SYNC = 0x4000, STATX_MNT_ID = 0x1000, MaskAt = 0, MountAt = 0x90;
        Span<byte> buffer = stackalloc byte[256];
        byte empty = 0;

        // SAFETY: buffer is as long as struct statx; both live for the whole call.
        fixed (byte* statx = buffer)
            return Libc.Call(SyscallNumbers.statx, descriptor, (long)(&empty), AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, (long)statx) == 0
                && (MemoryMarshal.Read<uint>(buffer[MaskAt..]) & STATX_MNT_ID) != 0 ? MemoryMarshal.Read<ulong>(buffer[MountAt..]) : 0;
    }

    /// <summary>Type and permission bits of what a descriptor is open on, as far as they are known without asking who serves it (statx(2)); 0 when they can't be told.</summary>
    public static uint CachedMode(int descriptor)
    {
        const int AT_EMPTY_PATH = 0x1000, AT_STATX_DONT_SYNC = 0x4000, STATX_MODE = 2, ModeAt = 28;
        Span<byte> buffer = stackalloc byte[256];
        byte empty = 0;

        // SAFETY: buffer is as long as struct statx; both live for the whole call.
        fixed (byte* statx = buffer)
            return Libc.Call(SyscallNumbers.statx, descriptor, (long)(&empty), AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MODE, (long)statx) == 0 ? MemoryMarshal.Read<ushort>(buffer[ModeAt..]) : 0u;
    }

    /// <summary>The magic number of the file system that a descriptor lies on (statfs(2)); 0 when it can't be told.</summary>
    public static long FileSystemType(int descriptor)
    {
        FileSystem(descriptor, out long type, out _);
        return type;
    }

    /// <summary>The same, and whether no link on its mount is followed (mount(8), nosymfollow).</summary>
    public static void FileSystem(int descriptor, out long type, out bool followsNoLinks)
    {
        const int FlagsAt = 80;
        const long ST_NOSYMFOLLOW = 0x2000;
        Span<byte> buffer = stackalloc byte[120];
        bool told;

        // SAFETY: buffer is as long as struct statfs and lives for the whole call.
        fixed (byte* statfs = buffer)
            told = Libc.Call(SyscallNumbers.fstatfs, descriptor, (long)statfs) == 0;
        type = told ? MemoryMarshal.Read<long>(buffer) : 0;
        followsNoLinks = told && (MemoryMarshal.Read<long>(buffer[FlagsAt..]) & ST_NOSYMFOLLOW) != 0;
    }
}

/// <summary>Which file a descriptor is open on.</summary>
/// <param name="Device">Its device.</param>
/// <param name="Inode">Its inode number.</param>
/// <param name="Mode">Its type and permission bits.</param>
/// <param name="SpecialDevice">For a device file, the device that it stands for.</param>
/// <param name="Links">How many names it has.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Owner">Its user id.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Inode, uint Mode, ulong SpecialDevice, ulong Links, long Size, uint Owner)
{
    private const uint S_IFMT = 0xf000, S_IFLNK = 0xa000, S_IFDIR = 0x4000, S_IFREG = 0x8000, S_IFCHR = 0x2000, S_IFIFO = 0x1000;

    /// <summary>True for a symbolic link.</summary>
    public bool IsLink => (Mode & S_IFMT) == S_IFLNK;

    /// <summary>True for a directory.</summary>
    public bool IsDirectory => (Mode & S_IFMT) == S_IFDIR;

    /// <summary>True for a plain file.</summary>
    public bool IsPlain => (Mode & S_IFMT) == S_IFREG;

    /// <summary>True for a named pipe.</summary>
    public bool IsFifo => (Mode & S_IFMT) == S_IFIFO;

    /// <summary>True for a character device.</summary>
    public bool IsCharacterDevice => (Mode & S_IFMT) == S_IFCHR;

    /// <summary>True for the same file, whatever its mode is by now.</summary>
    public bool IsSameFile(in FileIdentity other) => Device == other.Device && Inode == other.Inode;
}
