// A client of Sandgate's channel (docs/channel.md), as small as it gets:
//
//   cc -std=c11 -Wall -Wextra -static -o channel channel.c
//   sandgate run --channel -- ./channel '{"v":1,"do":"ask","call":"open('\''/etc/shadow'\'', '\''r'\'')"}'
//
// Each argument is one request; its answer is printed. Ends with 1 when one gets no answer, with 2 when there is no channel.
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MILLISECONDS = 3000 };

// The descriptor, or -1. The variable may be older than the descriptor: what has its number must be looked at.
static int channel(void)
{
    const char *text = getenv("SANDGATE_FD");
    if (text == NULL)
        return -1;
    int fd = atoi(text), domain, type;
    socklen_t length = sizeof(int);
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain != AF_UNIX
        || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_SEQPACKET)
        return -1;
    return fd;
}

// Sends a request with a socket for its answer. Returns the answer's length, or -1.
static ssize_t request(int fd, const char *text, char *answer, size_t room)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    struct iovec vector = { (void *)text, strlen(text) };
    union { char room[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control = { 0 };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room };
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(rights), &pair[1], sizeof(int));

    // It is full when the tree says more than is taken: wait a little, not for ever.
    struct pollfd writable = { .fd = fd, .events = POLLOUT }, readable = { .fd = pair[0], .events = POLLIN };
    ssize_t length = -1;
    if (poll(&writable, 1, MILLISECONDS) == 1 && sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        close(pair[1]);
        pair[1] = -1;
        if (poll(&readable, 1, MILLISECONDS) == 1)
            length = recv(pair[0], answer, room, MSG_DONTWAIT);
    }
    if (pair[1] >= 0)
        close(pair[1]);
    close(pair[0]);
    return length;
}

int main(int argc, char **argv)
{
    int fd = channel();
    if (fd < 0) {
        fprintf(stderr, "no channel: run me under sandgate run --channel\n");
        return 2;
    }
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        char answer[4096];
        ssize_t length = request(fd, argv[i], answer, sizeof answer);
        if (length <= 0)
            failed = 1;
        printf("%.*s\n", length > 0 ? (int)length : 9, length > 0 ? answer : "no answer");
    }
    return failed;
}
