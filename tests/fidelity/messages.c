// Messages: in pieces, several in one call, and with descriptors and credentials in them.
#include "fidelity.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

static int s_pair[2];

static void pair(int type)
{
    for (int fd = 3; fd < 60; fd++)
        close(fd);
    if (socketpair(AF_UNIX, type, 0, s_pair) < 0)
        broken("socketpair");
}

union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(300 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
};

static const char *send_fds(int to, const int *fds, int count, const char *data)
{
    static union control control;
    struct iovec vector = { (void *)data, strlen(data) };
    memset(&control, 0, sizeof control);
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = CMSG_SPACE((size_t)count * sizeof(int)) };
    control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN((size_t)count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(&control.header), fds, (size_t)count * sizeof(int));
    return text(sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT));
}

static void receive(int from, size_t room_for, int flags)
{
    static union control control;
    char room[64] = "";
    struct iovec vector = { room, sizeof room - 1 };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = room_for };
    line("  received %s '%s' flags %#x", text(recvmsg(from, &message, flags | MSG_DONTWAIT)), room, message.msg_flags);
    for (struct cmsghdr *one = CMSG_FIRSTHDR(&message); one; one = CMSG_NXTHDR(&message, one)) {
        if (one->cmsg_type == SCM_RIGHTS)
            for (size_t i = 0; i < (one->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
                line("  with %s", describe(((int *)CMSG_DATA(one))[i]));
        else if (one->cmsg_type == SCM_CREDENTIALS) {
            struct ucred who;
            memcpy(&who, CMSG_DATA(one), sizeof who);
            line("  from own process %d parent %d uid %d gid %d", who.pid == getpid(), who.pid == getppid(), (int)who.uid, (int)who.gid);
        } else
            line("  with type %d", one->cmsg_type);
    }
}

static void rights(int type)
{
    int ends[2];
    pair(type);
    int file = open("f", O_RDWR | O_APPEND | O_CLOEXEC), by_path = open("f", O_PATH), many[260], event = eventfd(3, 0);
    lseek(file, 2, SEEK_SET);
    if (pipe(ends) < 0)
        broken("pipe");
    int three[] = { file, by_path, ends[1] }, itself[] = { s_pair[0] }, none[] = { 99 }, one[] = { file }, counter[] = { event };
    line("three %s", send_fds(s_pair[0], three, 3, "three"));
    receive(s_pair[1], 4096 > sizeof(union control) ? sizeof(union control) : 4096, 0);
    line("close on exec %s", send_fds(s_pair[0], three, 2, "two"));
    receive(s_pair[1], 200, MSG_CMSG_CLOEXEC);
    line("a socket over itself %s", send_fds(s_pair[1], itself, 1, "self"));
    receive(s_pair[0], 200, 0);
    line("a counter %s", send_fds(s_pair[0], counter, 1, "count"));
    receive(s_pair[1], 200, 0);
    line("none such %s", send_fds(s_pair[0], none, 1, "bad"));
    line("no room %s", send_fds(s_pair[0], three, 3, "lost"));
    receive(s_pair[1], 0, 0);
    line("room for one %s", send_fds(s_pair[0], three, 3, "cut"));
    receive(s_pair[1], CMSG_LEN(sizeof(int)), 0);
    for (int i = 0; i < 260; i++)
        many[i] = file;
    line("253 %s 254 %s", send_fds(s_pair[0], many, 253, "many"), send_fds(s_pair[0], many, 254, "too many"));
    line("no data %s", send_fds(s_pair[0], one, 1, ""));
    for (int fd = s_pair[1] + 10; fd < 256; fd++)
        close(fd);
}

static void credentials(int type)
{
    static union control control;
    struct iovec vector = { "who", 3 };
    int on = 1;
    pair(type);
    setsockopt(s_pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    line("unsaid %s", text(send(s_pair[0], "plain", 5, 0)));
    receive(s_pair[1], 200, 0);
    static const struct { int pid, uid, gid; } claims[] = { { 0, 0, 0 }, { 1, 0, 0 }, { 0, 55, 0 }, { 0, 0, 66 }, { 0x3fffffff, 0, 0 } };
    for (size_t i = 0; i < COUNT(claims); i++) {
        struct ucred who = { claims[i].pid ? claims[i].pid : getpid(), claims[i].uid ? (uid_t)claims[i].uid : getuid(), claims[i].gid ? (gid_t)claims[i].gid : getgid() };
        memset(&control, 0, sizeof control);
        struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = CMSG_SPACE(sizeof who) };
        control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof who), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS };
        memcpy(CMSG_DATA(&control.header), &who, sizeof who);
        line("claim %zu %s", i, text(sendmsg(s_pair[0], &message, 0)));
        receive(s_pair[1], 200, 0);
    }
    // By a name, from a child: the kernel says who it was, not who did the call for him.
    struct sockaddr_un name = { AF_UNIX, "server" };
    int server = socket(AF_UNIX, SOCK_DGRAM, 0), status;
    unlink("server");
    if (bind(server, (void *)&name, sizeof name) < 0 || setsockopt(server, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0)
        broken("bind");
    line("to a name %s", text(sendto(socket(AF_UNIX, SOCK_DGRAM, 0), "named", 5, 0, (void *)&name, sizeof name)));
    receive(server, 200, 0);
    pid_t child = fork();
    if (child == 0)
        _exit(sendto(socket(AF_UNIX, SOCK_DGRAM, 0), "child", 5, 0, (void *)&name, sizeof name) != 5);
    char room[64] = "";
    struct iovec into = { room, sizeof room };
    struct msghdr message = { .msg_iov = &into, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room };
    ssize_t came = recvmsg(server, &message, 0);
    line("from a child %s '%s'", text(came), room);
    struct ucred who;
    memcpy(&who, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof who);
    line("is the child %d", who.pid == child);
    waitpid(child, &status, 0);
}

static const char *message_to(int fd, struct msghdr *message, int flags) { return text(sendmsg(fd, message, flags | MSG_NOSIGNAL | MSG_DONTWAIT)); }

static void pieces(void)
{
    char a[] = "abc", b[] = "", c[] = "defgh";
    struct iovec good[] = { { a, 3 }, { b, 0 }, { NULL, 0 }, { c, 5 } }, bad[] = { { a, 3 }, { (void *)1, 5 } }, negative[] = { { a, (size_t)-1 } };
    static struct iovec many[1100];
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = (struct iovec){ a, 1 };
    static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
    for (size_t t = 0; t < COUNT(types); t++) {
        pair(types[t]);
        struct msghdr message = { .msg_iov = good, .msg_iovlen = 4 };
        line("four pieces %s", message_to(s_pair[0], &message, 0));
        receive(s_pair[1], 0, 0);
        message = (struct msghdr){ .msg_iov = bad, .msg_iovlen = 2 };
        line("a bad piece %s", message_to(s_pair[0], &message, 0));
        receive(s_pair[1], 0, 0);
        message = (struct msghdr){ .msg_iov = negative, .msg_iovlen = 1 };
        line("a negative length %s", message_to(s_pair[0], &message, 0));
        message = (struct msghdr){ .msg_iov = many, .msg_iovlen = 1024 };
        line("1024 pieces %s", message_to(s_pair[0], &message, 0));
        char room[2000];
        line("got %s", text(recv(s_pair[1], room, sizeof room, MSG_DONTWAIT)));
        message.msg_iovlen = 1025;
        line("1025 pieces %s", message_to(s_pair[0], &message, 0));
        message = (struct msghdr){ .msg_iov = (void *)1, .msg_iovlen = 1 };
        line("bad pieces %s", message_to(s_pair[0], &message, 0));
        message = (struct msghdr){ 0 };
        line("nothing %s", message_to(s_pair[0], &message, 0));
        line("got %s", text(recv(s_pair[1], room, sizeof room, MSG_DONTWAIT)));
        message = (struct msghdr){ .msg_iov = good, .msg_iovlen = 1, .msg_control = (void *)1, .msg_controllen = 20 };
        line("bad control %s", message_to(s_pair[0], &message, 0));
        message = (struct msghdr){ .msg_iov = good, .msg_iovlen = 1, .msg_control = room, .msg_controllen = 5 };
        line("short control %s", message_to(s_pair[0], &message, 0));
        memset(room, 0, sizeof room);
        message.msg_controllen = 24;
        line("empty control %s", message_to(s_pair[0], &message, 0));
        message = (struct msghdr){ .msg_iov = good, .msg_iovlen = 1, .msg_name = (void *)1, .msg_namelen = 10 };
        line("bad name %s", message_to(s_pair[0], &message, 0));
        message = (struct msghdr){ .msg_iov = good, .msg_iovlen = 1, .msg_name = NULL, .msg_namelen = 10 };
        line("no name with a length %s", message_to(s_pair[0], &message, 0));
        message = (struct msghdr){ .msg_iov = good, .msg_iovlen = 1, .msg_name = room, .msg_namelen = (socklen_t)-1 };
        line("a name of negative length %s", message_to(s_pair[0], &message, 0));
        message = (struct msghdr){ .msg_iov = good, .msg_iovlen = 1, .msg_name = room, .msg_namelen = 100000 };
        line("a name too long %s", message_to(s_pair[0], &message, 0));
        shutdown(s_pair[1], SHUT_RD);
        line("nobody reads %s", text(send(s_pair[0], "x", 1, MSG_NOSIGNAL)));
    }
}

static void several(void)
{
    for (int fd = 3; fd < 60; fd++)
        close(fd);
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, wrong = { .sin_family = 77 };
    socklen_t length = sizeof name;
    int server = socket(AF_INET, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(server, (void *)&name, sizeof name) < 0 || getsockname(server, (void *)&name, &length) < 0)
        broken("bind");
    struct iovec pieces[4] = { { "one", 3 }, { "two!", 4 }, { "", 0 }, { "fourth", 6 } };
    struct mmsghdr messages[4];
    for (int round = 0; round < 4; round++) {
        memset(messages, 0, sizeof messages);
        for (int i = 0; i < 4; i++)
            messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = round && i == 4 - round ? (void *)&wrong : (void *)&name, .msg_namelen = sizeof name, .msg_iov = &pieces[i], .msg_iovlen = 1 }, .msg_len = 77 };
        line("round %d: sendmmsg %s lengths %u %u %u %u", round, text(sendmmsg(fd, messages, 4, 0)), messages[0].msg_len, messages[1].msg_len, messages[2].msg_len, messages[3].msg_len);
        char room[64];
        ssize_t got;
        while ((got = recv(server, room, sizeof room, MSG_DONTWAIT)) >= 0)
            line("  got '%.*s'", (int)got, room);
    }
    messages[0].msg_hdr.msg_name = &wrong;
    line("the first is wrong %s length %u", text(sendmmsg(fd, messages, 4, 0)), messages[0].msg_len);
    line("no messages %s, too many %s", text(sendmmsg(fd, messages, 0, 0)), "-");
    for (int i = 0; i < 4; i++)
        messages[i].msg_hdr.msg_name = &name;
    sendmmsg(fd, messages, 4, 0);
    char rooms[4][16];
    struct iovec into[4] = { { rooms[0], 16 }, { rooms[1], 16 }, { rooms[2], 16 }, { rooms[3], 2 } };
    memset(rooms, 0, sizeof rooms);
    for (int i = 0; i < 4; i++)
        messages[i].msg_hdr = (struct msghdr){ .msg_iov = &into[i], .msg_iovlen = 1 };
    line("recvmmsg %s: '%s' '%s' '%s' '%.2s' flags %#x", text(recvmmsg(server, messages, 4, MSG_DONTWAIT, NULL)), rooms[0], rooms[1], rooms[2], rooms[3], messages[3].msg_hdr.msg_flags);

    // One buffer, cut into datagrams by the kernel.
    int size = 4;
    setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size);
    line("cut: %s", text(sendto(fd, "aaaabbbbcc", 10, 0, (void *)&name, sizeof name)));
    char room[64];
    ssize_t got;
    while ((got = recv(server, room, sizeof room, MSG_DONTWAIT)) >= 0)
        line("  got '%.*s'", (int)got, room);
}

static void lengths(void)
{
    static char big[1 << 20];
    pair(SOCK_DGRAM);
    line("a message too big %s", text(send(s_pair[0], big, sizeof big, MSG_DONTWAIT)));
    pair(SOCK_SEQPACKET);
    line("a packet %s", text(send(s_pair[0], big, 5000, MSG_DONTWAIT)));
    line("looked at %s", text(recv(s_pair[1], big, 10, MSG_PEEK | MSG_DONTWAIT)));
    line("whole length %s", text(recv(s_pair[1], big, 10, MSG_TRUNC | MSG_DONTWAIT)));
    line("eor %s", text(send(s_pair[0], "x", 1, MSG_EOR)));
    receive(s_pair[1], 0, 0);
    pair(SOCK_STREAM);
    fcntl(s_pair[0], F_SETFL, O_NONBLOCK);
    ssize_t sent = send(s_pair[0], big, sizeof big, 0);
    line("partly %d, then %s", sent > 0 && sent < (ssize_t)sizeof big, text(send(s_pair[0], big, 1, 0)));
    line("zero %s", text(send(s_pair[0], big, 0, 0)));
    line("unknown flags %s", text(send(s_pair[1], "x", 1, 0x00800000 | MSG_DONTWAIT)));
    line("oob %s", text(send(s_pair[1], "!", 1, MSG_OOB)));
}

void run_messages(void)
{
    write_file("f", "0123456789", 0644);
    rights(SOCK_STREAM);
    rights(SOCK_DGRAM);
    rights(SOCK_SEQPACKET);
    credentials(SOCK_STREAM);
    credentials(SOCK_DGRAM);
    pieces();
    several();
    lengths();
}
