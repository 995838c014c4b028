using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// The supervisor's own entries in /proc. What the kernel lets the supervisor see of itself is not the
/// program's to see: it isn't dumpable, so most of them are closed to everybody else (proc(5)).
/// </summary>
internal static class Supervisor
{
    /// <summary>True for a path into /proc/PID of the supervisor, or of one of its threads.</summary>
    public static bool OwnsProcEntry(string path) => ProcEntry.Of(path) is { } entry && IsOwn(entry.Process);

    /// <summary>Set when the supervisor has made itself undumpable, so that the kernel hides it from the program's own calls.</summary>
    public static bool IsClosed { get; set; }

    /// <summary>True when the program may not have this file from the supervisor's hands.</summary>
    /// <param name="path">The file's real path.</param>
    /// <param name="reads">True when it is only to be read.</param>
    public static bool Hides(string path, bool reads) =>
        IsClosed && ProcEntry.Of(path) is { } entry && (!reads || !entry.IsEverybodys) && IsOwn(entry.Process);

    // Every thread has an entry in /proc, too, though it isn't listed.
    private static unsafe bool IsOwn(int id)
    {
        if (id == Environment.ProcessId)
            return true;
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/self/task/"u8).Add(id);

        // SAFETY: path ends in NUL and lives on this stack for the whole call.
        fixed (byte* name = path)
            return Libc.Call(SyscallNumbers.access, (long)name, 0) == 0;
    }
}
