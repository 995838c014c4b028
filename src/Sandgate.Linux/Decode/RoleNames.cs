namespace Sandgate.Linux.Decode;

/// <summary>What the roles of arguments are called when they are listed to people.</summary>
internal static class RoleNames
{
    /// <summary>A few words for a role.</summary>
    public static string Of(Role role) => role switch
    {
        Role.Hex => "pointer or word, not looked into",
        Role.Opaque => "can't be looked into",
        Role.Int or Role.UInt or Role.Long => "number",
        Role.Size => "number of bytes",
        Role.FileLength => "new length",
        Role.Count => "number of elements",
        Role.Uid => "user id",
        Role.Gid => "group id",
        Role.Fd => "descriptor",
        Role.DirFd => "directory that the next path is relative to",
        Role.FileFd => "descriptor that stands for the path",
        Role.ReadFd => "descriptor that is read",
        Role.WriteFd => "descriptor that is written",
        Role.SocketFd => "socket",
        Role.PidFd => "process descriptor",
        Role.Path => "path, its last link followed",
        Role.PathNoFollow => "path, its last link not followed",
        Role.Text => "text",
        Role.FileSystemType => "file system type",
        Role.Argv => "array of texts",
        Role.InData => "bytes",
        Role.InVector => "array of buffers",
        Role.InMessage => "message",
        Role.InMessages => "array of messages",
        Role.SockAddr => "socket address",
        Role.OpenHow => "struct open_how",
        Role.CloneArgs => "struct clone_args",
        Role.Permissions => "permission bits",
        Role.Signal => "signal",
        Role.Pid => "process id",
        _ => Words(role.ToString()),
    };

    // MapFlags: "map flags".
    private static string Words(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? " " : "") + char.ToLowerInvariant(c) : c.ToString()));
}
