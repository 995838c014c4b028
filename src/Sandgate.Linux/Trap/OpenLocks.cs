using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// Locks and leases that belong to an open file and last until its last descriptor is closed (flock(2), F_OFD_SETLK and F_SETLEASE of fcntl(2)). The supervisor has
/// one, too, of each file that it opens for the program, until a moment after the program has its own: who locks waits for that moment, or his lock
/// would outlive his close.
/// </summary>
internal static class OpenLocks
{
    private const uint F_OFD_SETLK = 37, F_OFD_SETLKW = 38, F_SETLEASE = 1024;
    private const int PatienceMilliseconds = 50;

    private static int s_handedOver;

    /// <summary>The calls that stop.</summary>
    public static CallCase[] Stopped { get; } =
    [
        new(SyscallNumbers.flock, new([], FilterAction.Notify)),
        .. ((ReadOnlySpan<uint>)[F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE]).ToArray().Select(command => new CallCase(SyscallNumbers.fcntl, new([ArgumentTest.Is(1, command)], FilterAction.Notify))),
    ];

    /// <summary>The program gets a descriptor, and the supervisor still has its own.</summary>
    public static void Begin() => Interlocked.Increment(ref s_handedOver);

    /// <summary>The supervisor has closed its own.</summary>
    public static void End() => Interlocked.Decrement(ref s_handedOver);

    /// <summary>Waits, before such a call goes on, until the supervisor has closed what it has handed over.</summary>
    public static void Settle(SeccompStop stop)
    {
        if (stop.Number is SyscallNumbers.flock or SyscallNumbers.fcntl && Volatile.Read(ref s_handedOver) > 0)
            SpinWait.SpinUntil(() => Volatile.Read(ref s_handedOver) == 0, PatienceMilliseconds);
    }
}
