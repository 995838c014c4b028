// Sending signals, by every call that can.
#include "victim.h"

static int do_kill(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], syscall(SYS_kill, process_argument(argv[1]), signal_number(argv[2])));
}

// The own process group, and not the sender itself.
static int do_kill_group(int argc, char **argv)
{
    int sent = argc > 1 ? signal_number(argv[1]) : SIGTERM;
    signal(sent, SIG_IGN);
    return report(argv[0], syscall(SYS_kill, 0, sent));
}

static int do_tkill(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], syscall(SYS_tkill, process_argument(argv[1]), signal_number(argv[2])));
}

static int do_tgkill(int argc, char **argv)
{
    pid_t pid = process_argument(argv[1]);
    (void)argc;
    return report(argv[0], syscall(SYS_tgkill, pid, pid, signal_number(argv[2])));
}

static siginfo_t information(int number)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = number;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    return info;
}

static int do_sigqueue(int argc, char **argv)
{
    siginfo_t info = information(signal_number(argv[2]));
    (void)argc;
    return report(argv[0], syscall(SYS_rt_sigqueueinfo, process_argument(argv[1]), info.si_signo, &info));
}

static int do_tgsigqueue(int argc, char **argv)
{
    siginfo_t info = information(signal_number(argv[2]));
    pid_t pid = process_argument(argv[1]);
    (void)argc;
    return report(argv[0], syscall(SYS_rt_tgsigqueueinfo, pid, pid, info.si_signo, &info));
}

static int do_pidfd_kill(int argc, char **argv)
{
    (void)argc;
    long pidfd = syscall(SYS_pidfd_open, process_argument(argv[1]), 0);
    if (pidfd < 0)
        setup_failed("pidfd_open");
    return report(argv[0], syscall(SYS_pidfd_send_signal, pidfd, signal_number(argv[2]), NULL, 0));
}

// The kernel sends the signal when the pipe becomes readable; no kill is called at all.
static int do_setown_kill(int argc, char **argv)
{
    int pipes[2];
    (void)argc;
    if (syscall(SYS_pipe2, pipes, O_NONBLOCK) < 0)
        setup_failed("pipe2");
    if (syscall(SYS_fcntl, pipes[0], F_SETOWN, process_argument(argv[1])) < 0)
        return report(argv[0], -1);
    if (syscall(SYS_fcntl, pipes[0], F_SETSIG, signal_number(argv[2])) < 0)
        return report(argv[0], -1);
    if (syscall(SYS_fcntl, pipes[0], F_SETFL, O_ASYNC | O_NONBLOCK) < 0)
        return report(argv[0], -1);
    return report(argv[0], syscall(SYS_write, pipes[1], "x", 1));
}

static int do_signal_self(int argc, char **argv)
{
    int sent = signal_number(argv[1]);
    (void)argc;
    signal(sent, SIG_DFL);
    return report(argv[0], syscall(SYS_kill, getpid(), sent));
}

// Says `ready`, then outlasts whatever a polite stop sends.
static int do_ignore_term(int argc, char **argv)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    say(1, "%s = ready\n", argv[0]);
    sleep(argc > 1 ? (unsigned)number(argv[1]) : 60);
    return 0;
}

// Says `ready`, then the name of the first signal that arrives.
static int do_await_signal(int argc, char **argv)
{
    sigset_t all;
    (void)argc;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    say(1, "%s = ready\n", argv[0]);
    int got = sigwaitinfo(&all, NULL);
    const char *name = got > 0 ? sigabbrev_np(got) : NULL;
    say(1, "%s = %s\n", argv[0], name ? name : "?");
    return got <= 0;
}

const struct command signal_commands[] = {
    { "kill", 2, "PID|self|parent|group|all SIGNAL", do_kill },
    { "kill-group", 0, "[SIGNAL]", do_kill_group },
    { "tkill", 2, "PID SIGNAL", do_tkill },
    { "tgkill", 2, "PID SIGNAL", do_tgkill },
    { "sigqueue", 2, "PID SIGNAL", do_sigqueue },
    { "tgsigqueue", 2, "PID SIGNAL", do_tgsigqueue },
    { "pidfd-kill", 2, "PID SIGNAL", do_pidfd_kill },
    { "setown-kill", 2, "PID SIGNAL", do_setown_kill },
    { "signal-self", 1, "SIGNAL", do_signal_self },
    { "ignore-term", 0, "[SECONDS]", do_ignore_term },
    { "await-signal", 0, "", do_await_signal },
    { NULL, 0, NULL, NULL },
};
