using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Creates files with the program's umask(2). The supervisor's threads share one: it is changed, rarely, under a lock,
/// and stays so; the supervisor's own files get their permissions by hand.
/// </summary>
internal static class Umask
{
    private static readonly Lock s_lock = new();
    private static uint s_now = Inherited();

    /// <summary>Creates something as a thread of the program would.</summary>
    /// <param name="threadId">The thread.</param>
    /// <param name="create">Makes it; must not wait for anybody.</param>
    public static long Create(int threadId, Func<long> create)
    {
        uint mask = Of(threadId);
        lock (s_lock)
        {
            if (mask != s_now)
            {
                Libc.Call(SyscallNumbers.umask, mask);
                s_now = mask;
            }

            return create();
        }
    }

    /// <summary>The umask of a thread; 077 when it can't be told.</summary>
    public static uint Of(int threadId)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], status = stackalloc byte[256];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/status"u8);
        int count = Files.ReadWhole(path, status);
        ReadOnlySpan<byte> label = "\nUmask:\t"u8;
        int at = count > 0 ? status[..count].IndexOf(label) : -1;
        if (at < 0)
            return 0x3f;
        uint mask = 0;
        foreach (byte digit in status[(at + label.Length)..count])
        {
            if (digit is < (byte)'0' or > (byte)'7')
                break;
            mask = (mask << 3) | (uint)(digit - '0');
        }

        return mask;
    }

    private static uint Inherited() => Of(Environment.ProcessId);
}
