using Sandgate.Core.Record;
using Sandgate.Store;

namespace Sandgate.Cli;

/// <summary>The file that a session is recorded in. What a program did may be secret: only its owner reads it.</summary>
internal static class RecordFile
{
    /// <summary>Everything that belongs to a record that was created, by real name: also what SQLite keeps beside its own, and older files.</summary>
    public static IReadOnlyList<string> NamesOf(string name, RecordSize size) =>
    [
        .. Recordings.FilesOf(Path.GetFullPath(name), size).SelectMany(RuleFile.NamesOf)
            .SelectMany(n => Path.GetExtension(n) == ".jsonl" ? (string[])[n] : [n, n + "-wal", n + "-shm", n + "-journal"]).Distinct(),
    ];

    /// <summary>Creates it, mode 0600.</summary>
    /// <exception cref="IOException">It can't be created; the message names it.</exception>
    public static IEventSink Create(string name, RecordSize size)
    {
        try
        {
            return Recordings.Create(name, size, Platform.CreatePrivateFile);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            string why = failure.Message.StartsWith(name + ": ", StringComparison.Ordinal) ? failure.Message[(name.Length + 2)..] : failure.Message;
            throw new IOException($"--record {name}: {(failure is UnauthorizedAccessException or DirectoryNotFoundException ? "the file can't be created" : why)}", failure);
        }
    }
}
