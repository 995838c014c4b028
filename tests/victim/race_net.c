// Races on sockets: one thread makes a call again and again, another one changes what it means. Each
// command prints how often the forbidden meaning got through, and fails when it did.
#include "victim.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

// Two meanings that stand alternately in `now`; `other` is what a second thread turns it to.
static struct {
    char now[256], good[256], bad[256];
    size_t length;
    volatile int stop;
    int fd, good_fd, bad_fd;
    const char *link;
} flip;

static void *flip_memory(void *unused)
{
    (void)unused;
    while (!flip.stop) {
        memcpy(flip.now, flip.bad, flip.length);
        for (volatile int i = 0; i < 40; i++) { }
        memcpy(flip.now, flip.good, flip.length);
        for (volatile int i = 0; i < 40; i++) { }
    }
    return NULL;
}

static void *flip_descriptor(void *unused)
{
    (void)unused;
    while (!flip.stop) {
        syscall(SYS_dup2, flip.bad_fd, flip.fd);
        syscall(SYS_dup2, flip.good_fd, flip.fd);
    }
    return NULL;
}

static void *flip_link(void *unused)
{
    char spare[300];
    (void)unused;
    snprintf(spare, sizeof spare, "%s.spare", flip.link);
    while (!flip.stop) {
        if (symlink(flip.bad, spare) == 0)
            rename(spare, flip.link);
        if (symlink(flip.good, spare) == 0)
            rename(spare, flip.link);
    }
    return NULL;
}

// Where there are fewer processors than threads, the other one must get its turn between two calls, too.
static void take_turns(long round)
{
    if (round % 8 == 0)
        sched_yield();
}

static pthread_t start(void *(*turn)(void *))
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, turn, NULL) != 0)
        setup_failed("pthread_create");
    return thread;
}

static int end(const char *name, pthread_t thread, long leaks, long tries, long done)
{
    flip.stop = 1;
    pthread_join(thread, NULL);
    say(1, "%s = %ld leaks, %ld of %ld done\n", name, leaks, done, tries);
    return leaks > 0;
}

static struct sockaddr_in loopback(long port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static void two_ports(char **argv)
{
    struct sockaddr_in good = loopback(number(argv[1])), bad = loopback(number(argv[2]));
    memcpy(flip.good, &good, sizeof good);
    memcpy(flip.bad, &bad, sizeof bad);
    memcpy(flip.now, &good, sizeof good);
    flip.length = sizeof good;
}

static int receiver(long port)
{
    struct sockaddr_in a = loopback(port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0)
        setup_failed("bind");
    return fd;
}

// Reads all that has come, and counts what has this in it (everything when NULL).
static long received(int fd, const char *what)
{
    char data[256];
    long count = 0;
    for (ssize_t n; (n = recv(fd, data, sizeof data, 0)) > 0;)
        count += !what || memmem(data, (size_t)n, what, strlen(what)) != NULL;
    return count;
}

static int do_race_connect(int argc, char **argv)
{
    long leaks = 0, done = 0, tries = number(argv[3]);
    (void)argc;
    two_ports(argv);
    pthread_t thread = start(flip_memory);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    for (long i = 0; i < tries; i++) {
        take_turns(i);
        struct sockaddr_in peer;
        socklen_t length = sizeof peer;
        if (connect(fd, (struct sockaddr *)flip.now, sizeof peer) == 0 && getpeername(fd, (struct sockaddr *)&peer, &length) == 0) {
            done++;
            leaks += peer.sin_port == ((struct sockaddr_in *)flip.bad)->sin_port;
            peer.sin_family = AF_UNSPEC;
        }
    }
    return end(argv[0], thread, leaks, tries, done);
}

static int do_race_bind(int argc, char **argv)
{
    long leaks = 0, done = 0, tries = number(argv[3]);
    (void)argc;
    two_ports(argv);
    pthread_t thread = start(flip_memory);
    for (long i = 0; i < tries; i++) {
        take_turns(i);
        struct sockaddr_in own;
        socklen_t length = sizeof own;
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (bind(fd, (struct sockaddr *)flip.now, sizeof own) == 0 && getsockname(fd, (struct sockaddr *)&own, &length) == 0) {
            done++;
            leaks += own.sin_port == ((struct sockaddr_in *)flip.bad)->sin_port;
        }
        close(fd);
    }
    return end(argv[0], thread, leaks, tries, done);
}

static int race_send(char **argv, int way)
{
    long leaks = 0, done = 0, tries = number(argv[3]);
    two_ports(argv);
    int good = receiver(number(argv[1])), bad = receiver(number(argv[2])), fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in first = loopback(number(argv[1]));
    struct iovec vector = { "x", 1 };
    struct mmsghdr messages[2];
    memset(messages, 0, sizeof messages);
    messages[0].msg_hdr = (struct msghdr){ .msg_name = &first, .msg_namelen = sizeof first, .msg_iov = &vector, .msg_iovlen = 1 };
    messages[1].msg_hdr = (struct msghdr){ .msg_name = flip.now, .msg_namelen = sizeof first, .msg_iov = &vector, .msg_iovlen = 1 };
    pthread_t thread = start(flip_memory);
    for (long i = 0; i < tries; i++) {
        take_turns(i);
        long sent = way == 0 ? sendto(fd, "x", 1, 0, (struct sockaddr *)flip.now, sizeof first)
            : way == 1 ? sendmsg(fd, &messages[1].msg_hdr, 0)
            : sendmmsg(fd, messages, 2, 0);
        done += sent > 0;
        leaks += received(bad, NULL);
        received(good, NULL);
    }
    return end(argv[0], thread, leaks, tries, done);
}

static int do_race_sendto(int argc, char **argv) { (void)argc; return race_send(argv, 0); }
static int do_race_sendmsg(int argc, char **argv) { (void)argc; return race_send(argv, 1); }
static int do_race_sendmmsg(int argc, char **argv) { (void)argc; return race_send(argv, 2); }

// What is sent: `secret` must not be.
static int do_race_content(int argc, char **argv)
{
    long leaks = 0, done = 0, tries = number(argv[2]);
    int good = receiver(number(argv[1])), fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = loopback(number(argv[1]));
    struct iovec vector = { flip.now, 6 };
    struct msghdr message = { .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &vector, .msg_iovlen = 1 };
    (void)argc;
    strcpy(flip.good, "public");
    strcpy(flip.bad, "secret");
    strcpy(flip.now, "public");
    flip.length = 6;
    pthread_t thread = start(flip_memory);
    for (long i = 0; i < tries; i++) {
        take_turns(i);
        done += (i & 1 ? sendmsg(fd, &message, 0) : sendto(fd, flip.now, 6, 0, (struct sockaddr *)&to, sizeof to)) > 0;
        leaks += received(good, "secret");
    }
    return end(argv[0], thread, leaks, tries, done);
}

// The number that is sent on stands for one connected socket or the other.
static int do_race_dup2(int argc, char **argv)
{
    long leaks = 0, done = 0, tries = number(argv[3]);
    struct sockaddr_in to_good = loopback(number(argv[1])), to_bad = loopback(number(argv[2]));
    int good = receiver(number(argv[1])), bad = receiver(number(argv[2]));
    (void)argc;
    flip.good_fd = socket(AF_INET, SOCK_DGRAM, 0);
    flip.bad_fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (connect(flip.good_fd, (struct sockaddr *)&to_good, sizeof to_good) < 0 || connect(flip.bad_fd, (struct sockaddr *)&to_bad, sizeof to_bad) < 0)
        setup_failed("connect");
    flip.fd = dup(flip.good_fd);
    pthread_t thread = start(flip_descriptor);
    for (long i = 0; i < tries; i++) {
        take_turns(i);
        done += send(flip.fd, "x", 1, 0) > 0;
        leaks += received(bad, NULL);
        received(good, NULL);
    }
    return end(argv[0], thread, leaks, tries, done);
}

static struct sockaddr_un unix_of(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    strncpy(a.sun_path, path, sizeof a.sun_path - 1);
    return a;
}

static int unix_receiver(const char *path)
{
    struct sockaddr_un a = unix_of(path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0)
        setup_failed("bind");
    return fd;
}

// GOOD BAD N: the path flips in memory; with LINK, a link of that name flips between them.
static int do_race_unix(int argc, char **argv)
{
    long leaks = 0, done = 0, tries = number(argv[3]);
    int good = unix_receiver(argv[1]), bad = unix_receiver(argv[2]);
    struct sockaddr_un a = unix_of(argv[1]), b = unix_of(argv[2]), by_link = unix_of(argc > 4 ? argv[4] : "");
    pthread_t thread;
    if (argc > 4) {
        strcpy(flip.good, argv[1]);
        strcpy(flip.bad, argv[2]);
        flip.link = argv[4];
        thread = start(flip_link);
    } else {
        memcpy(flip.good, &a, sizeof a);
        memcpy(flip.bad, &b, sizeof b);
        memcpy(flip.now, &a, sizeof a);
        flip.length = sizeof a;
        thread = start(flip_memory);
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    for (long i = 0; i < tries; i++) {
        take_turns(i);
        const struct sockaddr *to = argc > 4 ? (struct sockaddr *)&by_link : (struct sockaddr *)flip.now;
        if (i & 1)
            done += sendto(fd, "x", 1, 0, to, sizeof a) > 0;
        else if (connect(fd, to, sizeof a) == 0)
            done += send(fd, "x", 1, 0) > 0;
        leaks += received(bad, NULL);
        received(good, NULL);
    }
    return end(argv[0], thread, leaks, tries, done);
}

// DIRECTORY BAD LINK N: a socket is bound through a link that flips between two directories.
static int do_race_bind_unix(int argc, char **argv)
{
    long leaks = 0, done = 0, tries = number(argv[4]);
    char bad[300], good[300];
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    (void)argc;
    snprintf(good, sizeof good, "%s/s", argv[1]);
    snprintf(bad, sizeof bad, "%s/s", argv[2]);
    snprintf(a.sun_path, sizeof a.sun_path, "%.90s/s", argv[3]);
    strcpy(flip.good, argv[1]);
    strcpy(flip.bad, argv[2]);
    flip.link = argv[3];
    unlink(bad);
    pthread_t thread = start(flip_link);
    for (long i = 0; i < tries; i++) {
        take_turns(i);
        int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
        done += bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
        close(fd);
        if (unlink(bad) == 0) {
            leaks++;
            say(2, "leak in round %ld\n", i);
        }
        unlink(good);
    }
    return end(argv[0], thread, leaks, tries, done);
}

const struct command race_net_commands[] = {
    { "race-connect", 3, "PORT FORBIDDEN N (UDP, 127.0.0.1)", do_race_connect },
    { "race-bind", 3, "PORT FORBIDDEN N (UDP, 127.0.0.1)", do_race_bind },
    { "race-sendto", 3, "PORT FORBIDDEN N", do_race_sendto },
    { "race-sendmsg", 3, "PORT FORBIDDEN N", do_race_sendmsg },
    { "race-sendmmsg", 3, "PORT FORBIDDEN N (the second message)", do_race_sendmmsg },
    { "race-content", 2, "PORT N (sends 'public'; 'secret' is the leak)", do_race_content },
    { "race-dup2", 3, "PORT FORBIDDEN N (connected sockets under one number)", do_race_dup2 },
    { "race-unix", 3, "PATH FORBIDDEN N [LINK]", do_race_unix },
    { "race-bind-unix", 4, "DIRECTORY FORBIDDEN LINK N", do_race_bind_unix },
    { NULL, 0, NULL, NULL },
};
