using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>Whether a thread of the program can have one more descriptor (RLIMIT_NOFILE, getrlimit(2)).</summary>
internal static unsafe class DescriptorRoom
{
    private const int RLIMIT_NOFILE = 7;

    /// <summary>True when every number below its limit is taken.</summary>
    public static bool IsFull(int threadId)
    {
        ulong* limit = stackalloc ulong[2];

        // SAFETY: limit has room for struct rlimit64 and lives on this stack for the whole call.
        if (Libc.Call(SyscallNumbers.prlimit64, threadId, RLIMIT_NOFILE, 0, (long)limit) != 0 || limit[0] > int.MaxValue)
            return false;

        // Nearly always the last number is free; only else are they counted.
        int most = (int)limit[0];
        if (most > 0 && !IsOpen(threadId, most - 1))
            return false;
        for (int number = 0; number < most; number++)
        {
            if (!IsOpen(threadId, number))
                return false;
        }

        return true;
    }

    private static bool IsOpen(int threadId, int number)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], one = stackalloc byte[1];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/fd/"u8).Add(number);
        return Files.ReadLink(Files.AT_FDCWD, path, one) >= 0;
    }
}
