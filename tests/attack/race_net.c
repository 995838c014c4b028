// A second thread rewrites where a socket goes, or what it sends.
#include "race.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/uio.h>
#include <sys/un.h>

static struct sockaddr_in to = { .sin_family = AF_INET };
static struct sockaddr_in sides[2];
static int servers[2];

// 127.0.0.1 may be reached, 127.0.0.2 is what rules refuse.
static void address(int type)
{
    for (int i = 0; i < 2; i++) {
        sides[i] = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port()), .sin_addr = { htonl(0x7f000001 + (unsigned)i) } };
        if (!type)
            continue;
        servers[i] = (int)must(socket(AF_INET, type | SOCK_NONBLOCK, 0), "socket");
        must(setsockopt(servers[i], SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)), "setsockopt");
        must(bind(servers[i], (struct sockaddr *)&sides[i], sizeof sides[i]), "bind");
        if (type == SOCK_STREAM)
            must(listen(servers[i], 64), "listen");
    }
    to = sides[0];
    flip_word(&to.sin_addr, &sides[0].sin_addr, &sides[1].sin_addr);
}

static bool shut_peer(int fd)
{
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sin_addr.s_addr == sides[1].sin_addr.s_addr;
}

static bool connect_shot(int type)
{
    int fd = (int)must(socket(AF_INET, type, 0), "socket");
    struct linger at_once = { 1, 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    syscall(SYS_connect, fd, &to, sizeof to);
    bool through = shut_peer(fd);
    close(fd);
    return through;
}

static bool connect_udp_shot(void) { return connect_shot(SOCK_DGRAM); }

static bool connect_tcp_shot(void)
{
    bool through = connect_shot(SOCK_STREAM);
    for (int i = 0; i < 2; i++)
        for (int taken; (taken = accept(servers[i], NULL, NULL)) >= 0;)
            close(taken);
    return through;
}

static bool bind_shot(void)
{
    int fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    struct sockaddr_in own;
    socklen_t length = sizeof own;
    syscall(SYS_bind, fd, &to, sizeof to);
    bool through = getsockname(fd, (struct sockaddr *)&own, &length) == 0 && own.sin_addr.s_addr == sides[1].sin_addr.s_addr;
    close(fd);
    return through;
}

// Whether the shut server got something; both are emptied.
static bool arrived(void)
{
    char room[64];
    bool through = false;
    for (int i = 0; i < 2; i++)
        while (read(servers[i], room, sizeof room) >= 0)
            through |= i == 1;
    return through;
}

static int sender;
static char text[16] __attribute__((aligned(16))) = "harm1234";

static bool sendto_shot(void) { syscall(SYS_sendto, sender, text, 8, 0, &to, sizeof to); return arrived(); }

static bool sendmsg_shot(void)
{
    struct iovec part = { text, 8 };
    struct msghdr message = { .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &part, .msg_iovlen = 1 };
    syscall(SYS_sendmsg, sender, &message, 0);
    return arrived();
}

// The name itself stays; the message's pointer to it changes.
static struct msghdr pointing;
static bool sendmsg_pointer_shot(void) { syscall(SYS_sendmsg, sender, &pointing, 0); return arrived(); }

static bool sendmmsg_shot(void)
{
    struct iovec part = { text, 8 };
    struct mmsghdr messages[2] = {
        { .msg_hdr = { .msg_name = &sides[0], .msg_namelen = sizeof to, .msg_iov = &part, .msg_iovlen = 1 } },
        { .msg_hdr = { .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &part, .msg_iovlen = 1 } },
    };
    syscall(SYS_sendmmsg, sender, messages, 2, 0);
    return arrived();
}

static int pair[2];
static char allowed[8] = "harmless", refused[8] = "password";
static struct iovec part = { allowed, 8 };

static bool passed(void)
{
    char room[64] = { 0 };
    bool through = false;
    while (read(pair[1], room, sizeof room) > 0)
        through |= memcmp(room, "pass", 4) == 0;
    return through;
}

static bool content_shot(void) { syscall(SYS_sendto, pair[0], text, 8, 0, NULL, 0); return passed(); }

static bool iov_shot(void)
{
    struct iovec own = { text, 8 };
    struct msghdr message = { .msg_iov = &own, .msg_iovlen = 1 };
    syscall(SYS_sendmsg, pair[0], &message, 0);
    return passed();
}

static bool iov_pointer_shot(void)
{
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    syscall(SYS_sendmsg, pair[0], &message, 0);
    return passed();
}

static bool write_shot(void) { syscall(SYS_write, pair[0], text, 8); return passed(); }
static bool writev_shot(void) { syscall(SYS_writev, pair[0], &part, 1); return passed(); }

static int datagrams(int tries, bool (*shot)(void))
{
    address(SOCK_DGRAM);
    sender = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    return race(tries, THREAD, set_word, shot);
}

static int contents(int tries, bool (*shot)(void))
{
    must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), "socketpair");
    flip_word(text, "harm", "pass");
    return race(tries, THREAD, set_word, shot);
}

static int pointers(int tries, bool (*shot)(void))
{
    must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), "socketpair");
    flip_word(&part.iov_base, &(uint32_t){ (uint32_t)(uintptr_t)allowed }, &(uint32_t){ (uint32_t)(uintptr_t)refused });
    return race(tries, THREAD, set_word, shot);
}

static int race_connect_udp(int tries) { address(0); return race(tries, THREAD, set_word, connect_udp_shot); }
static int race_connect_tcp(int tries) { address(SOCK_STREAM); return race(tries, THREAD, set_word, connect_tcp_shot); }
static int race_bind(int tries) { address(0); return race(tries, THREAD, set_word, bind_shot); }
static int race_sendto(int tries) { return datagrams(tries, sendto_shot); }
static int race_sendmsg(int tries) { return datagrams(tries, sendmsg_shot); }
static int race_sendmmsg(int tries) { return datagrams(tries, sendmmsg_shot); }
static int race_content(int tries) { return contents(tries, content_shot); }
static int race_iov(int tries) { return contents(tries, iov_shot); }
static int race_iov_pointer(int tries) { return pointers(tries, iov_pointer_shot); }
static int race_write(int tries) { return contents(tries, write_shot); }
static int race_writev(int tries) { return pointers(tries, writev_shot); }

static int race_name_pointer(int tries)
{
    static struct iovec own = { text, 8 };
    address(SOCK_DGRAM);
    sender = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    pointing = (struct msghdr){ .msg_name = &sides[0], .msg_namelen = sizeof to, .msg_iov = &own, .msg_iovlen = 1 };
    flip_word(&pointing.msg_name, &(uint32_t){ (uint32_t)(uintptr_t)&sides[0] }, &(uint32_t){ (uint32_t)(uintptr_t)&sides[1] });
    return race(tries, THREAD, set_word, sendmsg_pointer_shot);
}

// The peer is another one by the time that the datagram goes off.
static void set_peer(int side) { syscall(SYS_connect, sender, &sides[side], sizeof sides[side]); }
static bool send_shot(void) { syscall(SYS_sendto, sender, text, 8, 0, NULL, 0); return arrived(); }

static int race_peer(int tries)
{
    address(SOCK_DGRAM);
    sender = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    set_peer(0);
    return race(tries, THREAD, set_peer, send_shot);
}

// A socket of IPv6 takes an address without a family for its peer's; one of IPv4 doesn't.
static volatile int fresh = -1;
static void set_form(int side) { if (side) setsockopt(fresh, IPPROTO_IPV6, IPV6_ADDRFORM, &(int){ AF_INET }, sizeof(int)); }

static bool form_shot(void)
{
    struct sockaddr_in6 peer = { .sin6_family = AF_INET6, .sin6_port = sides[0].sin_port };
    struct sockaddr_in none = sides[1];
    none.sin_family = AF_UNSPEC;
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &peer.sin6_addr);
    int fd = (int)must(socket(AF_INET6, SOCK_DGRAM, 0), "a socket of IPv6");
    must(connect(fd, (struct sockaddr *)&peer, sizeof peer), "connect");
    static unsigned shots;
    fresh = fd;
    for (volatile int i = ++shots % 2 * 20000; i > 0; i--)
        ;                                                           // without a supervisor there is hardly any time between
    syscall(SYS_sendto, fd, text, 8, 0, &none, sizeof none);
    bool through = arrived();
    close(fd);
    return through;
}

static int race_form(int tries)
{
    address(SOCK_DGRAM);
    return race(tries, THREAD, set_form, form_shot);
}

// A connection has a port; a socket that listens without one is given one.
static void set_connection(int side) { if (side) syscall(SYS_connect, fresh, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr)); }

static bool listen_shot(void)
{
    struct linger at_once = { 1, 0 };
    int fd = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    connect(fd, (struct sockaddr *)&sides[0], sizeof sides[0]);
    fresh = fd;
    bool through = syscall(SYS_listen, fd, 1) == 0;
    close(fd);
    for (int taken; (taken = accept(servers[0], NULL, NULL)) >= 0;)
        close(taken);
    return through;
}

static int race_listen(int tries)
{
    address(SOCK_STREAM);
    return race(tries, THREAD, set_connection, listen_shot);
}

static struct { char before[6]; struct sockaddr_un name; } local __attribute__((aligned(8)));
static bool connect_unix_shot(void)
{
    struct sockaddr_un peer = { 0 };
    socklen_t length = sizeof peer;
    int fd = (int)must(socket(AF_UNIX, SOCK_DGRAM, 0), "socket");
    syscall(SYS_connect, fd, &local.name, sizeof local.name);
    bool through = getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && memcmp(peer.sun_path, "shut", 4) == 0;
    close(fd);
    return through;
}

static bool bind_unix_shot(void)
{
    struct stat found;
    int fd = (int)must(socket(AF_UNIX, SOCK_DGRAM, 0), "socket");
    syscall(SYS_bind, fd, &local.name, sizeof local.name);
    close(fd);
    bool through = lstat("shut/soc", &found) == 0;
    unlink("open/soc");
    unlink("shut/soc");
    return through;
}

static void local_name(void)
{
    local.name = (struct sockaddr_un){ .sun_family = AF_UNIX, .sun_path = "open/soc" };
    flip_word(local.name.sun_path, "open", "shut");
}

static int race_bind_unix(int tries) { local_name(); return race(tries, THREAD, set_word, bind_unix_shot); }

static int race_connect_unix(int tries)
{
    for (int i = 0; i < 2; i++) {
        struct sockaddr_un name = { .sun_family = AF_UNIX };
        strcpy(name.sun_path, i ? "shut/soc" : "open/soc");
        must(bind((int)must(socket(AF_UNIX, SOCK_DGRAM, 0), "socket"), (struct sockaddr *)&name, sizeof name), "bind");
    }
    local_name();
    return race(tries, THREAD, set_word, connect_unix_shot);
}

const struct attack net_races[] = {
    { "race-connect-udp", race_connect_udp, "rewrites the address of connect on a datagram socket" },
    { "race-connect-tcp", race_connect_tcp, "rewrites the address of connect on a stream socket" },
    { "race-connect-unix", race_connect_unix, "rewrites the path of connect on a unix socket" },
    { "race-bind", race_bind, "rewrites the address of bind" },
    { "race-bind-unix", race_bind_unix, "rewrites the path of bind on a unix socket" },
    { "race-sendto", race_sendto, "rewrites the address of sendto" },
    { "race-sendmsg", race_sendmsg, "rewrites the address of sendmsg" },
    { "race-sendmsg-pointer", race_name_pointer, "puts another pointer to an address into the message of sendmsg" },
    { "race-sendmmsg", race_sendmmsg, "rewrites the address of the second message of sendmmsg" },
    { "race-peer", race_peer, "connects a datagram socket to another peer" },
    { "race-peer-form", race_form, "makes a socket of IPv6 one of IPv4" },
    { "race-listen", race_listen, "dissolves a connection whose socket is to listen" },
    { "race-send-content", race_content, "rewrites what sendto sends" },
    { "race-sendmsg-content", race_iov, "rewrites what sendmsg sends" },
    { "race-sendmsg-iov", race_iov_pointer, "puts another pointer into the vector of sendmsg" },
    { "race-write-content", race_write, "rewrites what write writes" },
    { "race-writev-iov", race_writev, "puts another pointer into the vector of writev" },
    { 0 },
};
