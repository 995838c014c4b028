namespace Sandgate.Cli;

/// <summary>Reads and replaces files of rules.</summary>
internal static class RuleFile
{
    // One byte more than the reader takes: enough for it to say that there is too much.
    private const int MostBytes = (8 << 20) + 1;

    /// <summary>What a file holds.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">Its name in messages.</param>
    /// <exception cref="IOException">It can't be read; the message says why.</exception>
    public static byte[] Read(string path, string shown)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            byte[] bytes = new byte[Math.Clamp(stream.CanSeek ? stream.Length : MostBytes, 4096, MostBytes)];
            int have = 0;
            while (have < bytes.Length && stream.Read(bytes, have, bytes.Length - have) is > 0 and var count)
                have += count;
            return bytes[..have];
        }
        catch (FileNotFoundException)
        {
            throw new IOException($"{shown}: there is no such file");
        }
        catch (DirectoryNotFoundException)
        {
            throw new IOException($"{shown}: there is no such directory");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{shown}: {(Directory.Exists(path) ? "is a directory, not a file of rules" : "can't be read")}", failure);
        }
    }

    /// <summary>The file's real name, and the links on the way by which the user named it: a new link would be another configuration next time.</summary>
    public static List<string> NamesOf(string file)
    {
        List<string> names = [];
        if (Platform.RealPathOf(file) is { } real)
            names.Add(real);
        for (string? way = file; way is { Length: > 0 }; way = Path.GetDirectoryName(way))
            AddLinks(way, names);
        return names;
    }

    // A link may lead to another.
    private static void AddLinks(string way, List<string> names)
    {
        const int MostLinks = 40;
        for (int links = 0; links < MostLinks && new FileInfo(way).LinkTarget is { } target; links++)
        {
            if (Platform.RealPathOf(Path.GetDirectoryName(way)!) is not { } directory)
                return;
            string link = Path.Join(directory, Path.GetFileName(way));
            if (!names.Contains(link))
                names.Add(link);
            way = Path.Combine(directory, target);
        }
    }

    /// <summary>Puts a new file in the place of an old one, at once and whole, with its permissions.</summary>
    /// <exception cref="IOException">It can't be written; the old one is untouched.</exception>
    public static void Replace(string file, byte[] bytes)
    {
        // Through a link, the file that it leads to is replaced, not the link.
        string target = Platform.RealPathOf(Path.GetFullPath(file)) ?? Path.GetFullPath(file);
        string next = Path.Join(Path.GetDirectoryName(target), $".{Path.GetFileName(target)}.{Environment.ProcessId}.new");
        try
        {
            using (FileStream stream = Platform.CreatePrivateFile(next))
            {
                if (!OperatingSystem.IsWindows())
                    File.SetUnixFileMode(stream.SafeFileHandle, File.GetUnixFileMode(target));
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }

            File.Move(next, target, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            File.Delete(next);
            throw new IOException($"{file}: can't be written", failure);
        }
    }
}
