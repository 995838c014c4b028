using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// Calls that belong to the family <c>write</c> only when their registers say so: a shared mapping of a file,
/// the ioctls that put other blocks under a file. For that family alone, all others of them pass in the kernel.
/// </summary>
internal static class WritingCalls
{
    private const uint MAP_SHARED = 1, MAP_ANONYMOUS = 0x20;
    private const uint FICLONE = 0x40049409, FICLONERANGE = 0x4020940d, FIDEDUPERANGE = 0xc0189436;

    /// <summary>True when this call writes to a file.</summary>
    public static bool Writes(Stop stop) => stop.Number switch
    {
        SyscallNumbers.mmap => ((uint)stop.Register(3) & (MAP_SHARED | MAP_ANONYMOUS)) == MAP_SHARED,
        SyscallNumbers.ioctl => (uint)stop.Register(1) is FICLONE or FICLONERANGE or FIDEDUPERANGE,
        _ => true,
    };

    /// <summary>When such a call stops that only rules on writing need; null when all must stop, and for every other call.</summary>
    public static ArgumentTest[][]? Tests(Policy policy, SyscallShape shape, int number) => policy.NeedsOnlyFamilies(shape) ? TestsOf(number) : null;

    private static ArgumentTest[][]? TestsOf(int number) => number switch
    {
        SyscallNumbers.mmap => [[ArgumentTest.HasAny(3, MAP_SHARED), ArgumentTest.HasNone(3, MAP_ANONYMOUS)]],
        SyscallNumbers.ioctl => [[ArgumentTest.Is(1, FICLONE)], [ArgumentTest.Is(1, FICLONERANGE)], [ArgumentTest.Is(1, FIDEDUPERANGE)]],
        _ => null,
    };
}
