using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>TCP_ZEROCOPY_RECEIVE of tcp(7): getsockopt(2) hands out what was received. Where rules refuse that, it is refused as by a kernel without it.</summary>
internal static class OtherWaysToReceive
{
    private const int ENOPROTOOPT = 92;
    private const uint IPPROTO_TCP = 6, TCP_ZEROCOPY_RECEIVE = 35;

    /// <summary>Adds the case of a call.</summary>
    public static void AddCases(List<FilterCase> own, int number)
    {
        if (number == SyscallNumbers.getsockopt)
            own.Add(new([ArgumentTest.Is(1, IPPROTO_TCP), ArgumentTest.Is(2, TCP_ZEROCOPY_RECEIVE)], FilterAction.Fail(ENOPROTOOPT)));
    }
}
