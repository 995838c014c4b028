using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// Landlock looks at connect(2) and bind(2) of TCP sockets alone. Sending with MSG_FASTOPEN connects, too, and a socket of multipath TCP speaks TCP
/// to whoever knows no better. Where ports are restricted both are refused as where they don't exist: programs connect by TCP then.
/// </summary>
internal static class OtherWaysToPorts
{
    private const int EPROTONOSUPPORT = 93, EOPNOTSUPP = 95;
    private const uint MSG_FASTOPEN = 0x20000000, IPPROTO_MPTCP = 262;

    /// <summary>Adds the case of a call.</summary>
    public static void AddCases(List<FilterCase> own, int number)
    {
        FilterCase? refused = number switch
        {
            SyscallNumbers.sendto or SyscallNumbers.sendmmsg => new([ArgumentTest.HasAny(3, MSG_FASTOPEN)], FilterAction.Fail(EOPNOTSUPP)),
            SyscallNumbers.sendmsg => new([ArgumentTest.HasAny(2, MSG_FASTOPEN)], FilterAction.Fail(EOPNOTSUPP)),
            SyscallNumbers.socket => new([ArgumentTest.Is(2, IPPROTO_MPTCP)], FilterAction.Fail(EPROTONOSUPPORT)),
            _ => null,
        };
        if (refused is not null)
            own.Add(refused);
    }
}
