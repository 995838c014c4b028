namespace Sandgate.Linux.Trap;

/// <summary>
/// Commands of ioctl(2) that do to files what calls of other families do, by words in memory. Where rules are about such calls they are refused as by a
/// file system without them; programs use the calls then.
/// </summary>
internal static class IoctlsOnFiles
{
    private const int ENOTTY = 25;

    // fallocate(2) before there was such a call: for every file system (fs/ioctl.c, include/linux/falloc.h).
    private const uint FS_IOC_RESVSP = 0x40305828, FS_IOC_UNRESVSP = 0x40305829, FS_IOC_RESVSP64 = 0x4030582a, FS_IOC_UNRESVSP64 = 0x4030582b, FS_IOC_ZERO_RANGE = 0x40305839;

    // They put other blocks under a file (linux/fs.h; ext4, XFS and F2FS).
    private const uint EXT4_IOC_MOVE_EXT = 0xc028660f, XFS_IOC_EXCHANGE_RANGE = 0x40285881, XFS_IOC_SWAPEXT = 0xc0c0586d, F2FS_IOC_MOVE_RANGE = 0xc020f509;

    // What file_setattr(2) does (ioctl_iflags(2)).
    private const uint FS_IOC_SETFLAGS = 0x40086602, FS_IOC32_SETFLAGS = 0x40046602, FS_IOC_FSSETXATTR = 0x401c5820;

    // They make, remove and copy whole directories (btrfs(5), linux/btrfs.h): a snapshot has all files under other names.
    private const uint BTRFS_IOC_SNAP_CREATE = 0x50009401, BTRFS_IOC_SUBVOL_CREATE = 0x5000940e, BTRFS_IOC_SNAP_DESTROY = 0x5000940f,
        BTRFS_IOC_SNAP_CREATE_V2 = 0x50009417, BTRFS_IOC_SUBVOL_CREATE_V2 = 0x50009418, BTRFS_IOC_SNAP_DESTROY_V2 = 0x5000943f;

    /// <summary>Adds the cases of ioctl(2).</summary>
    /// <param name="own">Where to.</param>
    /// <param name="writing">True when rules may refuse to write or truncate.</param>
    /// <param name="attributes">True when rules may refuse to change attributes.</param>
    /// <param name="naming">True when rules may refuse what names files.</param>
    public static void AddCases(List<FilterCase> own, bool writing, bool attributes, bool naming)
    {
        void Refuse(bool when, params ReadOnlySpan<uint> commands)
        {
            foreach (uint command in when ? commands : [])
                own.Add(new([ArgumentTest.Is(1, command)], FilterAction.Fail(ENOTTY)));
        }

        Refuse(writing, FS_IOC_RESVSP, FS_IOC_UNRESVSP, FS_IOC_RESVSP64, FS_IOC_UNRESVSP64, FS_IOC_ZERO_RANGE);
        Refuse(writing, EXT4_IOC_MOVE_EXT, XFS_IOC_EXCHANGE_RANGE, XFS_IOC_SWAPEXT, F2FS_IOC_MOVE_RANGE);
        Refuse(attributes, FS_IOC_SETFLAGS, FS_IOC32_SETFLAGS, FS_IOC_FSSETXATTR);
        Refuse(naming, BTRFS_IOC_SNAP_CREATE, BTRFS_IOC_SUBVOL_CREATE, BTRFS_IOC_SNAP_DESTROY, BTRFS_IOC_SNAP_CREATE_V2, BTRFS_IOC_SUBVOL_CREATE_V2, BTRFS_IOC_SNAP_DESTROY_V2);
    }
}
