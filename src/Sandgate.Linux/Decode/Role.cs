namespace Sandgate.Linux.Decode;

/// <summary>
/// What one argument of a system call means. The decoder, the rules' fields and the printed text
/// all derive from the roles in <see cref="Signatures"/>.
/// </summary>
internal enum Role : byte
{
    /// <summary>A pointer or word that rules don't look into; printed in hexadecimal.</summary>
    Hex,
    /// <summary>
    /// What the family's rules look at, in a form that can't be looked into (a file handle, an array
    /// of asynchronous requests): always unreadable, so that a deny holds.
    /// </summary>
    Opaque,

    // Numbers
    /// <summary>A signed 32-bit number.</summary>
    Int,
    /// <summary>An unsigned 32-bit number.</summary>
    UInt,
    /// <summary>A signed 64-bit number: an offset.</summary>
    Long,
    /// <summary>An unsigned 64-bit number: a byte count; also the length of the <see cref="InData"/> before it.</summary>
    Size,
    /// <summary>The new length of a file.</summary>
    FileLength,
    /// <summary>The number of elements in the vector before it, 64 bits.</summary>
    Count,
    /// <summary>A user id; -1 leaves it unchanged.</summary>
    Uid,
    /// <summary>A group id; -1 leaves it unchanged.</summary>
    Gid,

    // Descriptors
    /// <summary>A descriptor that the call merely uses.</summary>
    Fd,
    /// <summary>The directory that the next path is relative to.</summary>
    DirFd,
    /// <summary>A descriptor that stands for the family's path: fchmod, fstat, ftruncate.</summary>
    FileFd,
    /// <summary>A descriptor whose contents the call reads.</summary>
    ReadFd,
    /// <summary>A descriptor that the call writes to.</summary>
    WriteFd,
    /// <summary>A socket.</summary>
    SocketFd,
    /// <summary>A process descriptor.</summary>
    PidFd,

    // Strings
    /// <summary>A path whose last symbolic link is followed.</summary>
    Path,
    /// <summary>A path whose last symbolic link is not followed.</summary>
    PathNoFollow,
    /// <summary>Free text that ends in NUL: a link's text, an attribute's name, a mount's source.</summary>
    Text,
    /// <summary>A file system type, also text that ends in NUL.</summary>
    FileSystemType,
    /// <summary>An array of strings: argv.</summary>
    Argv,

    // Data
    /// <summary>Bytes that the program hands over; their length is the next argument, as wide as its role says.</summary>
    InData,
    /// <summary>An iovec array that the program hands over; its length is the next argument.</summary>
    InVector,
    /// <summary>A struct msghdr that the program sends.</summary>
    InMessage,
    /// <summary>An array of struct mmsghdr that the program sends; its length is the next argument, 32 bits.</summary>
    InMessages,
    /// <summary>A socket address that the program hands over; its length is the next argument, 32 bits.</summary>
    SockAddr,

    // Words
    /// <summary>open(2) flags.</summary>
    OpenFlags,
    /// <summary>A struct open_how; its size is the next argument.</summary>
    OpenHow,
    /// <summary>AT_ flags; they change how the path before them is followed.</summary>
    AtFlags,
    /// <summary>unlinkat(2) flags.</summary>
    UnlinkFlags,
    /// <summary>renameat2(2) flags.</summary>
    RenameFlags,
    /// <summary>Permission bits, printed in octal.</summary>
    Permissions,
    /// <summary>access(2) mode.</summary>
    AccessMode,
    /// <summary>clone(2) flags.</summary>
    CloneFlags,
    /// <summary>A struct clone_args; its size is the next argument.</summary>
    CloneArgs,
    /// <summary>The CLONE_ flags of unshare(2) and setns(2).</summary>
    UnshareFlags,
    /// <summary>A signal number.</summary>
    Signal,
    /// <summary>A process id; zero or negative ones mean groups, where the call takes groups.</summary>
    Pid,
    /// <summary>A ptrace(2) request.</summary>
    PtraceRequest,
    /// <summary>PROT_ bits.</summary>
    Protection,
    /// <summary>mmap(2) flags.</summary>
    MapFlags,
    /// <summary>An ioctl(2) command.</summary>
    IoctlCommand,
    /// <summary>A prctl(2) option.</summary>
    PrctlOption,
    /// <summary>An address family.</summary>
    SocketFamily,
    /// <summary>A socket type with its flags.</summary>
    SocketType,
    /// <summary>mount(2) flags.</summary>
    MountFlags,
    /// <summary>umount2(2) flags.</summary>
    UmountFlags,
    /// <summary>SEEK_ values.</summary>
    Whence,
    /// <summary>A fcntl(2) command.</summary>
    FcntlCommand,
    /// <summary>A resource limit's name.</summary>
    Resource,
    /// <summary>A clock's name.</summary>
    Clock,
}
