using static Sandgate.Core.Decode.Operation;
using static Sandgate.Linux.Decode.Role;

namespace Sandgate.Linux.Decode;

/// <summary>Calls that name a file: by a path, or by the descriptor that stands for it.</summary>
internal static partial class Signatures
{
    // open(2) flags that some calls imply
    private const uint O_WRONLY = 0x1, O_RDWR = 0x2, O_CREAT = 0x40, O_TRUNC = 0x200, O_APPEND = 0x400, O_PATH = 0x200000;

    private static Signature[] Files() =>
    [
        // Opening. acct, swapon, swapoff and uselib make the kernel itself open the file. open_tree
        // needs no privilege and gives, like O_PATH, a descriptor with which the file can be reached.
        // A file handle names a file without a path.
        new("open", [Open, Truncate], [Path, OpenFlags, Permissions]),
        new("openat", [Open, Truncate], [DirFd, Path, OpenFlags, Permissions]),
        new("openat2", [Open, Truncate], [DirFd, Path, OpenHow, Size]),
        new("creat", [Open, Truncate], [Path, Permissions]) { ImpliedFlags = O_WRONLY | O_CREAT | O_TRUNC },
        new("open_by_handle_at", [Open, Truncate], [Fd, Opaque, OpenFlags]),
        new("open_tree", [Open, Mount], [DirFd, Path, AtFlags]) { ImpliedFlags = O_PATH },
        new("open_tree_attr", [Open, Mount], [DirFd, Path, AtFlags, Hex, Size]) { ImpliedFlags = O_PATH },
        new("acct", Open, Path) { ImpliedFlags = O_WRONLY | O_APPEND },
        new("swapon", Open, Path, Hex) { ImpliedFlags = O_RDWR },
        new("swapoff", Open, Path) { ImpliedFlags = O_RDWR },
        new("uselib", Open, Path),

        // Length
        new("truncate", Truncate, Path, FileLength),
        new("ftruncate", Truncate, FileFd, FileLength),
        new("fallocate", Truncate, FileFd, Hex, Long, FileLength),

        // Names. What is renamed over is deleted; RENAME_WHITEOUT leaves a device behind.
        new("unlink", Delete, PathNoFollow),
        new("unlinkat", Delete, DirFd, PathNoFollow, UnlinkFlags),
        new("rmdir", Delete, PathNoFollow),
        new("rename", [Rename, Delete], [PathNoFollow, PathNoFollow]),
        new("renameat", [Rename, Delete], [DirFd, PathNoFollow, DirFd, PathNoFollow]),
        new("renameat2", [Rename, Mknod, Delete], [DirFd, PathNoFollow, DirFd, PathNoFollow, RenameFlags]),
        new("link", Link, PathNoFollow, PathNoFollow),
        new("linkat", Link, DirFd, PathNoFollow, DirFd, PathNoFollow, AtFlags),
        new("symlink", Symlink, Text, PathNoFollow),
        new("symlinkat", Symlink, Text, DirFd, PathNoFollow),
        new("mkdir", Mkdir, PathNoFollow, Permissions),
        new("mkdirat", Mkdir, DirFd, PathNoFollow, Permissions),
        new("mknod", Mknod, PathNoFollow, Permissions, Hex),
        new("mknodat", Mknod, DirFd, PathNoFollow, Permissions, Hex),

        // Permissions and owners
        new("chmod", Chmod, Path, Permissions),
        new("fchmod", Chmod, FileFd, Permissions),
        new("fchmodat", Chmod, DirFd, Path, Permissions),
        new("fchmodat2", Chmod, DirFd, Path, Permissions, AtFlags),
        new("chown", Chown, Path, Uid, Gid),
        new("lchown", Chown, PathNoFollow, Uid, Gid),
        new("fchown", Chown, FileFd, Uid, Gid),
        new("fchownat", Chown, DirFd, Path, Uid, Gid, AtFlags),
        new("umask", Permissions),

        // Time stamps. Without a path the last two mean the descriptor itself.
        new("utime", Utime, Path, Hex),
        new("utimes", Utime, Path, Hex),
        new("futimesat", Utime, DirFd, Path, Hex),
        new("utimensat", Utime, DirFd, Path, Hex, AtFlags),

        // Attributes: changing them. file_setattr changes the inode flags (immutable, append only …).
        new("setxattr", [Xattr, Chmod], [Path, Text, InData, Size, Hex]),
        new("lsetxattr", [Xattr, Chmod], [PathNoFollow, Text, InData, Size, Hex]),
        new("fsetxattr", [Xattr, Chmod], [FileFd, Text, InData, Size, Hex]),
        new("setxattrat", [Xattr, Chmod], [DirFd, Path, AtFlags, Text, Hex, Size]),
        new("removexattr", [Xattr, Chmod], [Path, Text]),
        new("lremovexattr", [Xattr, Chmod], [PathNoFollow, Text]),
        new("fremovexattr", [Xattr, Chmod], [FileFd, Text]),
        new("removexattrat", [Xattr, Chmod], [DirFd, Path, AtFlags, Text]),
        new("file_setattr", Xattr, DirFd, Path, Hex, Size, AtFlags),

        // Metadata: asking for it
        new("stat", Stat, Path, Hex),
        new("lstat", Stat, PathNoFollow, Hex),
        new("fstat", Stat, FileFd, Hex),
        new("newfstatat", Stat, DirFd, Path, Hex, AtFlags),
        new("statx", Stat, DirFd, Path, AtFlags, Hex, Hex),
        new("statfs", Stat, Path, Hex),
        new("fstatfs", Stat, FileFd, Hex),
        new("ustat", Hex, Hex),
        new("getxattr", Stat, Path, Text, Hex, Size),
        new("lgetxattr", Stat, PathNoFollow, Text, Hex, Size),
        new("fgetxattr", Stat, FileFd, Text, Hex, Size),
        new("getxattrat", Stat, DirFd, Path, AtFlags, Text, Hex, Size),
        new("listxattr", Stat, Path, Hex, Size),
        new("llistxattr", Stat, PathNoFollow, Hex, Size),
        new("flistxattr", Stat, FileFd, Hex, Size),
        new("listxattrat", Stat, DirFd, Path, AtFlags, Hex, Size),
        new("file_getattr", Stat, DirFd, Path, Hex, Size, AtFlags),
        new("cachestat", Stat, FileFd, Hex, Hex, Hex),
        new("name_to_handle_at", Stat, DirFd, PathNoFollow, Hex, Hex, AtFlags),
        new("quotactl", Stat, Hex, Path, Int, Hex),
        new("quotactl_fd", Stat, FileFd, Hex, Int, Hex),
        new("lookup_dcookie", Hex, Hex, Size),

        // Metadata: watching it
        new("inotify_add_watch", Stat, Fd, Path, Hex),
        new("fanotify_mark", Stat, Fd, Hex, Hex, DirFd, Path),
        new("inotify_init"),
        new("inotify_init1", Hex),
        new("inotify_rm_watch", Fd, Int),
        new("fanotify_init", Hex, Hex),

        // Access, links, directories
        new("access", Access, Path, AccessMode),
        new("faccessat", Access, DirFd, Path, AccessMode),
        new("faccessat2", Access, DirFd, Path, AccessMode, AtFlags),
        new("readlink", Readlink, PathNoFollow, Hex, Int),
        new("readlinkat", Readlink, DirFd, PathNoFollow, Hex, Int),
        new("chdir", Chdir, Path),
        new("fchdir", Chdir, FileFd),
        new("getcwd", Hex, Size),
        new("getdents", List, FileFd, Hex, UInt),
        new("getdents64", List, FileFd, Hex, UInt),
    ];
}
