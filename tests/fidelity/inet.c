// Sockets over loopback, of both families.
#include "fidelity.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_storage room;
};

static int s_family;
static socklen_t s_length;

static union address loopback(int port)
{
    union address a;
    memset(&a, 0, sizeof a);
    if (s_family == AF_INET)
        a.four = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    else
        a.six = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    s_length = s_family == AF_INET ? sizeof a.four : sizeof a.six;
    return a;
}

// Address and whether there is a port.
static const char *name_of(const union address *a, socklen_t length)
{
    static char room[4][100];
    static int next;
    char host[64] = "?", *out = room[next++ % 4];
    int port = 0;
    if (a->any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &a->four.sin_addr, host, sizeof host);
        port = ntohs(a->four.sin_port);
    } else if (a->any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &a->six.sin6_addr, host, sizeof host);
        port = ntohs(a->six.sin6_port);
    }
    snprintf(out, 100, "%s %s length %d", host, port == 0 ? "no port" : port == 1 ? "1" : "a port", (int)length);
    return out;
}

static const char *own(int fd)
{
    union address a = { .any.sa_family = AF_UNSPEC };
    socklen_t length = sizeof a;
    return getsockname(fd, &a.any, &length) < 0 ? text(-1) : name_of(&a, length);
}

static const char *peer(int fd)
{
    union address a = { .any.sa_family = AF_UNSPEC };
    socklen_t length = sizeof a;
    return getpeername(fd, &a.any, &length) < 0 ? text(-1) : name_of(&a, length);
}

static union address bound(int fd, int backlog)
{
    union address a = loopback(0);
    socklen_t length = sizeof a;
    if (bind(fd, &a.any, s_length) < 0 || getsockname(fd, &a.any, &length) < 0 || (backlog && listen(fd, backlog) < 0))
        broken("bind");
    return a;
}

static int pending(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
}

static void closed(void)
{
    for (int fd = 3; fd < 60; fd++)
        close(fd);
}

static void tcp(void)
{
    char room[64] = "";
    int listener = socket(s_family, SOCK_STREAM, 0), fd = socket(s_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    union address a = bound(listener, 5), none = loopback(1);
    line("listener %s", own(listener));
    line("unconnected: %s, peer %s, send %s recv %s", own(fd), peer(fd), text(send(fd, "x", 1, MSG_NOSIGNAL)), text(recv(fd, room, 1, 0)));
    line("connect %s", text(connect(fd, &a.any, s_length)));
    line("own %s peer %s", own(fd), peer(fd));
    line("again %s, elsewhere %s", text(connect(fd, &a.any, s_length)), text(connect(fd, &none.any, s_length)));
    union address from = { .any.sa_family = 0 };
    socklen_t length = sizeof from;
    int other = accept4(listener, &from.any, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    line("accepted %d from %s flags %#o own %d", other, name_of(&from, length), fcntl(other, F_GETFL), fcntl(other, F_GETFD));
    line("send %s with an address %s", text(send(fd, "hello", 5, 0)), text(sendto(fd, "hello", 5, 0, &none.any, s_length)));
    line("recv %s '%s'", text(recv(other, room, sizeof room, MSG_WAITALL)), room);
    line("nothing there %s", text(recv(other, room, 1, 0)));
    line("oob %s", text(send(fd, "!", 1, MSG_OOB)));
    line("shut %s send %s", text(shutdown(fd, SHUT_WR)), text(send(fd, "x", 1, MSG_NOSIGNAL)));
    close(other);
    line("reset or end: %d", recv(fd, room, 1, 0) <= 0);
    close(fd);

    fd = socket(s_family, SOCK_STREAM, 0);
    line("refused %s, again %s, SO_ERROR %d", text(connect(fd, &none.any, s_length)), text(connect(fd, &none.any, s_length)), pending(fd));
    line("then to a listener %s", text(connect(fd, &a.any, s_length)));
    line("unspec %s, then peer %s", text(connect(fd, &(struct sockaddr){ AF_UNSPEC }, sizeof(struct sockaddr))), peer(fd));
    line("to a listener again %s", text(connect(fd, &a.any, s_length)));
    line("a listener connects %s", text(connect(listener, &a.any, s_length)));
    line("a listener listens %s", text(listen(listener, 1)));
    line("bind of a connected one %s", text(bind(fd, &none.any, s_length)));
    line("listen of a connected one %s", text(listen(fd, 1)));

    int second = socket(s_family, SOCK_STREAM, 0), on = 1;
    line("in use %s", text(bind(second, &a.any, s_length)));
    line("reuseaddr %s %s", text(setsockopt(second, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on)), text(bind(second, &a.any, s_length)));
    line("bind to 1 %s", text(bind(second, &none.any, s_length)));
    line("bind twice %s", text(bind(second, &none.any, s_length)));
    line("listen unbound %s, then %s", text(listen(socket(s_family, SOCK_STREAM, 0), 1)), "-");
    line("accept of none %s", text(accept(fd, NULL, NULL)));
    closed();
}

static void non_blocking(void)
{
    int listener = socket(s_family, SOCK_STREAM, 0), fd = socket(s_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    union address a = bound(listener, 5), none = loopback(1);
    struct pollfd wait = { fd, POLLOUT, 0 };
    line("in progress %s", text(connect(fd, &a.any, s_length)));
    line("poll %s SO_ERROR %d", text(poll(&wait, 1, 5000)), pending(fd));
    line("again %s, and again %s", text(connect(fd, &a.any, s_length)), text(connect(fd, &a.any, s_length)));
    close(fd);
    fd = socket(s_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    wait.fd = fd;
    line("refused %s", text(connect(fd, &none.any, s_length)));
    line("poll %s %#x SO_ERROR %d", text(poll(&wait, 1, 5000)), wait.revents, pending(fd));
    line("again %s", text(connect(fd, &none.any, s_length)));
    closed();
}

static void wrong(void)
{
    int fd = socket(s_family, SOCK_STREAM, 0), udp = socket(s_family, SOCK_DGRAM, 0);
    union address a = loopback(1);
    static const socklen_t lengths[] = { 0, 1, 2, 7, 8, 15, 16, 17, 23, 24, 27, 28, 29, 64, 128, 129, 4096, (socklen_t)-1 };
    char room[4200];
    memset(room, 0, sizeof room);
    memcpy(room, &a, sizeof a);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        int stream = socket(s_family, SOCK_STREAM, 0), one = socket(s_family, SOCK_DGRAM, 0), two = socket(s_family, SOCK_DGRAM, 0);
        union address no_port = a;
        no_port.four.sin_port = 0;
        const char *connected = text(connect(stream, (void *)room, lengths[i])), *by_datagram = text(connect(one, (void *)room, lengths[i])), *sent = text(sendto(udp, "x", 1, 0, (void *)room, lengths[i]));
        memcpy(room, &no_port, sizeof no_port);
        line("length %d: connect %s by datagram %s bind %s sendto %s", (int)lengths[i], connected, by_datagram, text(bind(two, (void *)room, lengths[i])), sent);
        memcpy(room, &a, sizeof a);
        closed();
        fd = socket(s_family, SOCK_STREAM, 0);
        udp = socket(s_family, SOCK_DGRAM, 0);
    }
    static const int families[] = { AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, 200, 65535 };
    for (size_t i = 0; i < COUNT(families); i++) {
        a.any.sa_family = (sa_family_t)families[i];
        int stream = socket(s_family, SOCK_STREAM, 0), one = socket(s_family, SOCK_DGRAM, 0), two = socket(s_family, SOCK_DGRAM, 0);
        union address b = a;
        b.four.sin_port = 0;
        line("family %d: connect %s by datagram %s bind %s sendto %s", families[i], text(connect(stream, &a.any, s_length)), text(connect(one, &a.any, s_length)), text(bind(two, &b.any, s_length)),
             text(sendto(udp, "x", 1, 0, &a.any, s_length)));
        closed();
        fd = socket(s_family, SOCK_STREAM, 0);
        udp = socket(s_family, SOCK_DGRAM, 0);
    }
    a = loopback(1);
    int file = open("/dev/null", O_RDWR), path = open("/dev/null", O_PATH);
    line("no socket: %s %s %s, by path %s, none %s", text(connect(file, &a.any, s_length)), text(bind(file, &a.any, s_length)), text(sendto(file, "x", 1, 0, &a.any, s_length)), text(connect(path, &a.any, s_length)),
         text(connect(99, &a.any, s_length)));
    line("to port 0: %s datagram %s", text(connect(fd, (a = loopback(0), &a.any), s_length)), text(sendto(udp, "x", 1, 0, &a.any, s_length)));

    // Any address means this host; a group can't be connected to.
    union address any = loopback(1), group = loopback(1);
    if (s_family == AF_INET) {
        any.four.sin_addr.s_addr = 0;
        group.four.sin_addr.s_addr = htonl(0xe0000001);
    } else {
        any.six.sin6_addr = in6addr_any;
        inet_pton(AF_INET6, "ff02::1", &group.six.sin6_addr);
    }
    line("to any %s, to a group %s", text(connect(socket(s_family, SOCK_STREAM, 0), &any.any, s_length)), text(connect(socket(s_family, SOCK_STREAM, 0), &group.any, s_length)));
    union address foreign = loopback(0);
    if (s_family == AF_INET)
        inet_pton(AF_INET, "192.0.2.1", &foreign.four.sin_addr);
    else
        inet_pton(AF_INET6, "2001:db8::1", &foreign.six.sin6_addr);
    line("bind to a foreign address %s", text(bind(socket(s_family, SOCK_STREAM, 0), &foreign.any, s_length)));
    closed();
}

static void udp(void)
{
    char room[64] = "", big[66000];
    memset(big, 'b', sizeof big);
    int receiver = socket(s_family, SOCK_DGRAM | SOCK_NONBLOCK, 0), fd = socket(s_family, SOCK_DGRAM, 0);
    union address a = bound(receiver, 0), none = loopback(1), from;
    socklen_t length;
    line("unconnected send %s peer %s", text(send(fd, "x", 1, 0)), peer(fd));
    line("sendto %s", text(sendto(fd, "one", 3, 0, &a.any, s_length)));
    line("own %s", own(fd)[0] ? "bound by sending" : "");
    length = sizeof from;
    line("recvfrom %s '%s' from %s", text(recvfrom(receiver, room, sizeof room, 0, &from.any, &length)), room, name_of(&from, length));
    line("empty %s got %s", text(sendto(fd, "", 0, 0, &a.any, s_length)), text(recv(receiver, room, sizeof room, 0)));
    line("too big %s", text(sendto(fd, big, sizeof big, 0, &a.any, s_length)));
    line("short buffer %s: %s flags %s", text(sendto(fd, "123456", 6, 0, &a.any, s_length)), text(recv(receiver, room, 2, 0)), text(recv(receiver, room, 2, MSG_TRUNC)));
    line("connect %s peer %s", text(connect(fd, &a.any, s_length)), peer(fd));
    line("send %s, elsewhere %s", text(send(fd, "two", 3, 0)), text(sendto(fd, "none", 4, 0, &none.any, s_length)));
    line("got %s '%.3s' then %s", text(recv(receiver, room, sizeof room, 0)), room, text(recv(receiver, room, sizeof room, 0)));
    line("connect elsewhere %s send %s send %s", text(connect(fd, &none.any, s_length)), text(send(fd, "x", 1, 0)), text(send(fd, "x", 1, 0)));
    line("SO_ERROR %d recv %s", pending(fd) != 0, text(recv(fd, room, 1, MSG_DONTWAIT)));
    line("unspec %s peer %s send %s", text(connect(fd, &(struct sockaddr){ AF_UNSPEC }, sizeof(struct sockaddr))), peer(fd), text(send(fd, "x", 1, 0)));
    line("flags: oob %s bad %s", text(sendto(fd, "x", 1, MSG_OOB, &a.any, s_length)), text(sendto(fd, "x", 1, MSG_CONFIRM | MSG_DONTROUTE, &a.any, s_length)));
    line("more %s %s got %s", text(sendto(fd, "ab", 2, MSG_MORE, &a.any, s_length)), text(sendto(fd, "cd", 2, 0, &a.any, s_length)), (recv(receiver, room, sizeof room, 0), text(recv(receiver, room, sizeof room, 0))));
    closed();
}

static void none_of(int signal) { (void)signal; }

// A connect that waits: nobody answers behind a full queue.
static int waits(void *restart)
{
    union address a = loopback(0);
    int listener = socket(s_family, SOCK_STREAM, 0), ends[2];
    (void)restart;
    a = bound(listener, 1);
    int fillers[8];
    for (int i = 0; i < 8; i++) {
        fillers[i] = socket(s_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fillers[i], &a.any, s_length);
    }
    if (pipe(ends) < 0)
        broken("pipe");
    int status;
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        install(SIGUSR1, none_of, *(int *)restart ? SA_RESTART : 0);
        int fd = socket(s_family, SOCK_STREAM, 0);
        const char *first = text(connect(fd, &a.any, s_length));
        line("  child: %s", first);
        if (strcmp(first, "EINTR") == 0) {
            fcntl(fd, F_SETFL, O_NONBLOCK);
            line("  child: again %s", text(connect(fd, &a.any, s_length)));
        }
        _exit(0);
    }
    line("  waits: %d", asleep(child, child));
    kill(child, SIGUSR1);
    if (*(int *)restart) {
        line("  still waits: %d", asleep(child, child));
        kill(child, SIGKILL);
    }
    waitpid(child, &status, 0);
    line("  %s", status_text(status));
    return 0;
}

static int pipes(void *unused)
{
    (void)unused;
    int listener = socket(s_family, SOCK_STREAM, 0), fd = socket(s_family, SOCK_STREAM, 0);
    union address a = bound(listener, 1);
    line("  connect %s", text(connect(fd, &a.any, s_length)));
    shutdown(fd, SHUT_WR);
    line("  no signal: %s", text(send(fd, "x", 1, MSG_NOSIGNAL)));
    signal(SIGPIPE, SIG_IGN);
    line("  ignored: %s", text(send(fd, "x", 1, 0)));
    signal(SIGPIPE, SIG_DFL);
    send(fd, "x", 1, 0);
    line("  not reached");
    return 0;
}

static void partial(void)
{
    static char big[8 << 20];
    int listener = socket(s_family, SOCK_STREAM, 0), fd = socket(s_family, SOCK_STREAM, 0);
    union address a = bound(listener, 1);
    connect(fd, &a.any, s_length);
    int other = accept(listener, NULL, NULL);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i % 251);
    ssize_t sent = send(fd, big, sizeof big, 0), got, total = 0;
    line("partly: %d, then %s", sent > 0 && sent < (ssize_t)sizeof big, (nap(50), send(fd, big, sizeof big, 0), text(send(fd, big, sizeof big, 0))));
    static char back[1 << 16];
    int right = 1;
    while (total < sent && (got = recv(other, back, sizeof back, 0)) > 0)
        for (ssize_t i = 0; i < got && total < sent; i++, total++)
            right &= back[i] == (char)(total % 251);
    line("contents as sent: %d", right && total == sent);
    closed();
}

static void fast_open(void)
{
    int listener = socket(s_family, SOCK_STREAM, 0), fd = socket(s_family, SOCK_STREAM, 0), queue = 5;
    union address a = bound(listener, 5), none = loopback(1);
    setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue);
    char room[16] = "";
    line("fast open %s peer %s", text(sendto(fd, "fast", 4, MSG_FASTOPEN | MSG_NOSIGNAL, &a.any, s_length)), peer(fd));
    int other = accept(listener, NULL, NULL);
    line("got %s '%s'", text(recv(other, room, sizeof room - 1, 0)), room);
    line("refused %s", text(sendto(socket(s_family, SOCK_STREAM, 0), "fast", 4, MSG_FASTOPEN | MSG_NOSIGNAL, &none.any, s_length)));
    line("without an address %s", text(sendto(socket(s_family, SOCK_STREAM, 0), "fast", 4, MSG_FASTOPEN | MSG_NOSIGNAL, NULL, 0)));
    closed();
}

static void mapped(void)
{
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof four;
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET6, SOCK_STREAM, 0), only = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    if (bind(listener, (void *)&four, sizeof four) < 0 || listen(listener, 5) < 0 || getsockname(listener, (void *)&four, &length) < 0)
        broken("bind");
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = four.sin_port };
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &six.sin6_addr);
    line("mapped %s own %s peer %s", text(connect(fd, (void *)&six, sizeof six)), own(fd), peer(fd));
    setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    line("v6 only %s", text(connect(only, (void *)&six, sizeof six)));
    line("a v4 address on a v6 socket %s", text(connect(socket(AF_INET6, SOCK_STREAM, 0), (void *)&four, sizeof four)));
    line("a v6 address on a v4 socket %s", text(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&six, sizeof six)));
    closed();
}

void run_inet(void)
{
    int no = 0, yes = 1;
    closed();
    for (int i = 0; i < 2; i++) {
        s_family = i ? AF_INET6 : AF_INET;
        loopback(0);
        line("family %d", s_family);
        tcp();
        non_blocking();
        wrong();
        udp();
        in_child("connect, interrupted", waits, &no);
        in_child("connect, restarted", waits, &yes);
        in_child("a broken pipe", pipes, NULL);
        partial();
        fast_open();
    }
    mapped();
}
