using Sandgate.Core.Record;

namespace Sandgate.Store;

/// <summary>How long a record may become.</summary>
/// <param name="Bytes">When a new file is begun; null for never.</param>
/// <param name="Keep">How many older files are kept.</param>
public readonly record struct RecordSize(long? Bytes, int Keep);

/// <summary>Creates records by their names' endings, and opens them by what they are.</summary>
public static class Recordings
{
    private static ReadOnlySpan<byte> SqliteHeader => "SQLite format 3\0"u8;

    /// <summary>
    /// Creates a record: <c>.jsonl</c>, which is emptied if it exists, or <c>.db</c>, to which the session is added.
    /// </summary>
    /// <param name="file">Its name.</param>
    /// <param name="size">How long it may become.</param>
    /// <param name="createPrivate">Creates or empties a file that only its owner can read.</param>
    /// <exception cref="IOException">It can't be created; the message says why.</exception>
    public static IEventSink Create(string file, RecordSize size, Func<string, FileStream> createPrivate)
    {
        Func<string, OpenRecord> open = Path.GetExtension(file) switch
        {
            ".jsonl" => name => OpenLines(name, createPrivate),
            ".db" or ".sqlite" => name => OpenDatabase(name, createPrivate),
            _ => throw new IOException("a record's name ends in .db (an SQLite database) or .jsonl (JSON lines)"),
        };
        return size.Bytes is { } limit ? new RotatingRecord(file, limit, size.Keep, open) : open(file).Sink;
    }

    /// <summary>The files that a record is kept in, the one that is written first.</summary>
    public static IEnumerable<string> FilesOf(string file, RecordSize size) => RotatingRecord.FilesOf(file, size.Bytes is null ? 0 : size.Keep);

    private static OpenRecord OpenLines(string file, Func<string, FileStream> createPrivate)
    {
        FileStream output = createPrivate(file);
        return new(new JsonLines(output), () => output.Position);
    }

    // SQLite gives its other files the mode of the first.
    private static OpenRecord OpenDatabase(string file, Func<string, FileStream> createPrivate)
    {
        if (!File.Exists(file))
            createPrivate(file).Dispose();
        SqliteSink sink = new(file);
        return new(sink, () => sink.Length);
    }

    /// <summary>Opens a record for reading, also while it is being written.</summary>
    /// <exception cref="IOException">The file can't be opened, or is no record.</exception>
    public static IRecording Open(string file) => Open(file, wait: null);

    /// <summary>Opens a record for reading what there is and what is yet to come; its events end when their reader has had enough.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="wait">Waits a little for more.</param>
    /// <exception cref="IOException">The file can't be opened, or can't be followed.</exception>
    public static IRecording Follow(string file, Action wait) => Open(file, wait);

    private static IRecording Open(string file, Action? wait)
    {
        FileStream input = OpenRead(file);
        try
        {
            Span<byte> start = stackalloc byte[SqliteHeader.Length];
            int count = input.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            if (start[..count].SequenceEqual(SqliteHeader))
            {
                input.Dispose();
                return wait is null ? new SqliteRecording(file) : throw new IOException($"{file}: a database can't be followed; follow its session, or record to a .jsonl file");
            }

            if (count == 0 || start[0] != (byte)'{')
                throw new IOException($"{file}: is no record of Sandgate");
            input.Position = 0;
            return new JsonLinesRecording(input, wait);
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    private static FileStream OpenRead(string file)
    {
        try
        {
            return new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"{file}: there is no such file", failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new IOException($"{file}: can't be read", failure);
        }
    }
}
