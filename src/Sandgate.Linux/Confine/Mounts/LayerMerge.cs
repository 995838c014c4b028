using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Mounts;

/// <summary>Does to the files themselves what a program did to the layer above them, or throws the layer away.</summary>
/// <remarks>What is in the layer was made by somebody who isn't trusted: no link is followed on the way, and no file gains rights.</remarks>
public static unsafe class LayerMerge
{
    private const uint S_IFMT = 0xf000, S_IFREG = 0x8000, S_IFLNK = 0xa000, Permissions = 0xfff, S_ISUID_ISGID = 0xc00;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;

    /// <summary>Carries one change over.</summary>
    /// <exception cref="IOException">It can't be done.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not do it.</exception>
    public static void Apply(LayerChange change)
    {
        if (LayerChanges.Stat(Path.GetDirectoryName(change.Path)!) is not { IsDirectory: true })
            throw new IOException($"{Path.GetDirectoryName(change.Path)} is no directory");
        FileIdentity? there = LayerChanges.Stat(change.Path);
        if (change.Kind == LayerChangeKind.Removed || (there is { } old && old.IsDirectory != change.IsDirectory))
            Remove(change.Path, there);
        if (change.Kind == LayerChangeKind.Removed || LayerChanges.Stat(change.InLayer) is not { } kept)
            return;
        if (change.IsDirectory)
        {
            Directory.CreateDirectory(change.Path);
            TakeOver(change.InLayer, change.Path, kept);
            return;
        }

        string next = $"{Path.GetDirectoryName(change.Path)}/.sandgate-{Environment.ProcessId}.new";
        File.Delete(next);
        switch (kept.Mode & S_IFMT)
        {
            case S_IFREG:
                File.Copy(change.InLayer, next);
                TakeOver(change.InLayer, next, kept);
                break;
            case S_IFLNK:
                File.CreateSymbolicLink(next, new FileInfo(change.InLayer).LinkTarget!);
                break;
            default:
                throw new IOException($"{change.Path}: pipes, sockets and devices are not carried over");
        }

        File.Move(next, change.Path, overwrite: true);
    }

    /// <summary>Removes the layer and all in it.</summary>
    public static void Drop(string layer)
    {
        foreach ((string upper, _) in LayerChanges.PartsOf(layer))
        {
            string part = Path.GetDirectoryName(upper)!;
            if (Directory.Exists(part + "/work/work"))
                File.SetUnixFileMode(part + "/work/work", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Directory.Delete(part, recursive: true);
        }

        Directory.Delete(OverlayLayer.MergedIn(layer));
        if (!Directory.EnumerateFileSystemEntries(layer).Any())
            Directory.Delete(layer);
    }

    private static void Remove(string path, FileIdentity? there)
    {
        if (there is { IsDirectory: true })
            Directory.Delete(path, recursive: true);
        else if (there is not null)
            File.Delete(path);
    }

    private static void TakeOver(string from, string to, in FileIdentity kept)
    {
        using NativeArena memory = new();
        long source = (long)memory.Text(from), target = (long)memory.Text(to);
        uint* owner = stackalloc uint[2];
        byte* stat = memory.Allocate<byte>(256);

        // SAFETY: the texts end in NUL; stat has room for struct statx, whose owner stands at 20 (linux/stat.h).
        if (Libc.CallBlocking(SyscallNumbers.statx, Files.AT_FDCWD, source, AT_SYMLINK_NOFOLLOW, 0x7ff, (long)stat) == 0)
        {
            (owner[0], owner[1]) = (*(uint*)(stat + 20), *(uint*)(stat + 24));
            Libc.CallBlocking(SyscallNumbers.fchownat, Files.AT_FDCWD, target, owner[0], owner[1], AT_SYMLINK_NOFOLLOW);
        }

        Libc.CallBlocking(SyscallNumbers.chmod, target, kept.Mode & Permissions & ~(kept.IsDirectory ? 0 : S_ISUID_ISGID));
        if (!kept.IsDirectory)
            File.SetLastWriteTimeUtc(to, File.GetLastWriteTimeUtc(from));
    }
}
