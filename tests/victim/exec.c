// Starting programs and processes.
#include "victim.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/sendfile.h>

extern char **environ;

// What runs after a successful exec prints for itself, so only a failure is reported here.
static int do_exec(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], syscall(SYS_execve, path_argument(argv[1]), argv + 1, environ));
}

static int do_exec_bad_argv(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], syscall(SYS_execve, argv[1], (char **)1, environ));
}

static int do_exec_no_argv(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], syscall(SYS_execve, argv[1], NULL, NULL));
}

static int do_execveat(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], syscall(SYS_execveat, AT_FDCWD, path_argument(argv[1]), argv + 1, environ, 0));
}

static int do_fexecve(int argc, char **argv)
{
    int fd = fd_argument(argv[1], O_PATH | O_CLOEXEC);
    (void)argc;
    return report(argv[0], syscall(SYS_execveat, fd, "", argv + 1, environ, AT_EMPTY_PATH));
}

static int do_exec_proc_fd(int argc, char **argv)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd_argument(argv[1], O_PATH));
    (void)argc;
    return report(argv[0], syscall(SYS_execve, link, argv + 1, environ));
}

// A program that is in no file: copied to memory, then executed from there.
static int do_memfd_exec(int argc, char **argv)
{
    (void)argc;
    long memory = syscall(SYS_memfd_create, "victim", 1 /* MFD_CLOEXEC */);
    if (memory < 0)
        setup_failed("memfd_create");
    int in = fd_argument(argv[1], O_RDONLY);
    ssize_t copied;
    while ((copied = syscall(SYS_sendfile, memory, in, NULL, 1 << 20)) > 0)
        ;
    if (copied < 0)
        setup_failed("sendfile");
    return report(argv[0], syscall(SYS_execveat, memory, "", argv + 1, environ, AT_EMPTY_PATH));
}

// In the child: run what follows on the command line, or end.
static void as_child(int argc, char **argv)
{
    if (argc > 1) {
        syscall(SYS_execve, argv[1], argv + 1, environ);
        _exit(127);
    }
    _exit(0);
}

static int as_parent(const char *name, long child)
{
    int error = errno;
    if (child > 0)
        while (waitpid((pid_t)child, NULL, __WALL) < 0 && errno == EINTR)
            ;
    errno = error;
    return report_ok(name, child);
}

static int do_fork(int argc, char **argv)
{
    long child = syscall(SYS_fork);
    if (child == 0)
        as_child(argc, argv);
    return as_parent(argv[0], child);
}

static int do_vfork(int argc, char **argv)
{
    // Not raw: the child would return through the parent's stack frame. libc's makes the same call.
    pid_t child = vfork();
    if (child == 0)
        as_child(argc, argv);
    return as_parent(argv[0], child);
}

static int do_clone(int argc, char **argv)
{
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        as_child(argc, argv);
    return as_parent(argv[0], child);
}

static int do_clone3(int argc, char **argv)
{
    struct clone_args arguments = { .exit_signal = SIGCHLD };
    long child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0)
        as_child(argc, argv);
    return as_parent(argv[0], child);
}

static int do_clone_untraced(int argc, char **argv)
{
    long child = syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        as_child(argc, argv);
    return as_parent(argv[0], child);
}

static int do_clone3_untraced(int argc, char **argv)
{
    struct clone_args arguments = { .flags = CLONE_UNTRACED, .exit_signal = SIGCHLD };
    long child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0)
        as_child(argc, argv);
    return as_parent(argv[0], child);
}

static int do_clone_newuser(int argc, char **argv)
{
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        as_child(argc, argv);
    return as_parent(argv[0], child);
}

static void *nothing(void *argument)
{
    return argument;
}

static int do_thread(int argc, char **argv)
{
    pthread_t thread;
    (void)argc;
    int error = pthread_create(&thread, NULL, nothing, NULL);
    if (error == 0)
        pthread_join(thread, NULL);
    errno = error;
    return report_ok(argv[0], error ? -1 : 0);
}

static int thread_body(void *argument)
{
    *(volatile int *)argument = 1;
    syscall(SYS_exit, 0);
    return 0;
}

// A thread by clone, with a stack made here: no clone3, which glibc tries first.
static int do_thread_clone(int argc, char **argv)
{
    static char stack[65536] __attribute__((aligned(16)));
    static volatile int done;
    (void)argc;
    long tid = clone(thread_body, stack + sizeof stack,
                     CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, (void *)&done);
    while (tid > 0 && !done)
        usleep(1000);
    return report_ok(argv[0], tid);
}

const struct command exec_commands[] = {
    { "exec", 1, "PATH ARGS…", do_exec },
    { "execveat", 1, "PATH ARGS…", do_execveat },
    { "fexecve", 1, "PATH ARGS…", do_fexecve },
    { "exec-proc-fd", 1, "PATH ARGS…", do_exec_proc_fd },
    { "memfd-exec", 1, "PATH ARGS…", do_memfd_exec },
    { "exec-bad-argv", 1, "PATH", do_exec_bad_argv },
    { "exec-no-argv", 1, "PATH", do_exec_no_argv },
    { "fork", 0, "[PROGRAM ARGS…]", do_fork },
    { "vfork", 0, "[PROGRAM ARGS…]", do_vfork },
    { "clone", 0, "[PROGRAM ARGS…]", do_clone },
    { "clone3", 0, "[PROGRAM ARGS…]", do_clone3 },
    { "clone-untraced", 0, "[PROGRAM ARGS…]", do_clone_untraced },
    { "clone3-untraced", 0, "[PROGRAM ARGS…]", do_clone3_untraced },
    { "clone-newuser", 0, "[PROGRAM ARGS…]", do_clone_newuser },
    { "thread", 0, "", do_thread },
    { "thread-clone", 0, "", do_thread_clone },
    { NULL, 0, NULL, NULL },
};
