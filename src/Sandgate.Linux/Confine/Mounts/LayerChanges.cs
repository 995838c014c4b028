using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Mounts;

/// <summary>Reads what <see cref="OverlayLayer"/> has kept (Documentation/filesystems/overlayfs.rst of the kernel).</summary>
public static unsafe class LayerChanges
{
    private const uint S_IFMT = 0xf000, S_IFCHR = 0x2000, S_ISUID_ISGID = 0xc00;

    /// <summary>The parts of a layer, each with the directory that it lies over.</summary>
    /// <exception cref="IOException">The directory is no layer, or can't be read.</exception>
    public static IReadOnlyList<(string Upper, string Place)> PartsOf(string layer)
    {
        List<(string, string)> parts = [];
        for (int i = 0; File.Exists($"{layer}/{i}/at"); i++)
            parts.Add(($"{layer}/{i}/upper", File.ReadAllText($"{layer}/{i}/at").TrimEnd('\n')));
        return parts.Count > 0 ? parts : throw new IOException($"{layer}: no layer of --overlay");
    }

    /// <summary>Everything that was changed, a directory before what it holds.</summary>
    public static IEnumerable<LayerChange> Of(string layer) =>
        PartsOf(layer).SelectMany(part => Below(part.Upper, part.Place == "/" ? "" : part.Place));

    private static IEnumerable<LayerChange> Below(string directory, string place)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(directory).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false }).OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            string path = $"{place}/{entry.Name}";
            bool existed = Stat(path) is not null;
            if (Stat(entry.FullName) is not { } stat)
                continue;
            if ((stat.Mode & S_IFMT) == S_IFCHR && stat.SpecialDevice == 0)
            {
                if (existed)
                    yield return new(LayerChangeKind.Removed, path, entry.FullName, Directory.Exists(path) && new FileInfo(path).LinkTarget is null, 0, false);
                continue;
            }

            bool isDirectory = stat.IsDirectory;
            bool replaces = existed && Stat(path)!.Value.IsDirectory != isDirectory;
            long length = entry is FileInfo file && entry.LinkTarget is null ? file.Length : 0;

            // A directory is in the layer for what it holds, too.
            if (!isDirectory || !existed || replaces || IsOpaque(entry.FullName) || stat.Mode != Stat(path)!.Value.Mode)
                yield return new(existed ? LayerChangeKind.Changed : LayerChangeKind.Added, path, entry.FullName, isDirectory, length, !isDirectory && (stat.Mode & S_ISUID_ISGID) != 0);
            if (!isDirectory)
                continue;
            if (IsOpaque(entry.FullName) && existed && !replaces)
            {
                foreach (string gone in Directory.EnumerateFileSystemEntries(path).Where(p => Stat(entry.FullName + p[path.Length..]) is null).Order(StringComparer.Ordinal))
                    yield return new(LayerChangeKind.Removed, gone, "", Directory.Exists(gone) && new FileInfo(gone).LinkTarget is null, 0, false);
            }

            foreach (LayerChange below in Below(entry.FullName, path))
                yield return below;
        }
    }

    internal static FileIdentity? Stat(string path)
    {
        byte[] name = [.. Core.Decode.TargetText.ToBytes(path), 0];
        int found = Files.OpenAt2(Files.AT_FDCWD, name, Files.O_PATH | Files.O_CLOEXEC | Files.O_NOFOLLOW, 0, mayBlock: true);
        if (found < 0)
            return null;
        bool known = Files.Stat(found, out FileIdentity identity);
        Files.Close(found);
        return known ? identity : null;
    }

    // A directory that hides all that was there before.
    private static bool IsOpaque(string directory)
    {
        using NativeArena memory = new();
        byte* value = memory.Allocate<byte>(8);
        foreach (string name in (string[])["trusted.overlay.opaque", "user.overlay.opaque"])
        {
            // SAFETY: the texts end in NUL, the value has room for eight bytes, and all live until the arena is disposed of.
            if (Libc.CallBlocking(SyscallNumbers.lgetxattr, (long)memory.Text(directory), (long)memory.Text(name), (long)value, 8) > 0 && *value == (byte)'y')
                return true;
        }

        return false;
    }
}
