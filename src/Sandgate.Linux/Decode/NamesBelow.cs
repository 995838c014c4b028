using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>Lists everything below a directory.</summary>
internal static class NamesBelow
{
    private const int Most = 20_000;

    /// <summary>The names relative to the directory, those of directories with a slash at the end; null when there are too many or some can't be listed.</summary>
    /// <param name="parent">A descriptor of the directory above.</param>
    /// <param name="name">The directory's name there, ending in NUL.</param>
    public static IReadOnlyList<string>? List(int parent, byte[] name)
    {
        List<string> names = [];
        int top = Open(parent, name);
        if (top < 0)
            return null;
        Stack<byte[]> rest = new([[]]);
        try
        {
            while (rest.TryPop(out byte[]? directory))
            {
                int opened = directory.Length == 0 ? top : Open(top, [.. directory, 0]);
                if (opened < 0)
                    return null;
                bool whole = Add(opened, directory, names, rest);
                if (opened != top)
                    Files.Close(opened);
                if (!whole)
                    return null;
            }
        }
        finally
        {
            Files.Close(top);
        }

        return names;
    }

    private static int Open(int parent, byte[] name) => Files.Open(parent, name, Files.O_DIRECTORY | Files.O_NOFOLLOW | Files.O_CLOEXEC | Files.O_NONBLOCK);

    private static bool Add(int opened, byte[] directory, List<string> names, Stack<byte[]> rest)
    {
        if (DirectoryEntries.Read(opened, Most - names.Count) is not { } entries)
            return false;
        foreach (DirectoryEntry entry in entries)
        {
            byte[] path = [.. directory, .. entry.Name.AsSpan(0, entry.Name.Length - 1)];
            if (entry.IsDirectory || (entry.MayBeDirectory && IsDirectory(opened, entry.Name)))
                rest.Push(path = [.. path, (byte)'/']);
            names.Add(TargetText.FromBytes(path));
        }

        return true;
    }

    private static bool IsDirectory(int parent, byte[] name)
    {
        int opened = Open(parent, name);
        if (opened >= 0)
            Files.Close(opened);
        return opened >= 0;
    }
}
