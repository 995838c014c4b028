// Reaching into other processes, and what a process inherited.
#include "victim.h"

#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <termios.h>

// At the same address in every victim: the program is static and not position-independent.
static char here[64] = "victim";

static int do_ptrace_attach(int argc, char **argv)
{
    pid_t pid = process_argument(argv[1]);
    (void)argc;
    long result = syscall(SYS_ptrace, PTRACE_ATTACH, pid, 0, 0);
    if (result == 0) {
        waitpid(pid, NULL, __WALL);
        syscall(SYS_ptrace, PTRACE_DETACH, pid, 0, 0);
    }
    return report(argv[0], result);
}

static int do_ptrace_seize(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], syscall(SYS_ptrace, PTRACE_SEIZE, process_argument(argv[1]), 0, 0));
}

static int do_ptrace_traceme(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0));
}

static int vm(long nr, int argc, char **argv)
{
    char bytes[8] = "hostile";
    struct iovec local = { bytes, sizeof bytes };
    struct iovec remote = { argc > 2 ? (void *)number(argv[2]) : here, sizeof bytes };
    return report(argv[0], syscall(nr, process_argument(argv[1]), &local, 1, &remote, 1, 0));
}

static int do_vm_readv(int argc, char **argv) { return vm(SYS_process_vm_readv, argc, argv); }
static int do_vm_writev(int argc, char **argv) { return vm(SYS_process_vm_writev, argc, argv); }

static int do_pidfd_open(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], syscall(SYS_pidfd_open, process_argument(argv[1]), 0));
}

static int do_pidfd_getfd(int argc, char **argv)
{
    (void)argc;
    long pidfd = syscall(SYS_pidfd_open, process_argument(argv[1]), 0);
    if (pidfd < 0)
        setup_failed("pidfd_open");
    return report(argv[0], syscall(SYS_pidfd_getfd, pidfd, number(argv[2]), 0));
}

static int do_proc_mem(int argc, char **argv)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", process_argument(argv[1]));
    return report(argv[0], syscall(SYS_openat, AT_FDCWD, path, argc > 2 ? open_flags(argv[2]) : O_RDONLY));
}

// Another process's descriptor, through its /proc link.
static int do_proc_fd(int argc, char **argv)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%ld", process_argument(argv[1]), number(argv[2]));
    return report(argv[0], syscall(SYS_openat, AT_FDCWD, path, argc > 3 ? open_flags(argv[3]) : O_RDONLY));
}

// With one number, asks; with two, sets the soft limit of open files.
static int do_prlimit(int argc, char **argv)
{
    struct rlimit limit = { argc > 2 ? (rlim_t)number(argv[2]) : 0, 4096 };
    struct rlimit old;
    return report(argv[0], syscall(SYS_prlimit64, process_argument(argv[1]), RLIMIT_NOFILE, argc > 2 ? &limit : NULL, &old));
}

static int do_fds(int argc, char **argv)
{
    char line[1024] = "";
    (void)argc;
    for (int fd = 0; fd < 1024; fd++)
        if (syscall(SYS_fcntl, fd, F_GETFD) >= 0 && strlen(line) < 1000)
            sprintf(line + strlen(line), " %d", fd);
    say(1, "%s =%s\n", argv[0], line);
    return 0;
}

// Blocked and ignored signals, as inherited.
static int do_signals(int argc, char **argv)
{
    uint64_t blocked = 0, ignored = 0;
    (void)argc;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, 8);
    for (int signal = 1; signal <= 64; signal++) {
        struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; } action = { 0 };
        if (syscall(SYS_rt_sigaction, signal, NULL, &action, 8) == 0 && action.handler == (void *)SIG_IGN)
            ignored |= UINT64_C(1) << (signal - 1);
    }
    say(1, "%s = blocked %#lx ignored %#lx\n", argv[0], blocked, ignored);
    return 0;
}

static int do_terminal(int argc, char **argv)
{
    struct winsize size = { 0 };
    (void)argc;
    if (ioctl(0, TIOCGWINSZ, &size) < 0)
        return report(argv[0], -1);
    say(1, "%s = %dx%d %s %s\n", argv[0], size.ws_col, size.ws_row,
        tcgetpgrp(0) == getpgrp() ? "foreground" : "background", getpgrp() == getpid() ? "leader" : "member");
    return 0;
}

static int do_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        say(1, "%s[%d] = %s\n", argv[0], i, argv[i]);
    return 0;
}

static int do_exit(int argc, char **argv)
{
    (void)argc;
    _exit((int)number(argv[1]));
}

static int do_sleep(int argc, char **argv)
{
    (void)argc;
    usleep((useconds_t)(strtod(argv[1], NULL) * 1e6));
    return report(argv[0], 0);
}

const struct command process_commands[] = {
    { "ptrace-attach", 1, "PID|self|parent", do_ptrace_attach },
    { "ptrace-seize", 1, "PID", do_ptrace_seize },
    { "ptrace-traceme", 0, "", do_ptrace_traceme },
    { "process_vm_readv", 1, "PID [ADDRESS]", do_vm_readv },
    { "process_vm_writev", 1, "PID [ADDRESS]", do_vm_writev },
    { "pidfd_open", 1, "PID", do_pidfd_open },
    { "pidfd_getfd", 2, "PID FD", do_pidfd_getfd },
    { "proc-mem", 1, "PID [FLAGS]", do_proc_mem },
    { "proc-fd", 2, "PID FD [FLAGS]", do_proc_fd },
    { "prlimit", 1, "PID [NOFILE]", do_prlimit },
    { "fds", 0, "(the open descriptors)", do_fds },
    { "signals", 0, "(blocked and ignored ones)", do_signals },
    { "terminal", 0, "(size, foreground, leader)", do_terminal },
    { "arguments", 0, "TEXT…", do_arguments },
    { "exit", 1, "N", do_exit },
    { "sleep", 1, "SECONDS", do_sleep },
    { NULL, 0, NULL, NULL },
};
