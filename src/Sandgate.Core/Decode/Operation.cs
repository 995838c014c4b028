namespace Sandgate.Core.Decode;

/// <summary>
/// The families that rules name. A family covers every way a program can do the thing; the
/// kernel's single calls are reached by their own names and are <see cref="Syscall"/> here.
/// </summary>
public enum Operation : byte
{
    /// <summary>A kernel call without a family, or any call seen with the kernel's own argument names.</summary>
    Syscall,
    /// <summary>Opens or creates a file.</summary>
    Open,
    /// <summary>Reads the contents of a descriptor.</summary>
    Read,
    /// <summary>Writes to a descriptor.</summary>
    Write,
    /// <summary>Changes a file's length.</summary>
    Truncate,
    /// <summary>Runs a program.</summary>
    Exec,
    /// <summary>Starts a process or thread.</summary>
    Fork,
    /// <summary>Connects, or sends to an address.</summary>
    Connect,
    /// <summary>Sends data on a socket.</summary>
    Send,
    /// <summary>Receives data from a socket.</summary>
    Receive,
    /// <summary>Gives a socket a local address.</summary>
    Bind,
    /// <summary>Makes a socket accept connections.</summary>
    Listen,
    /// <summary>Accepts a connection.</summary>
    Accept,
    /// <summary>Creates a socket.</summary>
    Socket,
    /// <summary>Removes a name.</summary>
    Delete,
    /// <summary>Renames or moves.</summary>
    Rename,
    /// <summary>Makes a hard link.</summary>
    Link,
    /// <summary>Makes a symbolic link.</summary>
    Symlink,
    /// <summary>Makes a directory.</summary>
    Mkdir,
    /// <summary>Makes a special file.</summary>
    Mknod,
    /// <summary>Changes permission bits.</summary>
    Chmod,
    /// <summary>Changes owner or group.</summary>
    Chown,
    /// <summary>Changes time stamps.</summary>
    Utime,
    /// <summary>Sets or removes extended attributes.</summary>
    Xattr,
    /// <summary>Asks for a file's metadata.</summary>
    Stat,
    /// <summary>Asks whether access would be granted.</summary>
    Access,
    /// <summary>Reads a symbolic link.</summary>
    Readlink,
    /// <summary>Changes the working directory.</summary>
    Chdir,
    /// <summary>Lists a directory.</summary>
    List,
    /// <summary>Mounts, moves or changes a mount.</summary>
    Mount,
    /// <summary>Unmounts.</summary>
    Umount,
    /// <summary>Changes the root directory.</summary>
    Chroot,
    /// <summary>Swaps the root mount.</summary>
    PivotRoot,
    /// <summary>Sends a signal.</summary>
    Kill,
    /// <summary>Looks into or steers another process.</summary>
    Ptrace,
}
