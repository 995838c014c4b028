// The channel of `sandgate run --channel`: as it is meant, and otherwise.
#include "victim.h"

#include <poll.h>
#include <sys/socket.h>

enum { PATIENCE = 5000, MOST_PASSED = 253 };

static int channel(void)
{
    const char *text = getenv("SANDGATE_FD");
    if (text)
        return (int)number(text);
    say(1, "no channel\n");
    _exit(3);
}

// One message with as many copies of `passed`, and with a sender named by the program itself if `named`.
static ssize_t send_message(const void *bytes, size_t length, int flags, int passed, int copies, const struct ucred *named)
{
    union {
        char room[CMSG_SPACE(sizeof(int) * MOST_PASSED) + CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control;
    memset(&control, 0, sizeof control);
    struct iovec vector = { (void *)bytes, length };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.room };
    size_t used = 0;
    if (copies > 0) {
        struct cmsghdr *rights = (struct cmsghdr *)control.room;
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)copies);
        for (int i = 0; i < copies; i++)
            memcpy(CMSG_DATA(rights) + sizeof(int) * (size_t)i, &passed, sizeof passed);
        used += CMSG_SPACE(sizeof(int) * (size_t)copies);
    }
    if (named) {
        struct cmsghdr *credentials = (struct cmsghdr *)(control.room + used);
        credentials->cmsg_level = SOL_SOCKET;
        credentials->cmsg_type = SCM_CREDENTIALS;
        credentials->cmsg_len = CMSG_LEN(sizeof *named);
        memcpy(CMSG_DATA(credentials), named, sizeof *named);
        used += CMSG_SPACE(sizeof *named);
    }
    message.msg_controllen = used;
    if (used == 0)
        message.msg_control = NULL;
    return sendmsg(channel(), &message, flags | MSG_NOSIGNAL);
}

static int print_answer(int fd, int patience)
{
    char answer[4096];
    struct pollfd readable = { .fd = fd, .events = POLLIN };
    ssize_t length = poll(&readable, 1, patience) == 1 ? recv(fd, answer, sizeof answer, MSG_DONTWAIT) : 0;
    if (length <= 0)
        say(1, "no answer\n");
    else
        say(1, "%.*s\n", (int)length, answer);
    return length <= 0;
}

static void make_pair(int type, int pair[2])
{
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0)
        setup_failed("socketpair");
}

// Each argument is a request; its answer comes on a socket of its own.
static int do_channel(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int pair[2];
        make_pair(SOCK_SEQPACKET, pair);
        if (send_message(argv[i], strlen(argv[i]), 0, pair[1], 1, NULL) < 0)
            return report(argv[0], -1);
        close(pair[1]);
        print_answer(pair[0], PATIENCE);
        close(pair[0]);
    }
    return 0;
}

// Without a socket for the answer.
static int do_shared(int argc, char **argv)
{
    (void)argc;
    if (send_message(argv[1], strlen(argv[1]), 0, -1, 0, NULL) < 0)
        return report(argv[0], -1);
    return print_answer(channel(), PATIENCE);
}

// The socket for the answer was made by another process.
static int do_inherited(int argc, char **argv)
{
    int pair[2];
    (void)argc;
    make_pair(SOCK_SEQPACKET, pair);
    pid_t child = fork();
    if (child == 0)
        _exit(send_message(argv[1], strlen(argv[1]), 0, pair[1], 1, NULL) < 0);
    waitpid(child, NULL, 0);
    return print_answer(pair[0], 700);
}

// What comes for the answer is any descriptor.
static int do_answer_to(int argc, char **argv)
{
    (void)argc;
    int fd = fd_argument(argv[1], O_RDWR);
    if (send_message(argv[2], strlen(argv[2]), 0, fd, 1, NULL) < 0)
        return report(argv[0], -1);
    usleep(500000);
    say(1, "%s = sent\n", argv[0]);
    return 0;
}

static int do_forge(int argc, char **argv)
{
    struct ucred named = { process_argument(argv[1]), (uid_t)number(argv[2]), (gid_t)number(argv[2]) };
    (void)argc;
    return report_ok(argv[0], send_message(argv[3], strlen(argv[3]), 0, -1, 0, &named));
}

static int do_flood(int argc, char **argv)
{
    long wanted = number(argv[1]), sent = 0;
    (void)argc;
    for (long i = 0; i < wanted; i++)
        sent += send_message(argv[2], strlen(argv[2]), MSG_DONTWAIT, -1, 0, NULL) >= 0;
    say(1, "%s = %ld\n", argv[0], sent);
    return 0;
}

// N messages with COUNT descriptors each.
static int do_bomb(int argc, char **argv)
{
    long messages = number(argv[1]);
    int copies = (int)number(argv[2]);
    (void)argc;
    for (long i = 0; i < messages; i++)
        if (send_message(argv[3], strlen(argv[3]), 0, 0, copies, NULL) < 0)
            return report(argv[0], -1);
    say(1, "%s = sent\n", argv[0]);
    return 0;
}

// Bytes of all kinds and lengths, the same for the same seed.
static int do_garbage(int argc, char **argv)
{
    static unsigned char bytes[70000];
    long messages = number(argv[1]);
    (void)argc;
    srandom((unsigned)number(argv[2]));
    for (long i = 0; i < messages; i++) {
        size_t length = (size_t)random() % (i % 8 == 0 ? sizeof bytes : 64);
        for (size_t j = 0; j < length; j++)
            bytes[j] = (unsigned char)random();
        if (send_message(bytes, length, 0, -1, 0, NULL) < 0)
            return report(argv[0], -1);
    }
    say(1, "%s = sent\n", argv[0]);
    return 0;
}

static int do_shut(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], shutdown(channel(), SHUT_RDWR));
}

const struct command channel_commands[] = {
    { "channel", 1, "REQUEST…", do_channel },
    { "channel-shared", 1, "REQUEST", do_shared },
    { "channel-inherited", 1, "REQUEST", do_inherited },
    { "channel-answer-to", 2, "PATH|fd:N REQUEST", do_answer_to },
    { "channel-forge", 3, "PID UID REQUEST", do_forge },
    { "channel-flood", 2, "COUNT REQUEST", do_flood },
    { "channel-bomb", 3, "COUNT DESCRIPTORS REQUEST", do_bomb },
    { "channel-garbage", 2, "COUNT SEED", do_garbage },
    { "channel-shut", 0, "", do_shut },
    { NULL, 0, NULL, NULL },
};
