using Sandgate.Linux.Decode;

namespace Sandgate.Linux.Confine;

/// <summary>Which rights the kernel would ask for when the program itself made a call that the supervisor makes for it.</summary>
internal static class WalledCalls
{
    private const int EACCES = 13;
    private const uint O_ACCMODE = 3, O_WRONLY = 1, O_RDWR = 2, O_TRUNC = 0x200, __O_TMPFILE = 0x400000;
    private const uint S_IFMT = 0xf000, S_IFCHR = 0x2000, S_IFBLK = 0x6000, S_IFIFO = 0x1000, S_IFSOCK = 0xc000, S_IFLNK = 0xa000, S_IFDIR = 0x4000;

    /// <summary>The errno of an open; 0 when it may be.</summary>
    public static int Open(this LandlockWall wall, HeldPath held, uint flags)
    {
        bool nameless = (flags & __O_TMPFILE) == __O_TMPFILE;
        FileRights wanted = (flags & O_ACCMODE) switch
        {
            O_WRONLY => FileRights.WriteFile,
            O_RDWR => FileRights.WriteFile | FileRights.ReadFile,
            _ => held.Object >= 0 && held.Identity.IsDirectory && !nameless ? FileRights.ReadDirectory : FileRights.ReadFile,
        };
        if (held.Object < 0)
            return Errno(wall.MissingIn(held.Parent, wanted | FileRights.MakeFile));
        if ((flags & O_TRUNC) != 0 && held.Identity.IsPlain)
            wanted |= FileRights.Truncate;

        // What the supervisor opens can be asked anything; the kernel would have noted that ioctls are to be refused.
        if ((held.Identity.Mode & S_IFMT) == S_IFBLK || (held.Identity.IsCharacterDevice && !SlowFiles.IsMemoryDevice(held.Identity)))
            wanted |= FileRights.DeviceIoctl;
        return Errno(wall.MissingFor(held, wanted));
    }

    /// <summary>The errno of a change of a file's length.</summary>
    public static int Truncate(this LandlockWall wall, HeldPath held) => Errno(wall.MissingFor(held, FileRights.Truncate));

    /// <summary>The errno of making something in a directory.</summary>
    /// <param name="wall">The wall.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="mode">What is made: a file's type, as in stat(2).</param>
    public static int Make(this LandlockWall wall, int directory, uint mode) => Errno(wall.MissingIn(directory, ToMake(mode)));

    /// <summary>The errno of removing a name.</summary>
    public static int Remove(this LandlockWall wall, int directory, bool isDirectory) => Errno(wall.MissingIn(directory, ToRemove(isDirectory)));

    /// <summary>The errno of a move.</summary>
    /// <param name="wall">The wall.</param>
    /// <param name="from">The old directory.</param>
    /// <param name="moved">What is moved.</param>
    /// <param name="to">The new directory.</param>
    /// <param name="replaced">What stands there; null when nothing does.</param>
    /// <param name="exchanges">True when both change places.</param>
    /// <param name="sameDirectory">True when both directories are one.</param>
    public static int Move(this LandlockWall wall, int from, uint moved, int to, uint? replaced, bool exchanges, bool sameDirectory)
    {
        FileRights atOld = ToRemove(IsDirectory(moved)), atNew = ToMake(moved);
        if (replaced is { } there)
        {
            atNew |= ToRemove(IsDirectory(there));
            if (exchanges)
                atOld |= ToMake(there);
        }

        if ((wall.MissingIn(from, atOld) | wall.MissingIn(to, atNew)) != 0)
            return EACCES;
        if (sameDirectory)
            return 0;
        int moves = wall.Moves(from, to, IsDirectory(moved));
        return moves == 0 && exchanges && replaced is { } other ? wall.Moves(to, from, IsDirectory(other)) : moves;
    }

    /// <summary>The errno of a new name for a file.</summary>
    public static int Link(this LandlockWall wall, HeldPath file, int to)
    {
        if (wall.Handled == 0)
            return 0;
        if (wall.Make(to, file.Identity.Mode) is not 0 and var refused)
            return refused;
        int from = file.RealName is ['/', ..] ? LandlockWall.ParentOf(file) : -1;
        if (from < 0)
            return EACCES;
        bool same = Interop.Files.Stat(from, out Interop.FileIdentity old) && Interop.Files.Stat(to, out Interop.FileIdentity given) && old.IsSameFile(given);
        int moves = same ? 0 : wall.Moves(from, to, isDirectory: false);
        Interop.Files.Close(from);
        return moves;
    }

    private static int Errno(FileRights missing) => missing == 0 ? 0 : EACCES;

    private static bool IsDirectory(uint mode) => (mode & S_IFMT) == S_IFDIR;

    private static FileRights ToRemove(bool isDirectory) => isDirectory ? FileRights.RemoveDirectory : FileRights.RemoveFile;

    private static FileRights ToMake(uint mode) => (mode & S_IFMT) switch
    {
        S_IFCHR => FileRights.MakeCharacterDevice,
        S_IFBLK => FileRights.MakeBlockDevice,
        S_IFIFO => FileRights.MakeFifo,
        S_IFSOCK => FileRights.MakeSocket,
        S_IFLNK => FileRights.MakeLink,
        S_IFDIR => FileRights.MakeDirectory,
        _ => FileRights.MakeFile,
    };
}
