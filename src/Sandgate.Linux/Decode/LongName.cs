using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// Names longer than PATH_MAX, which the kernel doesn't show for an open file (do_proc_readlink in fs/proc/base.c: ENAMETOOLONG). Programs make such directories step by
/// step and work in them by relative names; <c>rm -r</c> does, too.
/// </summary>
internal static class LongName
{
    /// <summary>readlink(2)'s answer for such a file.</summary>
    public const int ENAMETOOLONG = 36;

    // Whatever is deeper has no name; so nobody can keep the supervisor climbing.
    private const int Longest = 64 * 1024, MostNeighbours = 20_000;

    /// <summary>The name of an open file as a thread's rules know it (<see cref="ShownName"/>); null when it can't be told. Takes long: for threads that may wait.</summary>
    public static string? Of(int descriptor, int thread)
    {
        if (!Files.Stat(descriptor, out FileIdentity file))
            return null;
        if (file.IsDirectory)
            return OfDirectory(descriptor, thread);
        return file.IsPlain && MappedFile.ShownNameOf(descriptor) is { } shown ? ShownName.Of(shown, descriptor, thread) : null;
    }

    private static string? OfDirectory(int descriptor, int thread)
    {
        List<byte[]> below = [];
        int length = 0, here = Files.OpenAt2(descriptor, ".\0"u8, Files.O_PATH | Files.O_DIRECTORY | Files.O_CLOEXEC, 0, mayBlock: true);
        Span<byte> shown = stackalloc byte[Files.PathMax];
        try
        {
            while (here >= 0 && length < Longest)
            {
                int count = Files.ReadDescriptorName(here, shown);
                if (count > 0)
                    return ShownName.Of(TargetText.FromBytes(shown[..count]), here, thread) is { } top ? (top == "/" ? "" : top) + "/" + Joined(below) : null;
                if (count != -ENAMETOOLONG)
                    return null;
                int above = Files.OpenAt2(here, "..\0"u8, Files.O_PATH | Files.O_DIRECTORY | Files.O_CLOEXEC, 0, mayBlock: true);
                byte[]? name = above >= 0 && Files.Stat(here, out FileIdentity own) ? NameIn(above, own) : null;
                Files.Close(here);
                here = above;
                if (name is null)
                    return null;
                below.Add(name);
                length += name.Length;
            }

            return null;
        }
        finally
        {
            if (here >= 0)
                Files.Close(here);
        }
    }

    private static string Joined(List<byte[]> fromTheEnd)
    {
        fromTheEnd.Reverse();
        return string.Join('/', fromTheEnd.Select(name => TargetText.FromBytes(name.AsSpan(0, name.Length - 1))));
    }

    private static byte[]? NameIn(int directory, FileIdentity child)
    {
        int opened = Files.Open(directory, ".\0"u8, Files.O_DIRECTORY | Files.O_CLOEXEC | Files.O_NONBLOCK);
        if (opened < 0)
            return null;
        List<DirectoryEntry> entries = DirectoryEntries.Read(opened, MostNeighbours) ?? [];
        Files.Close(opened);
        foreach (DirectoryEntry entry in entries.Where(e => e.MayBeDirectory).OrderByDescending(e => e.Inode == child.Inode))
        {
            int found = Files.OpenAt2(directory, entry.Name, Files.O_PATH | Files.O_NOFOLLOW | Files.O_CLOEXEC, 0, mayBlock: true);
            if (found < 0)
                continue;
            bool same = Files.Stat(found, out FileIdentity identity) && identity.IsSameFile(child);
            Files.Close(found);
            if (same)
                return entry.Name;
        }

        return null;
    }
}
