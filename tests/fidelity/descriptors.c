// Descriptors: their numbers, what they share, and what happens when there are none left.
#include "fidelity.h"

#include <sys/resource.h>
#include <sys/socket.h>

static void numbers(void)
{
    int fds[6];
    for (int i = 0; i < 6; i++)
        fds[i] = open("f", O_RDONLY);
    line("six opens: %d %d %d %d %d %d", fds[0], fds[1], fds[2], fds[3], fds[4], fds[5]);
    close(fds[1]);
    close(fds[4]);
    line("two closed, opened again: %d %d %d", open("f", O_RDONLY), open("missing", O_RDONLY), open("f", O_RDWR));
    close(0);
    line("after close(0): %s", describe(open("/dev/null", O_RDONLY)));
    for (int fd = 3; fd < 20; fd++)
        close(fd);
}

static void sharing(void)
{
    char room[16] = "";
    int a = open("f", O_RDWR), b = dup(a), c = open("f", O_RDWR);
    line("read by a: %s", text(read(a, room, 3)));
    line("pos a %s b %s c %s", text(lseek(a, 0, SEEK_CUR)), text(lseek(b, 0, SEEK_CUR)), text(lseek(c, 0, SEEK_CUR)));
    line("F_SETFL append on b: %s", text(fcntl(b, F_SETFL, O_APPEND | O_NONBLOCK)));
    line("a %#o c %#o", fcntl(a, F_GETFL), fcntl(c, F_GETFL));
    line("write by a: %s, pos %s", text(write(a, "+end", 4)), text(lseek(a, 0, SEEK_CUR)));
    line("F_SETFL direct on c: %s", ok(fcntl(c, F_SETFL, O_DIRECT)));
    line("F_SETFL noatime on c: %s", text(fcntl(c, F_SETFL, O_NOATIME)));
    line("F_SETFL of what can't be set on c: %s -> %#o", text(fcntl(c, F_SETFL, O_WRONLY | O_CREAT | O_TRUNC)), fcntl(c, F_GETFL));
    pid_t child = fork();
    if (child == 0) {
        lseek(a, 1, SEEK_SET);
        _exit(close(b) + close(a));
    }
    int status;
    waitpid(child, &status, 0);
    line("after a child: %s pos a %s b %s", status_text(status), text(lseek(a, 0, SEEK_CUR)), text(lseek(b, 0, SEEK_CUR)));
    line("dup2 b over c: %s, pos c %s", text(dup2(b, c)), text(lseek(c, 0, SEEK_CUR)));
    line("a: %s", describe(a));
    line("F_DUPFD 10: %s", text(fcntl(a, F_DUPFD, 10)));
    line("F_DUPFD_CLOEXEC 10: %s", describe(fcntl(a, F_DUPFD_CLOEXEC, 10)));
    int w = open("f", O_WRONLY | O_APPEND), w2 = open("f", O_WRONLY);
    line("two writers: %s %s", text(write(w, "A", 1)), text(write(w2, "B", 1)));
    line("pwrite on append: %s", text(pwrite(w, "C", 1, 0)));
    line("%s", read_whole("f", room, sizeof room));
    line("access modes: read a writer %s, write a reader %s", text(read(w, room, 1)), text(write(open("f", O_RDONLY), "x", 1)));
    for (int fd = 3; fd < 20; fd++)
        close(fd);
}

static void limits(void)
{
    struct rlimit old, few = { 12, 256 };
    getrlimit(RLIMIT_NOFILE, &old);
    setrlimit(RLIMIT_NOFILE, &few);
    int count = 0, last = -1;
    for (int fd; (fd = open("f", O_RDONLY)) >= 0; count++)
        last = fd;
    line("the last descriptor %d of %d: %s", last, count, text(-1));
    again:
    line("creat: %s", text(open("new", O_WRONLY | O_CREAT, 0600)));
    line("excl: %s", text(open("new2", O_WRONLY | O_CREAT | O_EXCL, 0600)));
    line("trunc: %s", text(open("full", O_WRONLY | O_TRUNC)));
    line("tmpfile: %s", text(open(".", O_WRONLY | O_TMPFILE, 0600)));
    line("path: %s", text(open("f", O_PATH)));
    line("missing: %s", text(open("missing", O_RDONLY)));
    line("bad pointer: %s", text(syscall(SYS_open, (void *)1, 0)));
    line("bad flags: %s", text(syscall(SYS_open, "f", O_TMPFILE)));
    line("fifo: %s", text(open("p", O_WRONLY | O_NONBLOCK)));
    line("socket: %s", text(socket(AF_UNIX, SOCK_STREAM, 0)));
    line("dup: %s", text(dup(0)));
    if (last == 11) {
        few.rlim_cur = 5;                         // below what is open
        setrlimit(RLIMIT_NOFILE, &few);
        last = -1;
        goto again;
    }
    close(4);
    line("one free: %s", text(open("f", O_RDONLY)));
    close(9);
    line("one free above: %s", text(open("f", O_RDONLY)));
    few.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &few);
    close(3);
    line("limit 0: %s", text(open("f", O_RDONLY)));
    setrlimit(RLIMIT_NOFILE, &old);
    for (int fd = 3; fd < 20; fd++)
        close(fd);
    line("%s", snapshot());
}

static int sizes(void *unused)
{
    struct rlimit small = { 4, 4 };
    (void)unused;
    setrlimit(RLIMIT_FSIZE, &small);
    signal(SIGXFSZ, SIG_IGN);
    int fd = open("size", O_RDWR | O_CREAT, 0600);
    line("write past the limit: %s %s", text(write(fd, "123456", 6)), text(write(fd, "7", 1)));
    line("truncate past the limit: %s", text(truncate("size", 100)));
    line("ftruncate past the limit: %s", text(ftruncate(fd, 100)));
    signal(SIGXFSZ, SIG_DFL);
    truncate("size", 100);
    return 1;
}

static int files_of_200(void *unused)
{
    int seen[256] = { 0 }, distinct = 0;
    (void)unused;
    for (int i = 0; i < 200; i++) {
        int fd = open("f", O_RDONLY);
        if (fd < 0 || fd >= 256)
            break;
        if (!seen[fd]++)
            distinct++;
    }
    line("200 opened: %d distinct", distinct);
    return 0;
}

static int unshared(void *unused)
{
    (void)unused;
    line("close_range: %s", text(syscall(SYS_close_range, 3, ~0u, 0)));
    line("close_range unshare: %s", text(syscall(SYS_close_range, 3, ~0u, 2)));
    line("open: %s", describe(open("f", O_RDONLY)));
    return 0;
}

void run_descriptors(void)
{
    for (int fd = 3; fd < 100; fd++)
        close(fd);
    write_file("f", "0123456789", 0644);
    write_file("full", "0123456789", 0644);
    mkfifo("p", 0600);
    numbers();
    sharing();
    limits();
    in_child("size limit", sizes, NULL);
    in_child("many", files_of_200, NULL);
    in_child("close_range", unshared, NULL);
}
