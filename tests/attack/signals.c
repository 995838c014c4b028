// Stopping or ending the supervisor. The signal is one that ends a process by default; we ignore it ourselves.
#include "supervisor.h"

#include <dirent.h>
#include <sys/ioctl.h>
#include <termios.h>

enum { SIGNAL = SIGTERM };

static bool ended(struct supervisor supervisor)
{
    char name[64], line[512] = { 0 };
    snprintf(name, sizeof name, "/proc/%d/stat", supervisor.pid);
    for (int i = 0; i < 20; i++) {
        int fd = open(name, O_RDONLY);
        if (fd < 0 || read(fd, line, sizeof line - 1) <= 0)
            return true;
        close(fd);
        char *state = strrchr(line, ')');
        if (state && strchr("ZXTt", state[2]))
            return true;
        usleep(2000);
    }
    return false;
}

// Sandgate must not even get the signal, so success of the call counts; the stand-in must end by it.
static int signalled(long result, struct supervisor supervisor)
{
    int through = supervisor.stand_in ? ended(supervisor) : result == 0;
    leave_supervisor(supervisor);
    return through;
}

static int by_kill(int tries) { struct supervisor s = find_supervisor(); (void)tries; return signalled(kill(s.pid, SIGNAL), s); }
static int by_stop(int tries) { struct supervisor s = find_supervisor(); (void)tries; return signalled(kill(s.pid, SIGSTOP), s); }
static int by_tkill(int tries) { struct supervisor s = find_supervisor(); (void)tries; return signalled(syscall(SYS_tkill, s.pid, SIGNAL), s); }

static int by_tgkill(int tries)
{
    struct supervisor s = find_supervisor();
    (void)tries;
    return signalled(syscall(SYS_tgkill, s.pid, s.pid, SIGNAL), s);
}

static DIR *threads_of(struct supervisor supervisor)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/task", supervisor.pid);
    DIR *tasks = opendir(name);
    if (!tasks)
        broken(name);
    return tasks;
}

// By the number of another thread, which is no process id.
static int by_thread(int tries)
{
    struct supervisor s = find_supervisor();
    long result = -1;
    (void)tries;
    DIR *tasks = threads_of(s);
    for (struct dirent *entry; (entry = readdir(tasks));) {
        pid_t tid = atoi(entry->d_name);
        if (tid && (syscall(SYS_tkill, tid, SIGNAL) == 0 || syscall(SYS_tgkill, s.pid, tid, SIGNAL) == 0 || kill(tid, SIGNAL) == 0))
            result = 0;
    }
    closedir(tasks);
    return signalled(result, s);
}

static int by_queue(int tries)
{
    struct supervisor s = find_supervisor();
    siginfo_t info = { .si_signo = SIGNAL, .si_code = SI_QUEUE };
    (void)tries;
    info.si_pid = getpid();
    info.si_uid = getuid();
    return signalled(syscall(SYS_rt_sigqueueinfo, s.pid, SIGNAL, &info), s);
}

static int by_thread_queue(int tries)
{
    struct supervisor s = find_supervisor();
    siginfo_t info = { .si_signo = SIGNAL, .si_code = SI_QUEUE };
    (void)tries;
    return signalled(syscall(SYS_rt_tgsigqueueinfo, s.pid, s.pid, SIGNAL, &info), s);
}

static int by_pidfd(int tries)
{
    struct supervisor s = find_supervisor();
    (void)tries;
    int pidfd = (int)must(syscall(SYS_pidfd_open, s.pid, 0), "pidfd_open");
    return signalled(syscall(SYS_pidfd_send_signal, pidfd, SIGNAL, NULL, 0), s);
}

// A descriptor of another of its threads, which has a number of its own, ends the whole process just as well.
static int by_thread_pidfd(int tries)
{
    enum { PIDFD_THREAD = O_EXCL };
    struct supervisor s = find_supervisor();
    long result = -1;
    (void)tries;
    DIR *tasks = threads_of(s);
    for (struct dirent *entry; (entry = readdir(tasks));) {
        pid_t tid = atoi(entry->d_name);
        if (tid == 0 || (tid == s.pid && !s.stand_in))
            continue;
        int pidfd = (int)must(syscall(SYS_pidfd_open, tid, PIDFD_THREAD), "pidfd_open");
        for (unsigned flags = 0; flags <= 2; flags++)
            if (syscall(SYS_pidfd_send_signal, pidfd, SIGNAL, NULL, flags) == 0)
                result = 0;
        close(pidfd);
    }
    closedir(tasks);
    return signalled(result, s);
}

// /proc/PID is a process descriptor, too.
static int by_proc_directory(int tries)
{
    struct supervisor s = find_supervisor();
    char name[64];
    (void)tries;
    snprintf(name, sizeof name, "/proc/%d", s.pid);
    int directory = (int)must(open(name, O_RDONLY | O_DIRECTORY), name);
    return signalled(syscall(SYS_pidfd_send_signal, directory, SIGNAL, NULL, 0), s);
}

static int by_owner(int tries)
{
    struct supervisor s = find_supervisor();
    int ends[2];
    (void)tries;
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
    long result = fcntl(ends[0], F_SETOWN, s.pid);
    fcntl(ends[0], F_SETSIG, SIGNAL);
    fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK);
    must(write(ends[1], "x", 1), "write");
    return signalled(result, s);
}

// The number of any of its threads stands for the whole process.
static int by_owner_thread(int tries)
{
    struct supervisor s = find_supervisor();
    long result = -1;
    (void)tries;
    DIR *tasks = threads_of(s);
    for (struct dirent *entry; (entry = readdir(tasks));) {
        pid_t tid = atoi(entry->d_name);
        int ends[2];
        if (tid == 0 || (tid == s.pid && !s.stand_in))
            continue;
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
        if (fcntl(ends[0], F_SETOWN, tid) == 0)
            result = 0;
        fcntl(ends[0], F_SETSIG, SIGNAL);
        fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK);
        must(write(ends[1], "x", 1), "write");
        close(ends[0]);
        close(ends[1]);
    }
    closedir(tasks);
    return signalled(result, s);
}

// Any signal to anybody, by who gets the signals of a file.
static int by_owner_and_number(int tries)
{
    int ends[2];
    (void)tries;
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
    pid_t child = start_child();
    if (child == 0) {
        usleep(300000);
        _exit(0);
    }
    fcntl(ends[0], F_SETOWN, child);
    fcntl(ends[0], F_SETSIG, SIGUSR1);
    fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK);
    must(write(ends[1], "x", 1), "write");
    return status_of(child) == 128 + SIGUSR1;
}

static int by_owner_ioctl(int tries)
{
    struct supervisor s = find_supervisor();
    int ends[2];
    (void)tries;
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
    long result = ioctl(ends[0], FIOSETOWN, &s.pid);
    fcntl(ends[0], F_SETSIG, SIGNAL);
    fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK);
    must(write(ends[1], "x", 1), "write");
    return signalled(result, s);
}

// Groups: whether the supervisor is still there tells. Where it isn't, the signal by which we die does.
static int survived(struct supervisor supervisor)
{
    int through = ended(supervisor);
    leave_supervisor(supervisor);
    return through;
}

static int by_group(int tries)
{
    struct supervisor s = find_supervisor();
    (void)tries;
    signal(SIGNAL, SIG_IGN);
    if (s.stand_in && getpgrp() == getpgid(getppid()))
        broken("needs a process group of its own (setsid)");
    kill(0, SIGNAL);
    kill(-getpgrp(), SIGNAL);
    return survived(s);
}

static int by_group_pidfd(int tries)
{
    struct supervisor s = find_supervisor();
    (void)tries;
    signal(SIGNAL, SIG_IGN);
    if (s.stand_in && getpgrp() == getpgid(getppid()))
        broken("needs a process group of its own (setsid)");
    int pidfd = (int)must(syscall(SYS_pidfd_open, getpid(), 0), "pidfd_open");
    syscall(SYS_pidfd_send_signal, pidfd, SIGNAL, NULL, 4 /* PIDFD_SIGNAL_PROCESS_GROUP */);
    return survived(s);
}

// Everybody whom this user may signal: only in a pid namespace that was made for this.
static int by_all(int tries)
{
    (void)tries;
    if (!getenv("ATTACK_ALONE") || getpid() > 300)
        broken("needs a pid namespace of its own");
    struct supervisor s = find_supervisor();
    signal(SIGNAL, SIG_IGN);
    kill(-1, SIGNAL);
    return survived(s);
}

// A terminal that is to send signals gets its foreground group for an owner, whoever asks for it.
static int by_terminal(bool by_ioctl)
{
    int ready[2], ends = (int)must(posix_openpt(O_RDWR | O_NOCTTY), "posix_openpt");
    must(grantpt(ends), "grantpt");
    must(unlockpt(ends), "unlockpt");
    must(pipe(ready), "pipe");
    const char *name = ptsname(ends);
    pid_t leader = start_child();
    if (leader == 0) {
        struct termios plain;
        int status = 0, terminal;
        setsid();
        terminal = open(name, O_RDWR);
        ioctl(terminal, TIOCSCTTY, 0);
        tcgetattr(terminal, &plain);
        plain.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        tcsetattr(terminal, TCSANOW, &plain);
        signal(SIGTTOU, SIG_IGN);
        pid_t victim = start_child();
        if (victim == 0)
            for (;;)
                pause();
        setpgid(victim, victim);
        tcsetpgrp(terminal, victim);
        fcntl(terminal, F_SETSIG, SIGKILL);
        if (by_ioctl)
            ioctl(terminal, FIOASYNC, &(int){ 1 });
        else
            fcntl(terminal, F_SETFL, O_ASYNC | O_RDWR);
        (void)!write(ready[1], "x", 1);
        usleep(300000);
        _exit(waitpid(victim, &status, WNOHANG) == victim && WIFSIGNALED(status) ? 42 : 0);
    }
    (void)!read(ready[0], &(char){ 0 }, 1);
    (void)!write(ends, "a", 1);
    return status_of(leader) == 42;
}

static int by_terminal_flag(int tries) { (void)tries; return by_terminal(false); }
static int by_terminal_ioctl(int tries) { (void)tries; return by_terminal(true); }

const struct attack signal_attacks[] = {
    { "signal-kill", by_kill, "kill" },
    { "signal-stop", by_stop, "kill with SIGSTOP" },
    { "signal-tkill", by_tkill, "tkill" },
    { "signal-tgkill", by_tgkill, "tgkill" },
    { "signal-thread", by_thread, "by the numbers of its other threads" },
    { "signal-queue", by_queue, "rt_sigqueueinfo" },
    { "signal-thread-queue", by_thread_queue, "rt_tgsigqueueinfo" },
    { "signal-pidfd", by_pidfd, "pidfd_send_signal" },
    { "signal-pidfd-thread", by_thread_pidfd, "pidfd_send_signal to a thread" },
    { "signal-proc-directory", by_proc_directory, "pidfd_send_signal to /proc/PID" },
    { "signal-owner", by_owner, "F_SETOWN and SIGIO" },
    { "signal-owner-thread", by_owner_thread, "F_SETOWN to its other threads, and SIGIO" },
    { "signal-owner-child", by_owner_and_number, "F_SETOWN and F_SETSIG of another process" },
    { "signal-owner-ioctl", by_owner_ioctl, "FIOSETOWN and SIGIO" },
    { "signal-terminal", by_terminal_flag, "O_ASYNC and F_SETSIG of a terminal" },
    { "signal-terminal-ioctl", by_terminal_ioctl, "the same by FIOASYNC" },
    { "signal-group", by_group, "kill to the group" },
    { "signal-group-pidfd", by_group_pidfd, "pidfd_send_signal to the group" },
    { "signal-all", by_all, "kill(-1)" },
    { 0 },
};
