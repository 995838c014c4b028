// Arguments at and past their edges, and arguments that change under way.
#include "victim.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/uio.h>

// Two pages; the second one is taken away when `hole`.
static char *two_pages(int hole)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || (hole && munmap(pages + 4096, 4096) < 0))
        setup_failed("mmap");
    return pages;
}

static char *bad_path(const char *kind, const char *path)
{
    char *pages;
    size_t length = strlen(path);
    if (strcmp(kind, "one") == 0)
        return (char *)1;
    if (strcmp(kind, "null") == 0)
        return NULL;
    if (strcmp(kind, "kernel") == 0)
        return (char *)0xffff888000000000UL;
    if (strcmp(kind, "straddle") == 0) {             // no NUL before the hole: EFAULT
        pages = two_pages(1);
        return memcpy(pages + 4096 - length, path, length);
    }
    if (strcmp(kind, "edge") == 0) {                 // the NUL is the last byte before the hole: fine
        pages = two_pages(1);
        return memcpy(pages + 4096 - length - 1, path, length + 1);
    }
    if (strcmp(kind, "two-pages") == 0) {            // half here, half there: fine
        pages = two_pages(0);
        return memcpy(pages + 4096 - length / 2, path, length + 1);
    }
    if (strcmp(kind, "long") == 0) {                 // 8192 bytes without NUL: ENAMETOOLONG
        pages = two_pages(0);
        return memset(pages, 'a', 8192);
    }
    if (strcmp(kind, "longest") == 0 || strcmp(kind, "too-long") == 0) {
        // Slashes in front of an absolute path: 4095 bytes are the most that is allowed.
        size_t total = kind[0] == 'l' ? 4095 : 4096;
        pages = two_pages(0);
        memset(pages, '/', total);
        memcpy(pages + total - length, path, length + 1);
        return pages;
    }
    if (strcmp(kind, "empty") == 0)
        return "";
    say(2, "victim: unknown kind: %s\n", kind);
    _exit(2);
}

static int do_bad_pointer(int argc, char **argv)
{
    return report(argv[0], syscall(SYS_openat, AT_FDCWD, bad_path(argv[1], argc > 2 ? argv[2] : "/etc/passwd"), O_RDONLY));
}

static int do_bad_buffer(int argc, char **argv)
{
    int fd = fd_argument(argv[1], O_WRONLY);
    char *pages = two_pages(1);
    struct iovec vectors[2] = { { pages, 1 }, { (void *)1, 1 } };
    (void)argc;
    report("write-null", syscall(SYS_write, fd, NULL, 5));
    report("write-straddle", syscall(SYS_write, fd, pages + 4090, 100));
    report("write-nothing", syscall(SYS_write, fd, NULL, 0));
    report("writev-bad-vector", syscall(SYS_writev, fd, (void *)1, 1));
    report("writev-bad-second", syscall(SYS_writev, fd, vectors, 2));
    report("writev-2000", syscall(SYS_writev, fd, vectors, 2000));
    return 0;
}

// Descriptors that are not open, one line per call; -1 and 77.
static int do_bad_fd(int argc, char **argv)
{
    static const int wrong[] = { 77, -1 };
    char buffer[256];
    (void)argc;
    (void)argv;
    for (int i = 0; i < 2; i++) {
        int fd = wrong[i];
        report("openat", syscall(SYS_openat, fd, "x", O_RDONLY));
        report("openat-absolute", syscall(SYS_openat, fd, "/", O_RDONLY | O_CLOEXEC) < 0 ? -1 : 0);
        report("openat-empty", syscall(SYS_openat, fd, "", O_RDONLY));
        report("read", syscall(SYS_read, fd, buffer, 1));
        report("write", syscall(SYS_write, fd, "x", 1));
        report("fstat", syscall(SYS_fstat, fd, buffer));
        report("fchmod", syscall(SYS_fchmod, fd, 0644));
        report("ftruncate", syscall(SYS_ftruncate, fd, 0));
        report("fchdir", syscall(SYS_fchdir, fd));
        report("unlinkat", syscall(SYS_unlinkat, fd, "x", 0));
        report("renameat", syscall(SYS_renameat, fd, "x", fd, "y"));
        report("execveat", syscall(SYS_execveat, fd, "x", NULL, NULL, 0));
        report("sendfile", syscall(SYS_sendfile, fd, 0, NULL, 1));
        report("connect", syscall(SYS_connect, fd, buffer, 16));
    }
    return 0;
}

static char shared_path[4096];
static char good_path[4096], bad_path_text[4096];
static size_t flip_length;
static volatile int flipping = 1;

static void *flip(void *unused)
{
    while (flipping) {
        memcpy(shared_path, bad_path_text, flip_length);
        memcpy(shared_path, good_path, flip_length);
    }
    return unused;
}

// Opens one path N times while a thread changes it; a leak is an open that gave anything but GOOD.
static int do_race_path(int argc, char **argv)
{
    struct stat good, got;
    long rounds = number(argv[3]), opened = 0, refused = 0, torn = 0, leaks = 0;
    (void)argc;
    if (strlen(argv[1]) >= sizeof good_path || strlen(argv[2]) >= sizeof bad_path_text) {
        say(2, "victim: path too long\n");
        return 2;
    }
    strcpy(good_path, argv[1]);
    strcpy(bad_path_text, argv[2]);
    flip_length = (strlen(argv[1]) > strlen(argv[2]) ? strlen(argv[1]) : strlen(argv[2])) + 1;
    strcpy(shared_path, good_path);
    if (syscall(SYS_stat, good_path, &good) < 0)
        setup_failed("stat");
    pthread_t thread;
    if ((errno = pthread_create(&thread, NULL, flip, NULL)) != 0)
        setup_failed("pthread_create");
    for (long i = 0; i < rounds; i++) {
        long fd = syscall(SYS_openat, AT_FDCWD, shared_path, O_RDONLY);
        if (fd < 0) {
            if (errno == ENOENT || errno == ENOTDIR)
                torn++;
            else
                refused++;
            continue;
        }
        opened++;
        if (syscall(SYS_fstat, fd, &got) == 0 && (got.st_ino != good.st_ino || got.st_dev != good.st_dev))
            leaks++;
        syscall(SYS_close, fd);
    }
    flipping = 0;
    pthread_join(thread, NULL);
    say(1, "%s = %ld (opened %ld, refused %ld, torn %ld)\n", argv[0], leaks, opened, refused, torn);
    return leaks != 0;
}

const struct command limits_commands[] = {
    { "bad-pointer", 1, "one|null|kernel|straddle|edge|two-pages|long|longest|too-long|empty [PATH]", do_bad_pointer },
    { "bad-buffer", 1, "PATH|fd:N (one line per call)", do_bad_buffer },
    { "bad-fd", 0, "(one line per call)", do_bad_fd },
    { "race-path", 3, "GOOD BAD N (prints the leaks; fails when there are any)", do_race_path },
    { NULL, 0, NULL, NULL },
};
