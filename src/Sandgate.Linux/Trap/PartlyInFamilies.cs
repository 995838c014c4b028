using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// Calls that belong to the families <c>read</c> and <c>write</c> only when their registers say so: a mapping of a file,
/// the ioctls that put other blocks under a file. For these families alone, all others of them pass in the kernel.
/// </summary>
internal static class PartlyInFamilies
{
    private const uint MAP_SHARED = 1, MAP_ANONYMOUS = 0x20;
    private const uint FICLONE = 0x40049409, FICLONERANGE = 0x4020940d, FIDEDUPERANGE = 0xc0189436;

    private static readonly ArgumentTest[][] s_mapsShared = [[ArgumentTest.HasAny(3, MAP_SHARED), ArgumentTest.HasNone(3, MAP_ANONYMOUS)]];
    private static readonly ArgumentTest[][] s_maps = [[ArgumentTest.HasNone(3, MAP_ANONYMOUS)]];
    private static readonly ArgumentTest[][] s_clones = [[ArgumentTest.Is(1, FICLONE)], [ArgumentTest.Is(1, FICLONERANGE)], [ArgumentTest.Is(1, FIDEDUPERANGE)]];

    /// <summary>True when this call reads from a file: on this processor there is no mapping that can only be written to.</summary>
    public static bool Reads(Stop stop) => stop.Number != SyscallNumbers.mmap || ((uint)stop.Register(3) & MAP_ANONYMOUS) == 0;

    /// <summary>True when this call writes to a file.</summary>
    public static bool Writes(Stop stop) => stop.Number switch
    {
        SyscallNumbers.mmap => ((uint)stop.Register(3) & (MAP_SHARED | MAP_ANONYMOUS)) == MAP_SHARED,
        SyscallNumbers.ioctl => (uint)stop.Register(1) is FICLONE or FICLONERANGE or FIDEDUPERANGE,
        _ => true,
    };

    /// <summary>When such a call stops that only rules on these families need; null when all must stop, and for every other call.</summary>
    public static ArgumentTest[][]? Tests(Policy policy, SyscallShape shape, int number) => policy.NeedsOnlyFamilies(shape) ? TestsOf(policy, number) : null;

    /// <summary>True when a filter with some tests stops all that rules which need others do.</summary>
    public static bool Covers(ArgumentTest[][] stopped, ArgumentTest[][]? needed) => needed == stopped || (stopped == s_maps && needed == s_mapsShared);

    private static ArgumentTest[][]? TestsOf(Policy policy, int number) => number switch
    {
        SyscallNumbers.mmap => policy.NeedsFamily(Operation.Read) ? s_maps : s_mapsShared,
        SyscallNumbers.ioctl => s_clones,
        _ => null,
    };
}
