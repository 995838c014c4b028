namespace Sandgate.Linux.Interop;

/// <summary>/proc/TID/status as bytes (proc(5)): a line for each field, a tab behind its name.</summary>
/// <remarks>A name is printed with its line feeds escaped: no thread can write lines of its own, as long as nothing else is taken for the end of a line.</remarks>
internal static class ProcStatus
{
    /// <summary>Room that is enough for a thread with few groups.</summary>
    public const int Room = 2048;

    // 65,536 groups are the most that a process can have (setgroups(2)).
    private const int Most = 1 << 20;

    /// <summary>Reads it whole; empty when the thread is gone.</summary>
    /// <param name="threadId">The thread.</param>
    /// <param name="room">Where to, if it is long enough.</param>
    public static ReadOnlySpan<byte> Read(int threadId, Span<byte> room)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/status"u8);
        return Read(path, room);
    }

    /// <summary>The same of a file that is named, with a NUL behind.</summary>
    public static ReadOnlySpan<byte> Read(scoped ReadOnlySpan<byte> path, Span<byte> room)
    {
        int count = Files.ReadWhole(path, room);
        if (count < room.Length)
            return room[..Math.Max(0, count)];
        byte[] more = new byte[Most];
        return more.AsSpan(0, Math.Max(0, Files.ReadWhole(path, more)));
    }

    /// <summary>What stands behind a field's name; empty when it isn't there.</summary>
    /// <param name="status">The file.</param>
    /// <param name="label">A line feed, the name, a colon and a tab.</param>
    public static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> status, scoped ReadOnlySpan<byte> label)
    {
        int at = status.IndexOf(label);
        if (at < 0)
            return [];
        ReadOnlySpan<byte> rest = status[(at + label.Length)..];
        int end = rest.IndexOf((byte)'\n');
        return end < 0 ? rest : rest[..end];
    }
}
