using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// Ways for a packet to go elsewhere than the address that a call names. Where rules refuse addresses, they are refused as by a kernel without them, or to
/// somebody without CAP_NET_RAW. What stands in messages is <see cref="LeadsElsewhere"/>.
/// </summary>
internal static class OtherWaysToAddresses
{
    private const int EPERM = 1, EPROTONOSUPPORT = 93;
    private const uint AF_INET = 2, AF_INET6 = 10, AF_PACKET = 17, AF_XDP = 44, TypeMask = ~0x80800u /* but SOCK_CLOEXEC, SOCK_NONBLOCK */, SOCK_RAW = 3, SOCK_SEQPACKET = 5, SOCK_PACKET = 10;
    private const uint UDP_CORK = 1, IPPROTO_UDP = 17, IPPROTO_UDPLITE = 136;

    private const uint IPPROTO_IP = 0, IPPROTO_ICMP = 1, IPPROTO_IPV6 = 41, IPPROTO_ICMPV6 = 58, IPPROTO_SCTP = 132, IPPROTO_RAW = 255;

    // ip(7): headers of the program's own, source routes. Then those of IPv6 (RFC 3542, RFC 2292): routing headers, also by way of a flow label.
    private const uint IP_HDRINCL = 3, IP_OPTIONS = 4, IP_RETOPTS = 7;
    private const uint IPV6_ADDRFORM = 1, IPV6_2292RTHDR = 5, IPV6_2292PKTOPTIONS = 6, IPV6_FLOWLABEL_MGR = 32, IPV6_HDRINCL = 36, IPV6_RTHDR = 57;

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
                    own.Add(new([ArgumentTest.Is(0, family), OfType(SOCK_PACKET)], FilterAction.Fail(EPERM)));

                    // All others have ports, or whole packets with their own addresses, in what is sent.
                    own.Add(new([ArgumentTest.Is(0, family), OfType(SOCK_RAW), ArgumentTest.IsNot(2, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6)], FilterAction.Fail(EPERM)));

                    // Its socket options connect and bind (sctp(7)).
                    own.Add(new([ArgumentTest.Is(0, family), ArgumentTest.Is(2, IPPROTO_SCTP)], FilterAction.Fail(EPROTONOSUPPORT)));
                    own.Add(new([ArgumentTest.Is(0, family), OfType(SOCK_SEQPACKET)], FilterAction.Fail(EPROTONOSUPPORT)));
                }

                break;
            case SyscallNumbers.setsockopt:
                foreach (uint option in (ReadOnlySpan<uint>)[IP_HDRINCL, IP_OPTIONS])
                    own.Add(Option(IPPROTO_IP, option));

                // What is sent while it is set goes where the first of it went, whatever address the others name.
                foreach (uint level in (ReadOnlySpan<uint>)[IPPROTO_UDP, IPPROTO_UDPLITE])
                    own.Add(Option(level, UDP_CORK));

                // A raw socket takes some of its options by its own level, too (net/ipv6/raw.c). What becomes a socket of IPv4 reads addresses otherwise.
                own.Add(Option(IPPROTO_RAW, IPV6_HDRINCL));
                foreach (uint option in (ReadOnlySpan<uint>)[IPV6_ADDRFORM, IPV6_2292RTHDR, IPV6_2292PKTOPTIONS, IPV6_FLOWLABEL_MGR, IPV6_HDRINCL, IPV6_RTHDR])
                    own.Add(Option(IPPROTO_IPV6, option));
                break;
        }
    }

    /// <summary>True for control data of a message that makes it go elsewhere.</summary>
    public static bool LeadsElsewhere(int level, int type) => ((uint)level, (uint)type) is (IPPROTO_IP, IP_RETOPTS) or (IPPROTO_IPV6, IPV6_RTHDR or IPV6_2292RTHDR);

    private static ArgumentTest OfType(uint type) => new(1, TypeMask, type, Equal: true);

    private static FilterCase Option(uint level, uint option) => new([ArgumentTest.Is(1, level), ArgumentTest.Is(2, option)], FilterAction.Fail(EPERM));
}
