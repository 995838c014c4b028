using System.Globalization;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>
/// What the supervisor was started with and its own runtime has changed since: the program gets it
/// as if it had been started directly.
/// </summary>
/// <param name="BlockedSignals">The signal mask.</param>
/// <param name="IgnoredSignals">The signals that were ignored, as nohup(1) does.</param>
/// <param name="OpenFilesLimit">The soft limit of open files; null when it is unchanged.</param>
internal sealed record Inherited(ulong BlockedSignals, ulong IgnoredSignals, (ulong Soft, ulong Hard)? OpenFilesLimit)
{
    private const int SIGPIPE = 13, RLIMIT_NOFILE = 7;

    /// <summary>Finds out. Call on the main thread, before signal handlers are registered.</summary>
    public static unsafe Inherited Read()
    {
        ulong blocked = 0;

        // SAFETY: blocked is as long as the kernel's signal set and lives for the whole call.
        Libc.Call(SyscallNumbers.rt_sigprocmask, 0, 0, (long)(&blocked), sizeof(ulong));
        string ignored = ProcLines.Of("/proc/self/status").First(l => l.StartsWith("SigIgn:", StringComparison.Ordinal));

        // The runtime itself ignores SIGPIPE and keeps the others as they were; whether SIGPIPE was ignored before is lost.
        ulong mask = ulong.Parse(ignored.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & ~(1ul << (SIGPIPE - 1));
        return new(blocked, mask, ReadOpenFilesLimit());
    }

    // The runtime raises its soft limit to the hard one at start; the parent's tells what it was.
    private static unsafe (ulong Soft, ulong Hard)? ReadOpenFilesLimit()
    {
        ulong* own = stackalloc ulong[2], parents = stackalloc ulong[2];

        // SAFETY: struct rlimit64 is two 64-bit numbers; both live for both calls.
        long parent = Libc.Call(SyscallNumbers.getppid);
        bool known = Libc.Call(SyscallNumbers.prlimit64, 0, RLIMIT_NOFILE, 0, (long)own) == 0
            && parent > 0 && Libc.Call(SyscallNumbers.prlimit64, parent, RLIMIT_NOFILE, 0, (long)parents) == 0;
        return known && parents[1] == own[1] && parents[0] < own[0] ? (parents[0], parents[1]) : null;
    }
}
