namespace Sandgate.Linux.Trap;

/// <summary>
/// Commands of ioctl(2) that do to files what calls of other families do, by words in memory. Where rules are about such calls they are refused as by a
/// file system without them; programs use the calls then.
/// </summary>
internal static class IoctlsOnFiles
{
    private const int ENOTTY = 25, EOPNOTSUPP = 95;

    // fallocate(2) before there was such a call: for every file system (fs/ioctl.c, include/linux/falloc.h).
    private const uint FS_IOC_RESVSP = 0x40305828, FS_IOC_UNRESVSP = 0x40305829, FS_IOC_RESVSP64 = 0x4030582a, FS_IOC_UNRESVSP64 = 0x4030582b, FS_IOC_ZERO_RANGE = 0x40305839;

    // They put other blocks under a file (linux/fs.h; ext4, XFS and F2FS).
    private const uint EXT4_IOC_MOVE_EXT = 0xc028660f, XFS_IOC_EXCHANGE_RANGE = 0x40285881, XFS_IOC_SWAPEXT = 0xc0c0586d, F2FS_IOC_MOVE_RANGE = 0xc020f509,
        XFS_IOC_COMMIT_RANGE = 0x40585883, EXT4_IOC_SWAP_BOOT = 0x6611;

    // They write, or cut off, what a file holds (linux/btrfs.h and its form for 32 bits, which needs no such program; XFS before 5.17, linux/f2fs.h, smb).
    private const uint BTRFS_IOC_ENCODED_WRITE = 0x40809440, BTRFS_IOC_ENCODED_WRITE_32 = 0x40789440, F2FS_IOC_SEC_TRIM_FILE = 0x4018f514, F2FS_IOC_START_ATOMIC_REPLACE = 0xf519,
        XFS_IOC_ALLOCSP = 0x4030580a, XFS_IOC_FREESP = 0x4030580b, XFS_IOC_ALLOCSP64 = 0x40305824, XFS_IOC_FREESP64 = 0x40305825, CIFS_IOC_COPYCHUNK_FILE = 0x4004cf03;

    // The same for a disk (linux/fs.h).
    private const uint BLKDISCARD = 0x1277, BLKSECDISCARD = 0x127d, BLKZEROOUT = 0x127f;

    // What open_by_handle_at(2) does, and reading whole subvolumes past every name, where the administrator may.
    private const uint XFS_IOC_OPEN_BY_HANDLE = 0xc038586b, BTRFS_IOC_SEND = 0x40489426, BTRFS_IOC_SEND_32 = 0x40449426, BTRFS_IOC_TREE_SEARCH = 0xd0009411, BTRFS_IOC_TREE_SEARCH_V2 = 0xc0709411;

    // The other end of a terminal, without its name; who is refused it opens it by that (ioctl_tty(2)).
    private const uint TIOCGPTPEER = 0x5441;

    // What file_setattr(2) does (ioctl_iflags(2)).
    private const uint FS_IOC_SETFLAGS = 0x40086602, FS_IOC32_SETFLAGS = 0x40046602, FS_IOC_FSSETXATTR = 0x401c5820, FS_IOC_SETVERSION = 0x40087602, FS_IOC32_SETVERSION = 0x40047602,
        FS_IOC_ENABLE_VERITY = 0x40806685;

    // Attributes by other ways: DOS's, and XFS's by a handle instead of a name.
    private const uint FAT_IOCTL_SET_ATTRIBUTES = 0x40047211, XFS_IOC_ATTRMULTI_BY_HANDLE = 0x4048587b;

    // They make, remove and copy whole directories (btrfs(5), linux/btrfs.h): a snapshot has all files under other names.
    private const uint BTRFS_IOC_SNAP_CREATE = 0x50009401, BTRFS_IOC_SUBVOL_CREATE = 0x5000940e, BTRFS_IOC_SNAP_DESTROY = 0x5000940f,
        BTRFS_IOC_SNAP_CREATE_V2 = 0x50009417, BTRFS_IOC_SUBVOL_CREATE_V2 = 0x50009418, BTRFS_IOC_SNAP_DESTROY_V2 = 0x5000943f;

    // A file's contents go into another one, or are compared with it (ioctl_ficlone(2), ioctl_fideduperange(2)); the file that is read stands in memory.
    private const uint FICLONE = 0x40049409, FICLONERANGE = 0x4020940d, FIDEDUPERANGE = 0xc0189436, BTRFS_IOC_ENCODED_READ = 0x80809440, BTRFS_IOC_ENCODED_READ_32 = 0x80789440;

    // A file gets another name, with the same contents.
    private const uint OCFS2_IOC_REFLINK = 0x40186f04;

    /// <summary>Adds the cases of ioctl(2).</summary>
    /// <param name="own">Where to.</param>
    /// <param name="shut">Which ways are shut.</param>
    public static void AddCases(List<FilterCase> own, SideDoors shut)
    {
        void Refuse(SideDoors door, params ReadOnlySpan<uint> commands) => RefuseBy(ENOTTY, door, commands);
        void RefuseBy(int errno, SideDoors door, params ReadOnlySpan<uint> commands)
        {
            foreach (uint command in (shut & door) != 0 ? commands : [])
                own.Add(new([ArgumentTest.Is(1, command)], FilterAction.Fail(errno)));
        }

        Refuse(SideDoors.Contents, FS_IOC_RESVSP, FS_IOC_UNRESVSP, FS_IOC_RESVSP64, FS_IOC_UNRESVSP64, FS_IOC_ZERO_RANGE);
        Refuse(SideDoors.Contents, EXT4_IOC_MOVE_EXT, XFS_IOC_EXCHANGE_RANGE, XFS_IOC_SWAPEXT, F2FS_IOC_MOVE_RANGE, XFS_IOC_COMMIT_RANGE, EXT4_IOC_SWAP_BOOT);
        Refuse(SideDoors.Contents, BTRFS_IOC_ENCODED_WRITE, BTRFS_IOC_ENCODED_WRITE_32, F2FS_IOC_SEC_TRIM_FILE, F2FS_IOC_START_ATOMIC_REPLACE);
        Refuse(SideDoors.Contents, XFS_IOC_ALLOCSP, XFS_IOC_FREESP, XFS_IOC_ALLOCSP64, XFS_IOC_FREESP64, CIFS_IOC_COPYCHUNK_FILE, BLKDISCARD, BLKSECDISCARD, BLKZEROOUT);
        Refuse(SideDoors.Opens, XFS_IOC_OPEN_BY_HANDLE, BTRFS_IOC_SEND, BTRFS_IOC_SEND_32, BTRFS_IOC_TREE_SEARCH, BTRFS_IOC_TREE_SEARCH_V2);
        Refuse(SideDoors.Received, BTRFS_IOC_ENCODED_READ, BTRFS_IOC_ENCODED_READ_32);
        RefuseBy(EOPNOTSUPP, SideDoors.Received, FICLONE, FICLONERANGE, FIDEDUPERANGE);
        Refuse(SideDoors.Terminals, TIOCGPTPEER);
        Refuse(SideDoors.Attributes, FS_IOC_SETFLAGS, FS_IOC32_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_SETVERSION, FS_IOC32_SETVERSION, FS_IOC_ENABLE_VERITY, FAT_IOCTL_SET_ATTRIBUTES, XFS_IOC_ATTRMULTI_BY_HANDLE);
        Refuse(SideDoors.Names, BTRFS_IOC_SNAP_CREATE, BTRFS_IOC_SUBVOL_CREATE, BTRFS_IOC_SNAP_DESTROY, BTRFS_IOC_SNAP_CREATE_V2, BTRFS_IOC_SUBVOL_CREATE_V2, BTRFS_IOC_SNAP_DESTROY_V2, OCFS2_IOC_REFLINK);
    }
}
