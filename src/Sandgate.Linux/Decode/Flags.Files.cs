using Sandgate.Core.Decode;

namespace Sandgate.Linux.Decode;

/// <summary>Flags of calls on files and mounts.</summary>
internal static partial class Flags
{
    // 0x200 and 0x1 have other names in other calls: these are those of faccessat2 and open_tree.
    private static readonly FlagSet s_atFlags = new("0",
        new(0x100, "AT_SYMLINK_NOFOLLOW"),
        new(0x200, "AT_EACCESS"),
        new(0x400, "AT_SYMLINK_FOLLOW"),
        new(0x800, "AT_NO_AUTOMOUNT"),
        new(0x1000, "AT_EMPTY_PATH"),
        new(0x2000, "AT_STATX_FORCE_SYNC"),
        new(0x4000, "AT_STATX_DONT_SYNC"),
        new(0x8000, "AT_RECURSIVE"),
        new(0x10000, "AT_EXECVE_CHECK"),
        new(0x80000, "OPEN_TREE_CLOEXEC"),
        new(0x1, "OPEN_TREE_CLONE"));

    private static readonly FlagSet s_unlinkFlags = new("0", new Flag(0x200, "AT_REMOVEDIR"));

    private static readonly FlagSet s_renameFlags = new("0",
        new(0x1, "RENAME_NOREPLACE"),
        new(0x2, "RENAME_EXCHANGE"),
        new(0x4, "RENAME_WHITEOUT"));

    private static readonly FlagSet s_whences = FlagSet.OfValues(
        new(0, "SEEK_SET"),
        new(1, "SEEK_CUR"),
        new(2, "SEEK_END"),
        new(3, "SEEK_DATA"),
        new(4, "SEEK_HOLE"));

    private static readonly FlagSet s_fcntlCommands = FlagSet.OfValues(
        new(0, "F_DUPFD"),
        new(1, "F_GETFD"),
        new(2, "F_SETFD"),
        new(3, "F_GETFL"),
        new(4, "F_SETFL"),
        new(5, "F_GETLK"),
        new(6, "F_SETLK"),
        new(7, "F_SETLKW"),
        new(8, "F_SETOWN"),
        new(9, "F_GETOWN"),
        new(10, "F_SETSIG"),
        new(11, "F_GETSIG"),
        new(15, "F_SETOWN_EX"),
        new(16, "F_GETOWN_EX"),
        new(36, "F_OFD_GETLK"),
        new(37, "F_OFD_SETLK"),
        new(38, "F_OFD_SETLKW"),
        new(0x400, "F_SETLEASE"),
        new(0x401, "F_GETLEASE"),
        new(0x402, "F_NOTIFY"),
        new(0x403, "F_DUPFD_QUERY"),
        new(0x404, "F_CREATED_QUERY"),
        new(0x405, "F_CANCELLK"),
        new(0x406, "F_DUPFD_CLOEXEC"),
        new(0x407, "F_SETPIPE_SZ"),
        new(0x408, "F_GETPIPE_SZ"),
        new(0x409, "F_ADD_SEALS"),
        new(0x40a, "F_GET_SEALS"),
        new(0x40b, "F_GET_RW_HINT"),
        new(0x40c, "F_SET_RW_HINT"),
        new(0x40d, "F_GET_FILE_RW_HINT"),
        new(0x40e, "F_SET_FILE_RW_HINT"));

    private static readonly FlagSet s_mountFlags = new("0",
        new(0x1, "MS_RDONLY"),
        new(0x2, "MS_NOSUID"),
        new(0x4, "MS_NODEV"),
        new(0x8, "MS_NOEXEC"),
        new(0x10, "MS_SYNCHRONOUS"),
        new(0x20, "MS_REMOUNT"),
        new(0x40, "MS_MANDLOCK"),
        new(0x80, "MS_DIRSYNC"),
        new(0x100, "MS_NOSYMFOLLOW"),
        new(0x400, "MS_NOATIME"),
        new(0x800, "MS_NODIRATIME"),
        new(0x1000, "MS_BIND"),
        new(0x2000, "MS_MOVE"),
        new(0x4000, "MS_REC"),
        new(0x8000, "MS_SILENT"),
        new(0x10000, "MS_POSIXACL"),
        new(0x20000, "MS_UNBINDABLE"),
        new(0x40000, "MS_PRIVATE"),
        new(0x80000, "MS_SLAVE"),
        new(0x100000, "MS_SHARED"),
        new(0x200000, "MS_RELATIME"),
        new(0x800000, "MS_I_VERSION"),
        new(0x1000000, "MS_STRICTATIME"),
        new(0x2000000, "MS_LAZYTIME"));

    private static readonly FlagSet s_umountFlags = new("0",
        new(0x1, "MNT_FORCE"),
        new(0x2, "MNT_DETACH"),
        new(0x4, "MNT_EXPIRE"),
        new(0x8, "UMOUNT_NOFOLLOW"));
}
