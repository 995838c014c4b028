using static Sandgate.Core.Decode.Operation;
using static Sandgate.Linux.Decode.Role;

namespace Sandgate.Linux.Decode;

/// <summary>Mounts and root directories. Where a call has two paths, the first is the source.</summary>
internal static partial class Signatures
{
    private static Signature[] Mounts() =>
    [
        new("mount", Mount, Text, Path, FileSystemType, MountFlags, Hex),
        new("umount2", Umount, Path, UmountFlags),
        new("chroot", Chroot, Path),
        new("pivot_root", PivotRoot, Path, Path),

        // The new interface makes a mount in steps, each of which asks. move_mount follows a last
        // symbolic link only when a flag says so. open_tree stands with the opening calls.
        new("fsopen", Mount, FileSystemType, Hex),
        new("fspick", Mount, DirFd, Path, Hex),
        new("fsconfig", Mount, Fd, UInt, Text, Hex, Int),
        new("fsmount", Mount, Fd, Hex, Hex),
        new("move_mount", Mount, DirFd, PathNoFollow, DirFd, PathNoFollow, Hex),
        new("mount_setattr", Mount, DirFd, Path, AtFlags, Hex, Size),

        // Asking about mounts
        new("statmount", Hex, Hex, Size, Hex),
        new("listmount", Hex, Hex, Size, Hex),
        new("sysfs", Int, Hex, Hex),
    ];
}
