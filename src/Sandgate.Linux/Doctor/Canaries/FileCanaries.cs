using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>Ways to a file that may not be opened, and to change one that may not be changed.</summary>
internal static unsafe class FileCanaries
{
    /// <summary>The one whose file lies in a directory that it moves.</summary>
    public const string MoveAbove = "move-above";

    private const int O_WRONLY = 1, OwnerMode = 0x180 /* 0600 */, OthersMode = 0x1ff /* 0777 */, HandleRoom = 136, HandleBytes = 128;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Canary> All { get; } =
    [
        new("open", "open(2) of a denied file", s => Open(s.Secret("open"))),
        new("openat", "openat(2), relative to a directory, with ..", At),
        new("openat2", "openat2(2)", s => Files.OpenAt2(Files.AT_FDCWD, Bytes(s.Secret("openat2")), Files.O_RDONLY, 0, mayBlock: true)),
        new("creat", "creat(2) over a denied file", s => Libc.CallBlocking(SyscallNumbers.creat, Scene.Text(s.Secret("creat")), OwnerMode)),
        new("symlink", "open by a symbolic link made for it", s => Linked(SyscallNumbers.symlink, s, "symlink")),
        new("hard-link", "open by a hard link made for it", s => Linked(SyscallNumbers.link, s, "hard-link")),
        new("proc-root", "open by /proc/self/root", s => Open("/proc/self/root" + s.Secret("proc-root"))),
        new("proc-fd", "open anew by /proc/self/fd what was opened as a place (O_PATH)", Reopened),
        new("handle", "name_to_handle_at(2) and open_by_handle_at(2)", ByHandle),
        new("unlink", "unlink(2) of a denied file", s => Libc.CallBlocking(SyscallNumbers.unlink, Scene.Text(s.Secret("unlink")))),
        new("rename", "rename(2) of a denied file to a free name", s => Rename(s.Secret("rename"), s.Free("rename"))),
        new("replace", "rename(2) of another file over a denied one", s => Rename(s.Free("new"), s.Secret("replace"))),
        new(MoveAbove, "rename(2) of the directory above a denied file", s => Rename(s.At("moved"), s.Free("moved"))),
        new("chmod", "chmod(2) of a denied file", s => Libc.CallBlocking(SyscallNumbers.chmod, Scene.Text(s.Secret("chmod")), OthersMode)),
        new("truncate", "truncate(2) of a denied file", s => Libc.CallBlocking(SyscallNumbers.truncate, Scene.Text(s.Secret("truncate")), 0)),
        new("rules", "opening the rules in force for writing", s => Open(s.Rules, O_WRONLY)),
    ];

    private static byte[] Bytes(string path) => [.. System.Text.Encoding.UTF8.GetBytes(path), 0];

    private static long Open(string path, int flags = Files.O_RDONLY) => Libc.CallBlocking(SyscallNumbers.open, Scene.Text(path), flags);

    private static long Rename(string from, string to) => Libc.CallBlocking(SyscallNumbers.rename, Scene.Text(from), Scene.Text(to));

    private static long At(Scene scene)
    {
        long directory = Open(scene.At("free"), Files.O_PATH | Files.O_DIRECTORY);
        return directory < 0 ? directory : Libc.CallBlocking(SyscallNumbers.openat, directory, Scene.Text("../secret/openat"), Files.O_RDONLY);
    }

    private static long Linked(long call, Scene scene, string name)
    {
        long made = Libc.CallBlocking(call, Scene.Text(scene.Secret(name)), Scene.Text(scene.Free(name)));
        return made < 0 ? made : Open(scene.Free(name));
    }

    private static long Reopened(Scene scene)
    {
        long place = Open(scene.Secret("proc-fd"), Files.O_PATH);
        return place < 0 ? place : Files.Reopen((int)place, Files.O_RDONLY);
    }

    private static long ByHandle(Scene scene)
    {
        // struct file_handle: room for the handle, its type, the handle; at most 128 bytes of it.
        uint* handle = Scene.Room<uint>(HandleRoom / sizeof(uint));
        handle[0] = HandleBytes;
        long named = Libc.CallBlocking(SyscallNumbers.name_to_handle_at, Files.AT_FDCWD, Scene.Text(scene.Secret("handle")), (long)handle, (long)Scene.Room<int>(), 0);
        if (named < 0)
            return named;
        long mount = Open(scene.At("free"), Files.O_RDONLY | Files.O_DIRECTORY);
        return mount < 0 ? mount : Libc.CallBlocking(SyscallNumbers.open_by_handle_at, mount, (long)handle, Files.O_RDONLY);
    }
}
