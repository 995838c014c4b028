// 127.0.0.2 and the socket shut/soc may not be reached: by no call and under no other name.
#include "attack.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
    { "unix-plain", unix_plain, "connect: what every rule must hold" },
    { "unix-dots", unix_dots, "dots and slashes" },
    { "unix-link", unix_link, "a symbolic link to the socket" },
    { "unix-link-middle", unix_link_middle, "a symbolic link to its directory" },
    { "unix-cwd", unix_cwd, "relative to another directory" },
    { "unix-proc", unix_proc, "through /proc/self/fd" },
    { "unix-unterminated", unix_unterminated, "a path without an end" },
    { "unix-datagram", unix_datagram, "sendto from a socket pair" },
    { "unix-abstract", unix_abstract, "an abstract name" },
    { "unix-hard-link", unix_hard_link, "a hard link to the socket" },
    { "bind-plain", bind_plain, "bind: what every rule must hold" },
    { "bind-unspecified", bind_unspecified, "bind without a family" },
    { "bind-mapped", bind_mapped, "an IPv4-mapped IPv6 address" },
    { 0 },
};
