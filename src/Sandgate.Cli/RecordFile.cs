namespace Sandgate.Cli;

/// <summary>The file that calls are recorded in. What a program did may be secret: only its owner reads it.</summary>
internal static class RecordFile
{
    /// <summary>Everything that belongs to a record that was created, by real name: SQLite keeps files beside its own.</summary>
    public static IReadOnlyList<string> NamesOf(string name) =>
        [.. RuleFile.NamesOf(Path.GetFullPath(name)).SelectMany(n => name.EndsWith(".jsonl", StringComparison.Ordinal) ? (string[])[n] : [n, n + "-wal", n + "-shm"])];

    /// <summary>Creates or empties it, mode 0600.</summary>
    /// <exception cref="IOException">It can't be created; the message names it.</exception>
    public static Stream Create(string name)
    {
        if (!name.EndsWith(".jsonl", StringComparison.Ordinal))
            throw new IOException($"--record {name}: only .jsonl files can be written in this version");
        try
        {
            return Platform.CreatePrivateFile(name);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--record {name}: the file can't be created", failure);
        }
    }
}
