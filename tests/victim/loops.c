// The same call many times, in many threads, in many processes.
#include "victim.h"

#include <pthread.h>

// `name = N failed` and, on stderr, the time per round: stdout stays comparable.
static int timed(const char *name, int64_t start, long rounds, long failed)
{
    double each = (double)(now_ns() - start) / (double)(rounds ? rounds : 1);
    say(2, "%s: %.1f ns each, %ld rounds\n", name, each, rounds);
    say(1, "%s = %ld failed\n", name, failed);
    return failed != 0;
}

static int do_open_loop(int argc, char **argv)
{
    long rounds = number(argv[1]), failed = 0;
    (void)argc;
    int64_t start = now_ns();
    for (long i = 0; i < rounds; i++) {
        long fd = syscall(SYS_openat, AT_FDCWD, argv[2], O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            failed++;
        else
            syscall(SYS_close, fd);
    }
    return timed(argv[0], start, rounds, failed);
}

static int do_stat_loop(int argc, char **argv)
{
    struct stat got;
    long rounds = number(argv[1]), failed = 0;
    (void)argc;
    int64_t start = now_ns();
    for (long i = 0; i < rounds; i++)
        failed += syscall(SYS_stat, argv[2], &got) < 0;
    return timed(argv[0], start, rounds, failed);
}

static int do_getppid_loop(int argc, char **argv)
{
    long rounds = number(argv[1]);
    (void)argc;
    int64_t start = now_ns();
    for (long i = 0; i < rounds; i++)
        syscall(SYS_getppid);
    return timed(argv[0], start, rounds, 0);
}

static int do_fork_loop(int argc, char **argv)
{
    long rounds = number(argv[1]), failed = 0;
    (void)argc;
    int64_t start = now_ns();
    for (long i = 0; i < rounds; i++) {
        long child = syscall(SYS_fork);
        if (child == 0)
            _exit(0);
        if (child < 0)
            failed++;
        else
            waitpid((pid_t)child, NULL, 0);
    }
    return timed(argv[0], start, rounds, failed);
}

static int do_exec_loop(int argc, char **argv)
{
    static char *nothing[] = { NULL };
    long rounds = number(argv[1]), failed = 0;
    (void)argc;
    int64_t start = now_ns();
    for (long i = 0; i < rounds; i++) {
        int status = 0;
        pid_t child = vfork();
        if (child == 0) {
            syscall(SYS_execve, argv[2], argv + 2, nothing);
            _exit(127);
        }
        if (child < 0 || waitpid(child, &status, 0) < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
            failed++;
    }
    return timed(argv[0], start, rounds, failed);
}

struct crowd {
    pthread_barrier_t gate;
    const char *path;
    int fd;
    int64_t until;
    long calls, failed, started;
};

static long start_crowd(pthread_t *threads, long count, void *(*body)(void *), struct crowd *crowd)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    pthread_barrier_init(&crowd->gate, NULL, (unsigned)count + 1);
    for (long i = 0; i < count; i++)
        if ((errno = pthread_create(&threads[i], &attributes, body, crowd)) != 0)
            setup_failed("pthread_create");
    return count;
}

// Open blocks until there is a writer, read until there is a byte: both with everyone in them at once.
static void *wait_at_fifo(void *argument)
{
    struct crowd *crowd = argument;
    char byte;
    pthread_barrier_wait(&crowd->gate);
    long fd = crowd->path ? syscall(SYS_openat, AT_FDCWD, crowd->path, O_RDONLY) : crowd->fd;
    if (fd >= 0 && syscall(SYS_read, fd, &byte, 1) == 1)
        __atomic_add_fetch(&crowd->calls, 1, __ATOMIC_RELAXED);
    return NULL;
}

static int do_threads(int argc, char **argv)
{
    long count = number(argv[1]);
    pthread_t *threads = calloc((size_t)count, sizeof *threads);
    struct crowd crowd = { .path = argc > 2 ? argv[2] : NULL };
    int pipes[2] = { -1, -1 };
    if (!crowd.path && syscall(SYS_pipe2, pipes, 0) < 0)
        setup_failed("pipe2");
    crowd.fd = pipes[0];
    start_crowd(threads, count, wait_at_fifo, &crowd);
    pthread_barrier_wait(&crowd.gate);
    usleep(300000);
    long writer = crowd.path ? syscall(SYS_openat, AT_FDCWD, crowd.path, O_WRONLY) : pipes[1];
    if (writer < 0)
        setup_failed("open");
    usleep(300000);
    for (long i = 0; i < count; i++)
        if (syscall(SYS_write, writer, "x", 1) != 1)
            setup_failed("write");
    for (long i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return report(argv[0], crowd.calls) || crowd.calls != count;
}

static void *open_once(void *argument)
{
    struct crowd *crowd = argument;
    pthread_barrier_wait(&crowd->gate);
    long fd = syscall(SYS_openat, AT_FDCWD, crowd->path, O_RDONLY);
    __atomic_add_fetch(fd < 0 ? &crowd->failed : &crowd->calls, 1, __ATOMIC_RELAXED);
    if (fd >= 0)
        syscall(SYS_close, fd);
    return NULL;
}

static int do_threads_open(int argc, char **argv)
{
    long count = number(argv[1]);
    pthread_t *threads = calloc((size_t)count, sizeof *threads);
    struct crowd crowd = { .path = argv[2] };
    (void)argc;
    start_crowd(threads, count, open_once, &crowd);
    pthread_barrier_wait(&crowd.gate);
    for (long i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    say(1, "%s = %ld opened, %ld failed\n", argv[0], crowd.calls, crowd.failed);
    return crowd.failed != 0;
}

static void *open_until(void *argument)
{
    struct crowd *crowd = argument;
    long calls = 0, failed = 0;
    pthread_barrier_wait(&crowd->gate);
    while (now_ns() < crowd->until) {
        long fd = syscall(SYS_openat, AT_FDCWD, crowd->path, O_RDONLY | O_CLOEXEC);
        calls++;
        if (fd < 0)
            failed++;
        else
            syscall(SYS_close, fd);
    }
    __atomic_add_fetch(&crowd->calls, calls, __ATOMIC_RELAXED);
    __atomic_add_fetch(&crowd->failed, failed, __ATOMIC_RELAXED);
    return NULL;
}

static int do_hammer(int argc, char **argv)
{
    long seconds = number(argv[1]), count = number(argv[2]);
    pthread_t *threads = calloc((size_t)count, sizeof *threads);
    struct crowd crowd = { .path = argv[3], .until = now_ns() + seconds * INT64_C(1000000000) };
    (void)argc;
    start_crowd(threads, count, open_until, &crowd);
    pthread_barrier_wait(&crowd.gate);
    for (long i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    say(2, "%s: %ld calls/s\n", argv[0], crowd.calls / (seconds ? seconds : 1));
    say(1, "%s = %ld calls, %ld failed\n", argv[0], crowd.calls, crowd.failed);
    return 0;
}

// A daemon by two forks; it lives on after the command has ended, then opens PATH if there is one.
static int do_orphan(int argc, char **argv)
{
    long child = syscall(SYS_fork);
    if (child == 0) {
        setsid();
        if (syscall(SYS_fork) != 0)
            _exit(0);
        usleep((useconds_t)(strtod(argv[1], NULL) * 1e6));
        _exit(argc > 2 ? report("orphan-open", syscall(SYS_openat, AT_FDCWD, argv[2], O_RDONLY)) : 0);
    }
    if (child > 0)
        waitpid((pid_t)child, NULL, 0);
    return report_ok(argv[0], child);
}

// Forks until it may not, holds them all, then lets go. Bound it with `ulimit -u`, or by N.
static int do_fork_bomb(int argc, char **argv)
{
    long most = number(argv[1]), count = 0, child = 0;
    int pipes[2];
    (void)argc;
    if (pipe(pipes) < 0)
        setup_failed("pipe");
    for (; count < most && (child = syscall(SYS_fork)) > 0; count++)
        ;
    if (child == 0 && count < most) {
        char byte;
        close(pipes[1]);
        read(pipes[0], &byte, 1) < 0 ? _exit(1) : _exit(0);
    }
    close(pipes[1]);
    while (wait(NULL) > 0)
        ;
    say(1, "%s = %ld held\n", argv[0], count);
    return count != most;
}

// Chains of processes, each of which lives only for as long as it needs to start the next.
static int do_fork_chains(int argc, char **argv)
{
    time_t end = time(NULL) + number(argv[1]);
    signal(SIGCHLD, SIG_IGN);
    for (long i = 0; i < number(argv[2]); i++) {
        if (syscall(SYS_fork) != 0)
            continue;
        setsid();
        while (time(NULL) < end)
            if (syscall(SYS_fork) > 0)
                _exit(0);
        _exit(0);
    }
    usleep(300000);
    if (argc > 3)
        (void)syscall(SYS_openat, AT_FDCWD, argv[3], O_RDONLY);
    while (time(NULL) < end)
        usleep(10000);
    return report_ok(argv[0], 0);
}

// Returns 3; what it leaves behind ends with 0 under the same process id.
static int do_same_pid(int argc, char **argv)
{
    pid_t own = getpid();
    (void)argc;
    (void)argv;
    if (syscall(SYS_fork) != 0)
        return 3;
    while (getppid() == own)
        usleep(1000);
    for (int tries = 0; tries < 10000; tries++) {
        int last = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
        if (last < 0 || dprintf(last, "%d", own - 1) < 0)
            setup_failed("ns_last_pid");
        close(last);
        long child = syscall(SYS_fork);
        if (child == 0) {
            if (getpid() == own)
                usleep(300000);
            _exit(0);
        }
        if (child == own) {
            say(1, "%s = ok\n", argv[0]);
            return 0;
        }
        waitpid((pid_t)child, NULL, 0);
    }
    setup_failed("the same id");
}

const struct command loop_commands[] = {
    { "open-loop", 2, "N PATH (ns per open and close on stderr)", do_open_loop },
    { "stat-loop", 2, "N PATH", do_stat_loop },
    { "getppid-loop", 1, "N", do_getppid_loop },
    { "fork-loop", 1, "N", do_fork_loop },
    { "exec-loop", 2, "N PROGRAM ARGS…", do_exec_loop },
    { "threads", 1, "N [FIFO] (N threads blocked at once, in open and read)", do_threads },
    { "threads-open", 2, "N PATH", do_threads_open },
    { "hammer", 3, "SECONDS THREADS PATH", do_hammer },
    { "orphan", 1, "SECONDS [PATH]", do_orphan },
    { "fork-bomb", 1, "N", do_fork_bomb },
    { "fork-chains", 2, "SECONDS N [PATH] (opens it while they run)", do_fork_chains },
    { "same-pid", 0, "(ends with 3, and a process that it left has its id then)", do_same_pid },
    { NULL, 0, NULL, NULL },
};
