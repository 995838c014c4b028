using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// Advice on mapped memory that takes what a file holds out of it, as fallocate(2) does (madvise(2), MADV_REMOVE). Where rules are about what is in files it is
/// refused as for a file system without holes.
/// </summary>
internal static class ContentsByMemory
{
    private const int EINVAL = 22, EOPNOTSUPP = 95;
    private const uint MADV_REMOVE = 9;

    /// <summary>Adds the case of a call.</summary>
    /// <param name="own">Where to.</param>
    /// <param name="number">The call.</param>
    /// <param name="shut">Which ways are shut.</param>
    public static void AddCases(List<FilterCase> own, int number, SideDoors shut)
    {
        if ((shut & SideDoors.Contents) == 0)
            return;
        if (number == SyscallNumbers.madvise)
            own.Add(new([ArgumentTest.Is(2, MADV_REMOVE)], FilterAction.Fail(EOPNOTSUPP)));
        else if (number == SyscallNumbers.process_madvise)
            own.Add(new([ArgumentTest.Is(3, MADV_REMOVE)], FilterAction.Fail(EINVAL)));
    }
}
