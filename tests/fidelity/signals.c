// Calls in a rain of signals: each happens once, and gives what it gives without.
#include "fidelity.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

static volatile sig_atomic_t s_signals;

static void count(int signal)
{
    (void)signal;
    s_signals++;
}

static void rain(int on, int flags)
{
    struct itimerval often = { { 0, on ? 1000 : 0 }, { 0, on ? 1000 : 0 } };
    install(SIGALRM, count, flags);
    setitimer(ITIMER_REAL, &often, NULL);
}

enum { ROUNDS = 1500 };

// Every result but the expected one is told, by how often it came.
struct tally { const char *name; int expected, other; const char *odd; };

static void tell(struct tally *t, long result, long expected)
{
    if (result == expected)
        t->expected++;
    else {
        t->other++;
        t->odd = text(result);
    }
}

// Where the kernel never says EINTR, a sandbox may (seccomp(2): a signal that comes before the supervisor has seen the
// call). Then nothing may have been done: made again, the call gives what it would have given.
static int s_interrupted;

#define AGAIN(call) ({ long r_; while ((r_ = (call)) == -1 && errno == EINTR) s_interrupted++; r_; })

static void all(int flags)
{
    struct tally excl = { .name = "creat+excl" }, again = { .name = "creat+excl again" }, opened = { .name = "open" }, looked = { .name = "stat" }, made = { .name = "mkdir" }, removed = { .name = "rmdir" },
                 moved = { .name = "rename" }, linked = { .name = "link" }, gone = { .name = "unlink" }, linked_text = { .name = "symlink" }, mode = { .name = "chmod" }, shorter = { .name = "truncate" },
                 missing = { .name = "missing" }, lines = { .name = "append" }, node = { .name = "mknod" };
    struct tally *const tallies[] = { &excl, &again, &opened, &looked, &made, &removed, &moved, &linked, &gone, &linked_text, &mode, &shorter, &missing, &lines, &node };
    struct stat st;
    s_signals = 0;
    rain(1, flags);
    for (int i = 0; i < ROUNDS; i++) {
        int fd = (int)AGAIN(open("e", O_WRONLY | O_CREAT | O_EXCL, 0600));
        tell(&excl, fd >= 0, 1);
        int second = (int)AGAIN(open("e", O_WRONLY | O_CREAT | O_EXCL, 0600));
        tell(&again, second == -1 && errno == EEXIST, 1);
        close(fd);
        tell(&looked, AGAIN(stat("e", &st)), 0);
        tell(&moved, AGAIN(rename("e", "e2")), 0);
        tell(&linked, AGAIN(link("e2", "e3")), 0);
        tell(&mode, AGAIN(chmod("e3", 0640)), 0);
        tell(&shorter, AGAIN(truncate("e3", 5)), 0);
        tell(&gone, AGAIN(unlink("e2")), 0);
        tell(&gone, AGAIN(unlink("e3")), 0);
        tell(&linked_text, AGAIN(symlink("x", "l")), 0);
        tell(&gone, AGAIN(unlink("l")), 0);
        tell(&node, AGAIN(mknod("n", S_IFIFO | 0600, 0)), 0);
        tell(&gone, AGAIN(unlink("n")), 0);
        tell(&made, AGAIN(mkdir("d", 0700)), 0);
        tell(&removed, AGAIN(rmdir("d")), 0);
        fd = (int)AGAIN(open("log", O_WRONLY | O_APPEND | O_CREAT, 0600));
        tell(&opened, fd >= 0, 1);
        tell(&lines, AGAIN(write(fd, "x\n", 2)), 2);
        close(fd);
        tell(&missing, AGAIN(open("missing", O_RDONLY)) == -1 && errno == ENOENT, 1);
    }
    rain(0, flags);
    for (size_t i = 0; i < COUNT(tallies); i++)
        line("%s %s: %d as expected, %d not %s", flags ? "restarting" : "interrupting", tallies[i]->name, tallies[i]->expected, tallies[i]->other, tallies[i]->other ? tallies[i]->odd : "");
    line("signals came: %s; %s", s_signals > 5 ? "many" : "few", snapshot());
    if (flags)
        line("interrupted all the same: %d", s_interrupted);
    unlink("log");
}

// Only whether the kernel's own promise holds, that these calls are never interrupted.
void run_eintr(void)
{
    struct stat st;
    rain(1, 0);
    for (int64_t end = now_ms() + 3000; now_ms() < end && !s_interrupted;) {
        (void)AGAIN(stat("e", &st));
        (void)AGAIN(mkdir("e", 0700));
        (void)AGAIN(rmdir("e"));
    }
    rain(0, 0);
    line("calls that can't be interrupted were: %s", s_interrupted ? "yes" : "no");
}

static void sockets(int flags)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    struct tally connected = { .name = "connect" }, accepted = { .name = "accept" }, datagrams = { .name = "sendto" }, refused = { .name = "refused" };
    int listener = socket(AF_INET, SOCK_STREAM, 0), receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in udp = address, nobody = address;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 100) < 0 || getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        broken("listen");
    if (bind(receiver, (struct sockaddr *)&udp, sizeof udp) < 0 || getsockname(receiver, (struct sockaddr *)&udp, &length) < 0)
        broken("bind");
    nobody.sin_port = htons(1);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    rain(1, flags);
    int received = 0;
    for (int i = 0; i < 300; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        tell(&connected, connect(fd, (struct sockaddr *)&address, sizeof address), 0);
        int other = accept(listener, NULL, NULL);
        tell(&accepted, other >= 0, 1);
        close(fd);
        close(other);
        fd = socket(AF_INET, SOCK_STREAM, 0);
        tell(&refused, connect(fd, (struct sockaddr *)&nobody, sizeof nobody) == -1 && errno == ECONNREFUSED, 1);
        close(fd);
        tell(&datagrams, sendto(sender, &i, sizeof i, 0, (struct sockaddr *)&udp, sizeof udp), sizeof i);
        int got = -1;
        received += recv(receiver, &got, sizeof got, 0) == sizeof got && got == i;
    }
    rain(0, flags);
    line("accept when all are taken: %s", text(accept(listener, NULL, NULL)));
    line("datagram when all are taken: %s", text(recv(receiver, &received, 0, MSG_DONTWAIT)));
    struct tally *const tallies[] = { &connected, &accepted, &datagrams, &refused };
    for (size_t i = 0; i < COUNT(tallies); i++)
        line("%s %s: %d as expected, %d not %s", flags ? "restarting" : "interrupting", tallies[i]->name, tallies[i]->expected, tallies[i]->other, tallies[i]->other ? tallies[i]->odd : "");
    for (int fd = 3; fd < 30; fd++)
        close(fd);
}

// Programs start in it, too.
static int starts(void *unused)
{
    int good = 0;
    (void)unused;
    rain(1, SA_RESTART);
    for (int i = 0; i < 20; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            rain(0, 0);
            execl("/bin/true", "true", NULL);
            _exit(9);
        }
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    line("  started: %d", good);
    return 0;
}

// A signal that came while it was blocked is there when the call is done; one that ends the process ends it.
static int blocked(void *unused)
{
    sigset_t set, pending;
    (void)unused;
    install(SIGUSR1, count, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    s_signals = 0;
    kill(getpid(), SIGUSR1);
    int fd = open("f", O_RDWR | O_CREAT, 0600);
    sigpending(&pending);
    line("  fd %d pending %d handled %d", fd, sigismember(&pending, SIGUSR1), s_signals);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    line("  handled %d", s_signals);
    return 0;
}

void run_signals(void)
{
    all(0);
    s_interrupted = 0;
    all(SA_RESTART);
    sockets(SA_RESTART);
    in_child("programs start", starts, NULL);
    in_child("a blocked signal", blocked, NULL);
}
