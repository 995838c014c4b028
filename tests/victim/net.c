// Sockets: the address is what a rule sees.
#include "victim.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
        struct sockaddr_un local;
    } as;
    socklen_t length;
};

static struct address inet_address(const char *host, const char *port)
{
    struct address a;
    memset(&a, 0, sizeof a);
    if (inet_pton(AF_INET, host, &a.as.four.sin_addr) == 1) {
        a.as.four.sin_family = AF_INET;
        a.as.four.sin_port = htons((uint16_t)number(port));
        a.length = sizeof a.as.four;
    } else if (inet_pton(AF_INET6, host, &a.as.six.sin6_addr) == 1) {
        a.as.six.sin6_family = AF_INET6;
        a.as.six.sin6_port = htons((uint16_t)number(port));
        a.length = sizeof a.as.six;
    } else {
        say(2, "victim: not an address: %s\n", host);
        _exit(2);
    }
    return a;
}

// `@name` is an abstract one.
static struct address unix_address(char *path)
{
    struct address a;
    size_t length = strlen(path = path_argument(path));
    memset(&a, 0, sizeof a);
    if (length >= sizeof a.as.local.sun_path)
        length = sizeof a.as.local.sun_path - 1;
    a.as.local.sun_family = AF_UNIX;
    memcpy(a.as.local.sun_path, path, length);
    if (path[0] == '@')
        a.as.local.sun_path[0] = 0;
    a.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (path[0] != '@'));
    return a;
}

static int new_socket(int family, int type)
{
    long fd = syscall(SYS_socket, family, type, 0);
    if (fd < 0)
        setup_failed("socket");
    return (int)fd;
}

static int connect_to(const char *name, struct address a, int type)
{
    int fd = new_socket(a.as.any.sa_family, type);
    return report(name, syscall(SYS_connect, fd, &a.as, a.length));
}

static int do_connect_tcp(int argc, char **argv) { (void)argc; return connect_to(argv[0], inet_address(argv[1], argv[2]), SOCK_STREAM); }
static int do_connect_udp(int argc, char **argv) { (void)argc; return connect_to(argv[0], inet_address(argv[1], argv[2]), SOCK_DGRAM); }
static int do_connect_unix(int argc, char **argv) { (void)argc; return connect_to(argv[0], unix_address(argv[1]), SOCK_STREAM); }

static int do_connect_bad(int argc, char **argv)
{
    int fd = new_socket(AF_INET, SOCK_STREAM);
    (void)argc;
    return report(argv[0], syscall(SYS_connect, fd, (void *)1, 16));
}

static int do_socket(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], syscall(SYS_socket, number(argv[1]), number(argv[2]), argc > 3 ? number(argv[3]) : 0));
}

static int do_sendto(int argc, char **argv)
{
    struct address a = inet_address(argv[1], argv[2]);
    const char *text = argc > 3 ? argv[3] : "x";
    int fd = new_socket(a.as.any.sa_family, SOCK_DGRAM);
    return report(argv[0], syscall(SYS_sendto, fd, text, strlen(text), 0, &a.as, a.length));
}

static int do_sendto_unix(int argc, char **argv)
{
    struct address a = unix_address(argv[1]);
    const char *text = argc > 2 ? argv[2] : "x";
    int fd = new_socket(AF_UNIX, SOCK_DGRAM);
    return report(argv[0], syscall(SYS_sendto, fd, text, strlen(text), 0, &a.as, a.length));
}

// TCP Fast Open: connects and sends in one call that is not connect.
static int do_sendto_fastopen(int argc, char **argv)
{
    struct address a = inet_address(argv[1], argv[2]);
    int fd = new_socket(a.as.any.sa_family, SOCK_STREAM);
    (void)argc;
    return report(argv[0], syscall(SYS_sendto, fd, "x", 1, 0x20000000 /* MSG_FASTOPEN */ | MSG_NOSIGNAL, &a.as, a.length));
}

static int do_sendmsg(int argc, char **argv)
{
    struct address a = inet_address(argv[1], argv[2]);
    char *text = argc > 3 ? argv[3] : "x";
    struct iovec vector = { text, strlen(text) };
    struct msghdr message = { .msg_name = &a.as, .msg_namelen = a.length, .msg_iov = &vector, .msg_iovlen = 1 };
    int fd = new_socket(a.as.any.sa_family, SOCK_DGRAM);
    return report(argv[0], syscall(SYS_sendmsg, fd, &message, 0));
}

// Two messages: the second one's address counts as well.
static int do_sendmmsg(int argc, char **argv)
{
    struct address first = inet_address(argv[1], argv[2]);
    struct address second = argc > 4 ? inet_address(argv[3], argv[4]) : first;
    struct iovec vector = { "x", 1 };
    struct mmsghdr messages[2];
    memset(messages, 0, sizeof messages);
    messages[0].msg_hdr = (struct msghdr){ .msg_name = &first.as, .msg_namelen = first.length, .msg_iov = &vector, .msg_iovlen = 1 };
    messages[1].msg_hdr = (struct msghdr){ .msg_name = &second.as, .msg_namelen = second.length, .msg_iov = &vector, .msg_iovlen = 1 };
    int fd = new_socket(first.as.any.sa_family, SOCK_DGRAM);
    return report(argv[0], syscall(SYS_sendmmsg, fd, messages, 2, 0));
}

static int do_bind_tcp(int argc, char **argv)
{
    struct address a = inet_address(argv[1], argv[2]);
    (void)argc;
    return report(argv[0], syscall(SYS_bind, new_socket(a.as.any.sa_family, SOCK_STREAM), &a.as, a.length));
}

static int do_bind_unix(int argc, char **argv)
{
    struct address a = unix_address(argv[1]);
    (void)argc;
    return report(argv[0], syscall(SYS_bind, new_socket(AF_UNIX, SOCK_STREAM), &a.as, a.length));
}

static int do_listen(int argc, char **argv)
{
    struct address a = inet_address(argv[1], argv[2]);
    int fd = new_socket(a.as.any.sa_family, SOCK_STREAM);
    (void)argc;
    if (syscall(SYS_bind, fd, &a.as, a.length) < 0)
        setup_failed("bind");
    return report(argv[0], syscall(SYS_listen, fd, 8));
}

// Accepts one connection on a loopback port of the kernel's choice, made by itself.
static int do_accept(int argc, char **argv)
{
    struct address a = inet_address("127.0.0.1", "0");
    int listener = new_socket(AF_INET, SOCK_STREAM), client = new_socket(AF_INET, SOCK_STREAM);
    (void)argc;
    if (syscall(SYS_bind, listener, &a.as, a.length) < 0 || syscall(SYS_listen, listener, 1) < 0)
        setup_failed("listen");
    if (syscall(SYS_getsockname, listener, &a.as, &a.length) < 0 || syscall(SYS_connect, client, &a.as, a.length) < 0)
        setup_failed("connect");
    return report(argv[0], syscall(SYS_accept4, listener, NULL, NULL, 0));
}

const struct command net_commands[] = {
    { "socket", 2, "FAMILY TYPE [PROTOCOL] (numbers)", do_socket },
    { "connect-tcp", 2, "ADDRESS PORT", do_connect_tcp },
    { "connect-udp", 2, "ADDRESS PORT", do_connect_udp },
    { "connect-unix", 1, "PATH|@NAME", do_connect_unix },
    { "connect-bad-pointer", 0, "", do_connect_bad },
    { "sendto", 2, "ADDRESS PORT [TEXT] (UDP)", do_sendto },
    { "sendto-unix", 1, "PATH|@NAME [TEXT]", do_sendto_unix },
    { "sendto-fastopen", 2, "ADDRESS PORT (TCP)", do_sendto_fastopen },
    { "sendmsg", 2, "ADDRESS PORT [TEXT] (UDP)", do_sendmsg },
    { "sendmmsg", 2, "ADDRESS PORT [ADDRESS2 PORT2] (UDP)", do_sendmmsg },
    { "bind-tcp", 2, "ADDRESS PORT", do_bind_tcp },
    { "bind-unix", 1, "PATH|@NAME", do_bind_unix },
    { "listen", 2, "ADDRESS PORT", do_listen },
    { "accept", 0, "", do_accept },
    { NULL, 0, NULL, NULL },
};
