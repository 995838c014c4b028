#include "fidelity.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void run_open(void), run_openat(void), run_openat2(void), run_creat(void), run_umask(void), run_resolve(void), run_deep(void);
void run_names(void), run_pairs(void), run_attributes(void), run_asking(void), run_at_flags(void), run_dirfds(void), run_precedence(void);
void run_descriptors(void), run_locks(void), run_fifos(void), run_ttys(void), run_proc(void), run_credentials(void);
void run_namespaces(void), run_signals(void), run_handles(void), run_eintr(void), run_threads(void), run_exec(void), run_inet(void), run_unix(void), run_messages(void), run_dropping(void);
void after_exec(void) __attribute__((noreturn));

const struct theme themes[] = {
    { "open", run_open },               // open.c
    { "openat", run_openat },
    { "openat2", run_openat2 },
    { "creat", run_creat },
    { "umask", run_umask },
    { "resolve", run_resolve },         // resolve.c
    { "deep", run_deep },               // deep.c
    { "names", run_names },             // names.c
    { "pairs", run_pairs },
    { "attributes", run_attributes },   // attributes.c
    { "asking", run_asking },           // asking.c
    { "at-flags", run_at_flags },       // at.c
    { "dirfds", run_dirfds },
    { "precedence", run_precedence },   // precedence.c
    { "descriptors", run_descriptors }, // descriptors.c
    { "locks", run_locks },             // locks.c
    { "fifos", run_fifos },             // fifos.c
    { "ttys", run_ttys },               // ttys.c
    { "proc", run_proc },               // proc.c
    { "credentials", run_credentials }, // credentials.c
    { "namespaces", run_namespaces },
    { "dropping", run_dropping },       // dropping.c
    { "signals", run_signals },         // signals.c
    { "handles", run_handles },         // handles.c
    { "eintr", run_eintr },
    { "threads", run_threads },         // threads.c
    { "exec", run_exec },               // exec.c
    { "inet", run_inet },               // inet.c
    { "unix", run_unix },               // unix.c
    { "messages", run_messages },       // messages.c
    { NULL, NULL },
};

// As the program that the theme `exec` starts: says what it was given.
static int shown(int argc, char **argv, char **envp)
{
    for (int i = 0; i < argc; i++)
        line("  argv[%d] %s", i, plain(argv[i]));
    for (char **e = envp; *e; e++)
        if (strncmp(*e, "FIDELITY", 8) == 0)
            line("  env %s", *e);
    for (int fd = 3; fd < 12; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            line("  fd %s", describe(fd));
    struct sigaction action;
    sigset_t mask;
    sigaction(SIGUSR1, NULL, &action);
    line("  SIGUSR1 %s", action.sa_handler == SIG_DFL ? "default" : action.sa_handler == SIG_IGN ? "ignored" : "caught");
    sigaction(SIGUSR2, NULL, &action);
    line("  SIGUSR2 %s", action.sa_handler == SIG_DFL ? "default" : action.sa_handler == SIG_IGN ? "ignored" : "caught");
    sigprocmask(SIG_BLOCK, NULL, &mask);
    line("  SIGHUP %s", sigismember(&mask, SIGHUP) ? "blocked" : "not blocked");
    char room[4096];
    ssize_t length = readlink("/proc/self/exe", room, sizeof room - 1);
    room[length < 0 ? 0 : length] = 0;
    // The suite's own file is elsewhere and called as it was built.
    line("  exe %s", strncmp(plain(room), "{here}", 6) == 0 ? plain(room) : strrchr(room, '/'));
    prctl(PR_GET_NAME, room);
    line("  comm %s", room);
    line("  leader %d", getpid() == gettid());
    return 7;
}

int main(int argc, char **argv, char **envp)
{
    if (getenv("FIDELITY_SHOW"))
        return shown(argc, argv, envp);
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (const struct theme *theme = themes; theme->name; theme++)
            line("%s", theme->name);
        return 0;
    }

    if (argc == 2 && strcmp(argv[1], "--dropped") == 0)
        after_exec();

    // Whether rules on a socket's peer can be judged here (see docs/rules.md): 0 when they can.
    if (argc == 2 && strcmp(argv[1], "--peers") == 0) {
        long self = syscall(SYS_pidfd_open, getpid(), 0);
        return syscall(SYS_pidfd_getfd, self, 0, 0) < 0;
    }

    for (const struct theme *theme = themes; argc == 2 && theme->name; theme++) {
        if (strcmp(theme->name, argv[1]) != 0)
            continue;
        struct rlimit files = { 256, 256 };
        setrlimit(RLIMIT_NOFILE, &files);
        umask(022);
        syscall(SYS_close_range, 3, ~0u, 0);   // whatever the shell left open
        alarm(60);                      // a hang is a failure, not a nuisance
        theme->run();
        line("end of %s", theme->name);
        return 0;
    }
    fprintf(stderr, "usage: fidelity THEME|--list|--peers, in an empty directory\n");
    return 2;
}
