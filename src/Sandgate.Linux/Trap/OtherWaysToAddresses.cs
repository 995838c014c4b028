using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// Ways for a packet to go elsewhere than the address that a call names. Where rules refuse addresses, they are refused as by a kernel without them, or to
/// somebody without CAP_NET_RAW. What stands in messages is <see cref="LeadsElsewhere"/>.
/// </summary>
internal static class OtherWaysToAddresses
{
    private const int EPERM = 1, EPROTONOSUPPORT = 93;
    private const uint AF_INET = 2, AF_INET6 = 10, AF_PACKET = 17, AF_XDP = 44, TypeMask = 0xf, SOCK_RAW = 3, SOCK_SEQPACKET = 5, SOCK_PACKET = 10;
    private const uint UDP_CORK = 1, IPPROTO_UDP = 17;

    // Of a raw socket, these have their ports in what is sent.
    private static readonly uint[] s_withPorts = [6 /* IPPROTO_TCP */, IPPROTO_UDP, 33 /* IPPROTO_DCCP */, 136 /* IPPROTO_UDPLITE */];
    private const uint IPPROTO_IP = 0, IPPROTO_IPV6 = 41, IPPROTO_SCTP = 132, IPPROTO_RAW = 255;

    // ip(7): headers of the program's own, source routes. Then those of IPv6 (RFC 3542, RFC 2292): routing headers, also by way of a flow label.
    private const uint IP_HDRINCL = 3, IP_OPTIONS = 4, IP_RETOPTS = 7;
    private const uint IPV6_2292RTHDR = 5, IPV6_2292PKTOPTIONS = 6, IPV6_FLOWLABEL_MGR = 32, IPV6_HDRINCL = 36, IPV6_RTHDR = 57;

    /// <summary>Adds the cases of a call.</summary>
    public static void AddCases(List<FilterCase> own, int number)
    {
        switch (number)
        {
            case SyscallNumbers.socket:
                own.Add(new([ArgumentTest.Is(0, AF_PACKET)], FilterAction.Fail(EPERM)));
                own.Add(new([ArgumentTest.Is(0, AF_XDP)], FilterAction.Fail(EPERM)));
                foreach (uint family in (ReadOnlySpan<uint>)[AF_INET, AF_INET6])
                {
                    own.Add(new([ArgumentTest.Is(0, family), ArgumentTest.Is(2, IPPROTO_RAW)], FilterAction.Fail(EPERM)));
                    own.Add(new([ArgumentTest.Is(0, family), OfType(SOCK_PACKET)], FilterAction.Fail(EPERM)));
                    foreach (uint protocol in s_withPorts)
                        own.Add(new([ArgumentTest.Is(0, family), OfType(SOCK_RAW), ArgumentTest.Is(2, protocol)], FilterAction.Fail(EPERM)));

                    // Its socket options connect and bind (sctp(7)).
                    own.Add(new([ArgumentTest.Is(0, family), ArgumentTest.Is(2, IPPROTO_SCTP)], FilterAction.Fail(EPROTONOSUPPORT)));
                    own.Add(new([ArgumentTest.Is(0, family), OfType(SOCK_SEQPACKET)], FilterAction.Fail(EPROTONOSUPPORT)));
                }

                break;
            case SyscallNumbers.setsockopt:
                foreach (uint option in (ReadOnlySpan<uint>)[IP_HDRINCL, IP_OPTIONS])
                    own.Add(Option(IPPROTO_IP, option));

                // What is sent while it is set goes where the first of it went, whatever address the others name.
                own.Add(Option(IPPROTO_UDP, UDP_CORK));
                foreach (uint option in (ReadOnlySpan<uint>)[IPV6_2292RTHDR, IPV6_2292PKTOPTIONS, IPV6_FLOWLABEL_MGR, IPV6_HDRINCL, IPV6_RTHDR])
                    own.Add(Option(IPPROTO_IPV6, option));
                break;
        }
    }

    /// <summary>True for control data of a message that makes it go elsewhere.</summary>
    public static bool LeadsElsewhere(int level, int type) => ((uint)level, (uint)type) is (IPPROTO_IP, IP_RETOPTS) or (IPPROTO_IPV6, IPV6_RTHDR or IPV6_2292RTHDR);

    private static ArgumentTest OfType(uint type) => new(1, TypeMask, type, Equal: true);

    private static FilterCase Option(uint level, uint option) => new([ArgumentTest.Is(1, level), ArgumentTest.Is(2, option)], FilterAction.Fail(EPERM));
}
