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

    private const int ENOPROTOOPT = 92;
    private const uint IPPROTO_IP = 0, IP_LOCAL_PORT_RANGE = 51;

    /// <summary>The option by which a program has the kernel choose just the port that it wants (ip(7), 6.3), as if there were none.</summary>
    public static FilterCase ChosenPort { get; } = new([ArgumentTest.Is(1, IPPROTO_IP), ArgumentTest.Is(2, IP_LOCAL_PORT_RANGE)], FilterAction.Fail(ENOPROTOOPT));

    /// <summary>Adds the case of a call.</summary>
    public static void AddCases(List<FilterCase> own, int number)
    {
        FilterCase? refused = number switch
        {
            SyscallNumbers.sendto or SyscallNumbers.sendmmsg => new([ArgumentTest.HasAny(3, MSG_FASTOPEN)], FilterAction.Fail(EOPNOTSUPP)),
            SyscallNumbers.sendmsg => new([ArgumentTest.HasAny(2, MSG_FASTOPEN)], FilterAction.Fail(EOPNOTSUPP)),
            SyscallNumbers.setsockopt => ChosenPort,
            SyscallNumbers.socket => new([ArgumentTest.Is(2, IPPROTO_MPTCP)], FilterAction.Fail(EPROTONOSUPPORT)),
            _ => null,
        };
        if (refused is not null)
            own.Add(refused);
    }
}
