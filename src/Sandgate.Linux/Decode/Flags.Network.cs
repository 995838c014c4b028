using Sandgate.Core.Decode;

namespace Sandgate.Linux.Decode;

/// <summary>Address families and socket types.</summary>
internal static partial class Flags
{
    private const ulong SocketTypeMask = 0xf;

    private static readonly FlagSet s_socketFamilies = FlagSet.OfValues(
        new(0, "AF_UNSPEC"),
        new(1, "AF_UNIX"),
        new(2, "AF_INET"),
        new(3, "AF_AX25"),
        new(4, "AF_IPX"),
        new(5, "AF_APPLETALK"),
        new(6, "AF_NETROM"),
        new(7, "AF_BRIDGE"),
        new(8, "AF_ATMPVC"),
        new(9, "AF_X25"),
        new(10, "AF_INET6"),
        new(11, "AF_ROSE"),
        new(13, "AF_NETBEUI"),
        new(14, "AF_SECURITY"),
        new(15, "AF_KEY"),
        new(16, "AF_NETLINK"),
        new(17, "AF_PACKET"),
        new(18, "AF_ASH"),
        new(19, "AF_ECONET"),
        new(20, "AF_ATMSVC"),
        new(21, "AF_RDS"),
        new(22, "AF_SNA"),
        new(23, "AF_IRDA"),
        new(24, "AF_PPPOX"),
        new(25, "AF_WANPIPE"),
        new(26, "AF_LLC"),
        new(27, "AF_IB"),
        new(28, "AF_MPLS"),
        new(29, "AF_CAN"),
        new(30, "AF_TIPC"),
        new(31, "AF_BLUETOOTH"),
        new(32, "AF_IUCV"),
        new(33, "AF_RXRPC"),
        new(34, "AF_ISDN"),
        new(35, "AF_PHONET"),
        new(36, "AF_IEEE802154"),
        new(37, "AF_CAIF"),
        new(38, "AF_ALG"),
        new(39, "AF_NFC"),
        new(40, "AF_VSOCK"),
        new(41, "AF_KCM"),
        new(42, "AF_QIPCRTR"),
        new(43, "AF_SMC"),
        new(44, "AF_XDP"),
        new(45, "AF_MCTP"));

    private static readonly FlagSet s_socketTypes = new("0",
        new(1, "SOCK_STREAM", SocketTypeMask),
        new(2, "SOCK_DGRAM", SocketTypeMask),
        new(3, "SOCK_RAW", SocketTypeMask),
        new(4, "SOCK_RDM", SocketTypeMask),
        new(5, "SOCK_SEQPACKET", SocketTypeMask),
        new(6, "SOCK_DCCP", SocketTypeMask),
        new(10, "SOCK_PACKET", SocketTypeMask),
        new(0x800, "SOCK_NONBLOCK"),
        new(0x80000, "SOCK_CLOEXEC"));
}
