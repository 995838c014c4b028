// 127.0.0.2 and the socket shut/soc may not be reached: by no call and under no other name.
#include "attack.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <sys/un.h>

static struct sockaddr_in refused(void)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port()), .sin_addr = { htonl(0x7f000002) } };
}

static int server(int type)
{
    struct sockaddr_in address = refused();
    int fd = (int)must(socket(AF_INET, type | SOCK_NONBLOCK, 0), "socket");
    must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)), "setsockopt");
    must(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
    if (type == SOCK_STREAM) {
        int length = 5;
        must(listen(fd, 16), "listen");
        setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &length, sizeof length);
    }
    return fd;
}

static bool arrived(int fd) { char room[64]; usleep(1000); return read(fd, room, sizeof room) > 0; }
static bool connected(int fd) { usleep(1000); return accept(fd, NULL, NULL) >= 0; }

static int plain(int tries)
{
    struct sockaddr_in to = refused();
    int listener = server(SOCK_STREAM), fd = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    (void)tries;
    (void)!connect(fd, (struct sockaddr *)&to, sizeof to);
    return connected(listener);
}

static int non_blocking(int tries)
{
    struct sockaddr_in to = refused();
    int listener = server(SOCK_STREAM), fd = (int)must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    (void)tries;
    (void)!connect(fd, (struct sockaddr *)&to, sizeof to);
    return connected(listener);
}

// The address of an IPv4 host as an IPv6 socket spells it.
static int mapped(int type)
{
    struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port()) };
    inet_pton(AF_INET6, "::ffff:127.0.0.2", &to.sin6_addr);
    int listener = server(type), fd = (int)must(socket(AF_INET6, type, 0), "socket");
    if (type == SOCK_STREAM) {
        (void)!connect(fd, (struct sockaddr *)&to, sizeof to);
        return connected(listener);
    }
    (void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to);
    return arrived(listener);
}

static int mapped_stream(int tries) { (void)tries; return mapped(SOCK_STREAM); }
static int mapped_datagram(int tries) { (void)tries; return mapped(SOCK_DGRAM); }

static int unspecified_family(int tries)
{
    // A datagram to AF_UNSPEC goes to the IPv4 address behind it.
    struct sockaddr_in to = refused();
    (void)tries;
    to.sin_family = AF_UNSPEC;
    int listener = server(SOCK_DGRAM), fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    (void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to);
    return arrived(listener);
}

static int longer_address(int tries)
{
    struct { struct sockaddr_in to; char more[64]; } name = { .to = refused() };
    int listener = server(SOCK_STREAM), fd = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    (void)tries;
    memset(name.more, 'x', sizeof name.more);
    (void)!connect(fd, (struct sockaddr *)&name, sizeof name);
    return connected(listener);
}

static int by_sendto(int tries)
{
    struct sockaddr_in to = refused();
    int listener = server(SOCK_DGRAM), fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    (void)tries;
    (void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to);
    return arrived(listener);
}

static int by_sendmsg(int tries)
{
    struct sockaddr_in to = refused();
    struct iovec part = { "x", 1 };
    struct msghdr message = { .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &part, .msg_iovlen = 1 };
    int listener = server(SOCK_DGRAM), fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    (void)tries;
    (void)!sendmsg(fd, &message, 0);
    return arrived(listener);
}

// The last of many messages.
static int by_sendmmsg(int tries)
{
    struct sockaddr_in to = refused(), fine = to;
    struct iovec part = { "x", 1 };
    struct mmsghdr messages[64];
    int listener = server(SOCK_DGRAM), fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    (void)tries;
    fine.sin_addr.s_addr = htonl(0x7f000001);
    for (int i = 0; i < 64; i++)
        messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = i == 63 ? &to : &fine, .msg_namelen = sizeof to, .msg_iov = &part, .msg_iovlen = 1 } };
    for (int sent = 0, more; sent < 64; sent += more)
        if ((more = sendmmsg(fd, messages + sent, (unsigned)(64 - sent), 0)) <= 0)
            break;
    return arrived(listener);
}

static int fast_open(int tries)
{
    struct sockaddr_in to = refused();
    int listener = server(SOCK_STREAM), fd = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    (void)tries;
    (void)!sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof to);
    return connected(listener);
}

// connect() that only remembers; the first write makes the connection.
static int fast_open_later(int tries)
{
    struct sockaddr_in to = refused();
    int listener = server(SOCK_STREAM), fd = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    (void)tries;
    setsockopt(fd, IPPROTO_TCP, 30 /* TCP_FASTOPEN_CONNECT */, &(int){ 1 }, sizeof(int));
    (void)!connect(fd, (struct sockaddr *)&to, sizeof to);
    (void)!write(fd, "x", 1);
    return connected(listener);
}

static int twice(int tries)
{
    struct sockaddr_in to = refused(), fine = to;
    struct sockaddr none = { .sa_family = AF_UNSPEC };
    int listener = server(SOCK_DGRAM), fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    (void)tries;
    fine.sin_addr.s_addr = htonl(0x7f000001);
    must(connect(fd, (struct sockaddr *)&fine, sizeof fine), "connect");
    (void)!connect(fd, &none, sizeof none);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        (void)!write(fd, "x", 1);
    return arrived(listener);
}

// Sent from a child, a thread's own socket, a dup: a socket is the same under any number.
static int from_child(int tries)
{
    struct sockaddr_in to = refused();
    int listener = server(SOCK_STREAM), fd = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    (void)tries;
    pid_t child = start_child();
    if (child == 0)
        _exit(connect(dup(fd), (struct sockaddr *)&to, sizeof to) != 0);
    status_of(child);
    return connected(listener);
}

// --- unix sockets

static struct sockaddr_un name_of(const char *path)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    return name;
}

static int unix_server(int type)
{
    struct sockaddr_un name = name_of("shut/soc");
    int fd = (int)must(socket(AF_UNIX, type | SOCK_NONBLOCK, 0), "socket");
    must(bind(fd, (struct sockaddr *)&name, sizeof name), "bind");
    if (type == SOCK_STREAM)
        must(listen(fd, 16), "listen");
    return fd;
}

static bool reaches(const char *path)
{
    struct sockaddr_un name = name_of(path);
    int listener = unix_server(SOCK_STREAM), fd = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    (void)!connect(fd, (struct sockaddr *)&name, sizeof name);
    return connected(listener);
}

static int unix_plain(int tries) { (void)tries; return reaches("shut/soc"); }
static int unix_dots(int tries) { (void)tries; return reaches("open/..//shut/./soc"); }

static int unix_link(int tries)
{
    (void)tries;
    must(symlink("shut/soc", "way"), "symlink");
    return reaches("way");
}

static int unix_link_middle(int tries)
{
    (void)tries;
    must(symlink("shut", "way"), "symlink");
    return reaches("way/soc");
}

static int unix_cwd(int tries)
{
    struct sockaddr_un name = name_of("soc");
    int listener = unix_server(SOCK_STREAM), fd = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    (void)tries;
    must(chdir("shut"), "chdir");
    (void)!connect(fd, (struct sockaddr *)&name, sizeof name);
    return connected(listener);
}

static int unix_proc(int tries)
{
    char path[64];
    (void)tries;
    snprintf(path, sizeof path, "/proc/self/fd/%d/soc", (int)must(open("shut", O_PATH | O_DIRECTORY), "shut"));
    return reaches(path);
}

static int unix_deleted(int tries)
{
    char path[64];
    int listener = unix_server(SOCK_STREAM);
    (void)tries;
    snprintf(path, sizeof path, "/proc/self/fd/%d", (int)must(open("shut/soc", O_PATH), "shut/soc"));
    must(unlink("shut/soc"), "unlink");
    struct sockaddr_un name = name_of(path);
    (void)!connect((int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket"), (struct sockaddr *)&name, sizeof name);
    return connected(listener);
}

// A path that isn't ended by a NUL but by the address's length.
static int unix_unterminated(int tries)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int listener = unix_server(SOCK_STREAM), fd = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    (void)tries;
    memset(name.sun_path, '/', sizeof name.sun_path);
    memcpy(name.sun_path, "shut", 4);
    memcpy(name.sun_path + sizeof name.sun_path - 3, "soc", 3);
    (void)!connect(fd, (struct sockaddr *)&name, sizeof name);
    return connected(listener);
}

static int unix_datagram(int tries)
{
    struct sockaddr_un name = name_of("shut/soc");
    int listener = unix_server(SOCK_DGRAM), pair[2];
    (void)tries;
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "socketpair");
    (void)!sendto(pair[0], "x", 1, 0, (struct sockaddr *)&name, sizeof name);
    return arrived(listener);
}

static int unix_abstract(int tries)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "attack-%d", port());
    socklen_t length = (socklen_t)(sizeof name.sun_family + 1 + strlen(name.sun_path + 1));
    (void)tries;
    int listener = (int)must(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket"), fd = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    must(bind(listener, (struct sockaddr *)&name, length), "bind");
    must(listen(listener, 4), "listen");
    (void)!connect(fd, (struct sockaddr *)&name, length);
    return connected(listener);
}

// A second name for the socket, made once it is there.
static int unix_hard_link(int tries)
{
    struct sockaddr_un name = name_of("other");
    int listener = unix_server(SOCK_STREAM), fd = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    (void)tries;
    if (link("shut/soc", "other") < 0)
        return 0;
    (void)!connect(fd, (struct sockaddr *)&name, sizeof name);
    return connected(listener);
}

// --- bind

static int binds(int family, const void *address, socklen_t length)
{
    int fd = (int)must(socket(family, SOCK_STREAM, 0), "socket");
    must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)), "setsockopt");
    return bind(fd, address, length) == 0;
}

static int bind_plain(int tries)
{
    struct sockaddr_in own = refused();
    (void)tries;
    return binds(AF_INET, &own, sizeof own);
}

// Without a family it is the IPv4 address of every interface.
static int bind_unspecified(int tries)
{
    struct sockaddr_in own = { .sin_family = AF_UNSPEC, .sin_port = htons((uint16_t)port()) };
    (void)tries;
    return binds(AF_INET, &own, sizeof own);
}

static int bind_mapped(int tries)
{
    struct sockaddr_in6 own = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port()) };
    (void)tries;
    inet_pton(AF_INET6, "::ffff:127.0.0.2", &own.sin6_addr);
    return binds(AF_INET6, &own, sizeof own);
}

// Who listens without an address is given one.
static int listens(int tries)
{
    (void)tries;
    return listen((int)must(socket(AF_INET, SOCK_STREAM, 0), "socket"), 1) == 0;
}

// The kernel chooses a port, of one (6.3).
static int binds_chosen(int tries)
{
    const uint16_t wanted = 45671;  // one of those that the kernel chooses from
    uint32_t range = (uint32_t)wanted << 16 | wanted;
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr = { htonl(0x7f000001) } };
    socklen_t length = sizeof own;
    int fd = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    (void)tries;
    setsockopt(fd, IPPROTO_IP, 51 /* IP_LOCAL_PORT_RANGE */, &range, sizeof range);
    return bind(fd, (struct sockaddr *)&own, sizeof own) == 0 && getsockname(fd, (struct sockaddr *)&own, &length) == 0 && own.sin_port == htons(wanted);
}

// Packets may be told to go elsewhere first (RFC 791, loose source route). Without that, nobody may send to everybody (socket(7), SO_BROADCAST).
static const unsigned char by_way_of[8] = { 131, 7, 4, 127, 0, 0, 2, 0 };
static const struct sockaddr_in everybody = { .sin_family = AF_INET, .sin_port = 9, .sin_addr = { 0xffffffff } };

static int source_route(int tries)
{
    int fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    (void)tries;
    setsockopt(fd, IPPROTO_IP, IP_OPTIONS, by_way_of, sizeof by_way_of);
    return sendto(fd, "x", 1, 0, (const struct sockaddr *)&everybody, sizeof everybody) == 1;
}

static int source_route_of_message(int tries)
{
    union { struct cmsghdr header; char room[CMSG_SPACE(sizeof by_way_of)]; } control = {
        .header = { .cmsg_len = CMSG_LEN(sizeof by_way_of), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_RETOPTS } };
    struct iovec vector = { "x", 1 };
    struct sockaddr_in to = everybody;
    struct msghdr message = { .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    (void)tries;
    memcpy(CMSG_DATA(&control.header), by_way_of, sizeof by_way_of);
    return sendmsg((int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket"), &message, 0) == 1;
}

// Of IPv6 (RFC 8754): two segments, the last one first.
static int routing_header(int tries)
{
    unsigned char route[40] = { 0, 4, 4, 1, 1 };
    struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
    (void)tries;
    inet_pton(AF_INET6, "2001:db8::7", route + 8);
    inet_pton(AF_INET6, "::1", route + 24);
    memcpy(&to.sin6_addr, route + 8, 16);
    int fd = (int)must(socket(AF_INET6, SOCK_DGRAM, 0), "socket");
    return setsockopt(fd, IPPROTO_IPV6, 57 /* IPV6_RTHDR */, route, sizeof route) == 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
}

// A datagram with all its headers, to where rules refuse it.
static size_t datagram(unsigned char room[32])
{
    struct sockaddr_in to = refused();
    const unsigned char packet[32] = { 0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 2, 0, 9, 0, 0, 0, 9, 0, 0, 'x' };
    unsigned sum = 0;
    memcpy(room, packet, sizeof packet);
    memcpy(room + 22, &to.sin_port, 2);
    for (int i = 0; i < 20; i += 2)
        sum += (unsigned)(room[i] << 8 | room[i + 1]);
    sum = ~((sum & 0xffff) + (sum >> 16));
    room[10] = (unsigned char)(sum >> 8);
    room[11] = (unsigned char)sum;
    return 29;
}

static int raw_header(int protocol, bool by_option)
{
    unsigned char room[32];
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(0x7f000003) } };
    int listener = server(SOCK_DGRAM), fd = socket(AF_INET, SOCK_RAW, protocol);
    if (by_option)
        setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &(int){ 1 }, sizeof(int));
    size_t length = datagram(room);
    (void)!sendto(fd, room, length, 0, (struct sockaddr *)&to, sizeof to);
    return arrived(listener);
}

// A raw socket of IPv6 takes an address of no family for one of its own.
static int raw_unspecified(int tries)
{
    const char packet[9] = { (char)200 /* for experiments, RFC 4443 */ };
    struct sockaddr_in6 to = { .sin6_family = AF_UNSPEC, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    int listener = (int)must(socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMPV6), "socket");
    (void)tries;
    (void)!sendto((int)must(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), "socket"), packet, sizeof packet, 0, (struct sockaddr *)&to, sizeof to);
    return arrived(listener);
}

// The oldest way to a packet socket.
static int old_packet(int tries)
{
    int family = 0, fd = socket(AF_INET, SOCK_PACKET, htons(ETH_P_ALL));
    (void)tries;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &(socklen_t){ sizeof family }) == 0 && family == AF_PACKET;
}

static int express(int tries) { (void)tries; return socket(44 /* AF_XDP */, SOCK_RAW, 0) >= 0; }

// What follows the beginning of a datagram goes where that goes.
static int corked(int tries, bool by_option)
{
    struct sockaddr_in to = refused(), other = refused();
    int listener = server(SOCK_DGRAM), fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    (void)tries;
    other.sin_addr.s_addr = htonl(0x7f000003);
    if (by_option)
        setsockopt(fd, IPPROTO_UDP, 1 /* UDP_CORK */, &(int){ 1 }, sizeof(int));
    (void)!sendto(fd, "", 0, by_option ? 0 : MSG_MORE, (struct sockaddr *)&to, sizeof to);
    (void)!sendto(fd, "secret", 6, 0, (struct sockaddr *)&other, sizeof other);
    if (by_option)
        setsockopt(fd, IPPROTO_UDP, 1, &(int){ 0 }, sizeof(int));
    char text[8] = { 0 };
    usleep(20000);
    return recv(listener, text, sizeof text, MSG_DONTWAIT) == 6 && strcmp(text, "secret") == 0;
}

static int corked_by_flag(int tries) { return corked(tries, false); }
static int corked_by_option(int tries) { return corked(tries, true); }

static int raw_protocol(int tries) { (void)tries; return raw_header(IPPROTO_RAW, false); }
static int raw_option(int tries) { (void)tries; return raw_header(IPPROTO_UDP, true); }

static int raw_packet(int tries)
{
    // To and from ::1; the sum covers the addresses, too (RFC 8200).
    unsigned char packet[49] = { 0x60, 0, 0, 0, 0, 9, 17, 64, [23] = 1, [39] = 1, [40] = 0, 9, [45] = 9, [48] = 'x' };
    struct sockaddr_in6 own = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port()), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IPV6), .sll_ifindex = (int)if_nametoindex("lo"), .sll_halen = 6 };
    unsigned sum = 17 + 9 + ('x' << 8);
    (void)tries;
    int listener = (int)must(socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0), "socket");
    must(bind(listener, (struct sockaddr *)&own, sizeof own), "bind");
    memcpy(packet + 42, &own.sin6_port, 2);
    for (int i = 8; i < 48; i += 2)
        sum += (unsigned)(packet[i] << 8 | packet[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    packet[46] = (unsigned char)(sum >> 8);
    packet[47] = (unsigned char)sum;
    (void)!sendto(socket(AF_PACKET, SOCK_DGRAM, 0), packet, sizeof packet, 0, (struct sockaddr *)&to, sizeof to);
    return arrived(listener);
}

const struct attack socket_attacks[] = {
    { "connect-plain", plain, "connect: what every rule must hold" },
    { "connect-nonblocking", non_blocking, "connect that doesn't wait" },
    { "connect-mapped", mapped_stream, "an IPv4-mapped IPv6 address" },
    { "connect-longer", longer_address, "an address with something behind it" },
    { "connect-twice", twice, "connected elsewhere, disconnected, connected again" },
    { "connect-child", from_child, "the socket's copy in a child" },
    { "connect-fastopen", fast_open, "sendto with MSG_FASTOPEN" },
    { "connect-fastopen-later", fast_open_later, "TCP_FASTOPEN_CONNECT" },
    { "send-sendto", by_sendto, "sendto" },
    { "send-sendmsg", by_sendmsg, "sendmsg" },
    { "send-sendmmsg", by_sendmmsg, "the last of 64 messages of sendmmsg" },
    { "send-mapped", mapped_datagram, "sendto an IPv4-mapped IPv6 address" },
    { "send-unspecified", unspecified_family, "sendto an address without a family" },
    { "send-source-route", source_route, "IP_OPTIONS with a source route" },
    { "send-source-route-message", source_route_of_message, "a message with a source route" },
    { "send-routing-header", routing_header, "IPV6_RTHDR" },
    { "send-raw-protocol", raw_protocol, "a datagram with its own header" },
    { "send-raw-option", raw_option, "the same by IP_HDRINCL" },
    { "send-raw-packet", raw_packet, "a packet socket" },
    { "send-raw-unspecified", raw_unspecified, "an address without a family" },
    { "send-corked", corked_by_flag, "MSG_MORE before the address that counts" },
    { "send-corked-option", corked_by_option, "the same by UDP_CORK" },
    { "socket-old-packet", old_packet, "SOCK_PACKET" },
    { "socket-express", express, "AF_XDP" },
    { "unix-plain", unix_plain, "connect: what every rule must hold" },
    { "unix-dots", unix_dots, "dots and slashes" },
    { "unix-link", unix_link, "a symbolic link to the socket" },
    { "unix-link-middle", unix_link_middle, "a symbolic link to its directory" },
    { "unix-cwd", unix_cwd, "relative to another directory" },
    { "unix-proc", unix_proc, "through /proc/self/fd" },
    { "unix-deleted", unix_deleted, "through /proc/self/fd after its name was removed" },
    { "unix-unterminated", unix_unterminated, "a path without an end" },
    { "unix-datagram", unix_datagram, "sendto from a socket pair" },
    { "unix-abstract", unix_abstract, "an abstract name" },
    { "unix-hard-link", unix_hard_link, "a hard link to the socket" },
    { "bind-plain", bind_plain, "bind: what every rule must hold" },
    { "bind-unspecified", bind_unspecified, "bind without a family" },
    { "bind-listen", listens, "listen without an address" },
    { "bind-chosen", binds_chosen, "IP_LOCAL_PORT_RANGE of one port" },
    { "bind-mapped", bind_mapped, "an IPv4-mapped IPv6 address" },
    { 0 },
};
