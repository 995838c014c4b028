// Locks and leases: which are of a process, which of an open file, and when they end.
#include "fidelity.h"

#include <sys/file.h>

static const char *lock(int fd, int how, short type, off_t from, off_t length)
{
    struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = length };
    return text(fcntl(fd, how, &l));
}

static const char *held(int fd, off_t from, off_t length)
{
    static char room[4][80];
    static int next;
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = from, .l_len = length };
    char *out = room[next++ % 4];
    if (fcntl(fd, F_GETLK, &l) < 0)
        return text(-1);
    snprintf(out, 80, "%s %ld+%ld %s", l.l_type == F_UNLCK ? "free" : l.l_type == F_RDLCK ? "read" : "write", (long)l.l_start, (long)l.l_len,
             l.l_type == F_UNLCK ? "" : l.l_pid == -1 ? "an open file's" : l.l_pid == getppid() ? "the parent's" : "another's");
    return out;
}

static int from_outside(void *unused)
{
    int fd = open("f", O_RDWR);
    (void)unused;
    line("  child: %s; %s", held(fd, 0, 0), held(fd, 50, 10));
    line("  child: set 0+10 %s set 50+1 %s", lock(fd, F_SETLK, F_WRLCK, 0, 10), lock(fd, F_SETLK, F_RDLCK, 50, 1));
    line("  child: ofd 0+10 %s flock %s", lock(fd, F_OFD_SETLK, F_WRLCK, 0, 10), text(flock(fd, LOCK_EX | LOCK_NB)));
    line("  child: shared flock %s", text(flock(fd, LOCK_SH | LOCK_NB)));
    return 0;
}

static int by_inherited(void *argument)
{
    int fd = *(int *)argument;
    line("  child: inherited %s set %s ofd %s", held(fd, 0, 0), lock(fd, F_SETLK, F_WRLCK, 0, 10), lock(fd, F_OFD_SETLK, F_WRLCK, 20, 5));
    return 0;
}

static void none(int signal) { (void)signal; }

static int waits(void *unused)
{
    int fd = open("f", O_RDWR);
    (void)unused;
    install(SIGALRM, none, 0);
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    line("  child: ready");
    alarm(1);
    line("  child: F_SETLKW %s", text(fcntl(fd, F_SETLKW, &l)));
    alarm(1);
    line("  child: flock %s", text(flock(fd, LOCK_EX)));
    return 0;
}

static volatile sig_atomic_t s_broken;

static void on_lease(int signal)
{
    (void)signal;
    s_broken++;
}

static void leases(void)
{
    install(SIGIO, on_lease, SA_RESTART);
    int fd = open("lease", O_RDWR | O_CREAT, 0600);
    line("lease write: %s get %s", text(fcntl(fd, F_SETLEASE, F_WRLCK)), text(fcntl(fd, F_GETLEASE)));
    line("lease read by a writer: %s", text(fcntl(fd, F_SETLEASE, F_RDLCK)));
    line("opened again: %s", text(open("lease", O_RDONLY | O_NONBLOCK)));
    line("broken %d get %s", s_broken, text(fcntl(fd, F_GETLEASE)));
    line("given up: %s, opened again: %s", text(fcntl(fd, F_SETLEASE, F_UNLCK)), ok(open("lease", O_RDONLY | O_NONBLOCK)));
    for (int n = 3; n < 20; n++)
        close(n);
    fd = open("lease", O_RDONLY);
    s_broken = 0;
    line("lease read: %s", text(fcntl(fd, F_SETLEASE, F_RDLCK)));
    line("read beside: %s broken %d", ok(open("lease", O_RDONLY | O_NONBLOCK)), s_broken);
    line("write beside: %s broken %d", ok(open("lease", O_WRONLY | O_NONBLOCK)), s_broken);
    line("truncate beside: %s", ok(open("lease", O_WRONLY | O_TRUNC | O_NONBLOCK)));
    line("chmod beside: %s", text(chmod("lease", 0640)));
    fcntl(fd, F_SETLEASE, F_UNLCK);
    line("write beside, given up: %s", ok(open("lease", O_WRONLY | O_NONBLOCK)));
    for (int n = 3; n < 20; n++)
        close(n);

    // An open that waits until the lease is given up.
    fd = open("lease", O_RDWR);
    s_broken = 0;
    line("lease: %s", text(fcntl(fd, F_SETLEASE, F_WRLCK)));
    int64_t began = now_ms();
    pid_t child = fork();
    if (child == 0) {
        close(fd);
        int waited = open("lease", O_RDONLY);
        line("  child: opened %s", describe(waited));
        _exit(0);
    }
    while (!s_broken)
        nap(5);
    line("broken %d", s_broken);
    const char *given_up = text(fcntl(fd, F_SETLEASE, F_UNLCK));
    int status;
    waitpid(child, &status, 0);                   // its line first
    line("F_UNLCK: %s", given_up);
    line("child %s, in time %s", status_text(status), now_ms() - began < 20000 ? "yes" : "no");   // the kernel waits 45 seconds
    close(fd);
}

static volatile sig_atomic_t s_notified;

static void on_notify(int signal)
{
    (void)signal;
    s_notified++;
}

static void notices(void)
{
    mkdir("watched", 0700);
    install(SIGRTMIN + 1, on_notify, 0);
    int fd = open("watched", O_RDONLY);
    line("F_SETSIG: %s F_NOTIFY: %s", text(fcntl(fd, F_SETSIG, SIGRTMIN + 1)), text(fcntl(fd, F_NOTIFY, DN_CREATE | DN_DELETE | DN_RENAME | DN_MULTISHOT)));
    write_file("watched/a", "", 0600);
    rename("watched/a", "watched/b");
    unlink("watched/b");
    mkdir("watched/c", 0700);
    rmdir("watched/c");
    nap(20);
    line("notified %s", s_notified >= 1 ? "yes" : "no");
    line("F_NOTIFY off: %s", text(fcntl(fd, F_NOTIFY, 0)));
    line("F_NOTIFY on a file: %s", text(fcntl(open("f", O_RDONLY), F_NOTIFY, DN_MODIFY)));
    line("owner: F_SETOWN self %s", text(fcntl(fd, F_SETOWN, getpid())));
    line("owner: %s", fcntl(fd, F_GETOWN) == getpid() ? "self" : "another");
}

// A lock of an open file ends with its last descriptor, at once.
static void ends_with_close(void)
{
    int flocks = 0, ofd_locks = 0;
    for (int i = 0; i < 1000; i++) {
        int fd = open("f", O_RDONLY);
        flock(fd, LOCK_EX);
        close(fd);
        flocks += flock(fd = open("f", O_RDWR), LOCK_EX | LOCK_NB) < 0;
        close(fd);
        fcntl(fd = open("f", O_RDONLY), F_OFD_SETLK, (struct flock[]){ { .l_type = F_RDLCK } });
        close(fd);
        ofd_locks += fcntl(fd = open("f", O_RDWR), F_OFD_SETLK, (struct flock[]){ { .l_type = F_WRLCK } }) < 0;
        close(fd);
    }
    line("of a thousand locks there were %d and %d after close", flocks, ofd_locks);
}

void run_locks(void)
{
    write_file("f", "0123456789", 0644);
    int fd = open("f", O_RDWR), other = open("f", O_RDWR), reader = open("f", O_RDONLY), dup_of = dup(fd);
    line("set 0+10: %s", lock(fd, F_SETLK, F_WRLCK, 0, 10));
    line("own, by another descriptor: %s", held(other, 0, 0));
    in_child("outside", from_outside, NULL);
    in_child("inherited", by_inherited, &fd);
    line("reader: write %s read %s", lock(reader, F_SETLK, F_WRLCK, 20, 1), lock(reader, F_SETLK, F_RDLCK, 20, 1));
    line("wrong: type %s whence %s range %s", lock(fd, F_SETLK, 9, 0, 1), text(fcntl(fd, F_SETLK, (struct flock[]){ { .l_type = F_WRLCK, .l_whence = 9 } })), lock(fd, F_SETLK, F_WRLCK, -5, 1));
    line("waits:");
    in_child("waits", waits, NULL);
    close(open("f", O_RDONLY));
    line("after a close of another descriptor:");
    in_child("outside", from_outside, NULL);

    line("ofd write 0+10: %s", lock(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
    line("ofd by another: %s by a dup: %s", lock(other, F_OFD_SETLK, F_WRLCK, 0, 10), lock(dup_of, F_OFD_SETLK, F_WRLCK, 5, 10));
    in_child("outside", from_outside, NULL);
    in_child("inherited", by_inherited, &fd);
    close(fd);
    in_child("outside, one closed", from_outside, NULL);
    close(dup_of);
    in_child("outside, both closed", from_outside, NULL);

    line("flock: %s", text(flock(other, LOCK_EX)));
    line("by another %s", text(flock(reader, LOCK_EX | LOCK_NB)));
    in_child("outside", from_outside, NULL);
    line("to shared: %s", text(flock(other, LOCK_SH)));
    line("by another %s", text(flock(reader, LOCK_SH | LOCK_NB)));
    close(other);
    line("closed, by another: %s", text(flock(reader, LOCK_EX | LOCK_NB)));
    line("flock of a path: %s", text(flock(open("f", O_PATH), LOCK_EX)));
    for (int n = 3; n < 30; n++)
        close(n);
    ends_with_close();
    leases();
    notices();
}
