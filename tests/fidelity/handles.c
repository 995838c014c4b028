// Signals by process descriptors: from whom they come, to whom they go, and what is wrong with them.
#include "fidelity.h"

#include <pthread.h>
#include <sys/time.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum { PIDFD_THREAD = O_EXCL, QUEUED = 40 };

static volatile sig_atomic_t s_got, s_code, s_own, s_value, s_uid, s_here, s_rain;
static pid_t s_main;

static void got(int signal, siginfo_t *info, void *context)
{
    (void)context;
    s_got = signal;
    s_code = info->si_code;
    s_own = info->si_pid == getpid();
    s_uid = (int)info->si_uid;
    s_value = info->si_value.sival_int;
    s_here = (pid_t)syscall(SYS_gettid) == s_main;
}

static void drop(int signal) { (void)signal; s_rain++; }

static const char *give(int handle, int signal, siginfo_t *info, unsigned flags)
{
    return text(syscall(SYS_pidfd_send_signal, handle, signal, info, flags));
}

static void told(const char *name, const char *result)
{
    line("%s %s: signal %d code %d from itself %d uid %d, to this thread %d", name, result, s_got, s_code, s_own, s_uid, s_here);
    s_got = s_code = s_own = s_uid = s_here = 0;
}

static void *idle(void *wait)
{
    pthread_barrier_wait(wait);
    pthread_barrier_wait(wait);
    return NULL;
}

static void itself(void)
{
    int handle = (int)syscall(SYS_pidfd_open, getpid(), 0);
    told("itself", give(handle, SIGUSR1, NULL, 0));
    pthread_barrier_t barrier;
    pthread_t threads[3];
    pthread_barrier_init(&barrier, NULL, COUNT(threads) + 1);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, idle, &barrier);
    pthread_barrier_wait(&barrier);
    told("with other threads", give(handle, SIGUSR1, NULL, 0));
    pthread_barrier_wait(&barrier);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    int thread = (int)syscall(SYS_pidfd_open, getpid(), PIDFD_THREAD);
    if (thread >= 0)
        told("the thread", give(thread, SIGUSR1, NULL, 0));
    siginfo_t info = { .si_signo = QUEUED, .si_code = SI_QUEUE };
    info.si_pid = 4711;
    info.si_uid = 12;
    info.si_value.sival_int = 77;
    told("queued", give(handle, QUEUED, &info, 0));
    line("value %d; another number in it %s, unreadable %s", s_value, give(handle, SIGUSR1, &info, 0), give(handle, SIGUSR1, (void *)1, 0));
    info.si_code = SI_USER;
    told("as if by kill", give(handle, QUEUED, &info, 0));
    for (unsigned flags = 0; flags < 10; flags++)
        if (flags != 4)     // to its process group: refused by the floor
            line("flags %u %s", flags, give(handle, 0, NULL, flags));
    line("signal 64 to nobody %s, 65 %s, -1 %s", give(-1, 64, NULL, 0), give(handle, 65, NULL, 0), give(handle, -1, NULL, 0));
    line("closed %s, a file %s, flags first %s", give(99, 0, NULL, 0), give(open("f", O_RDWR | O_CREAT, 0600), 0, NULL, 0), give(99, 0, NULL, 16));
}

static void child(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    int handle = (int)syscall(SYS_pidfd_open, child, 0);
    siginfo_t info = { .si_signo = QUEUED, .si_code = SI_USER };
    line("child: nothing %s, as if by kill %s", give(handle, 0, NULL, 0), give(handle, QUEUED, &info, 0));
    line("stop %s", give(handle, SIGSTOP, NULL, 0));
    waitpid(child, &status, WUNTRACED);
    line("continue %s", give(handle, SIGCONT, NULL, 0));
    waitpid(child, &status, WCONTINUED);
    line("continued %d, kill %s", WIFCONTINUED(status), give(handle, SIGKILL, NULL, 0));
    siginfo_t ended;
    waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT);
    line("not reaped %s", give(handle, SIGKILL, NULL, 0));
    waitpid(child, &status, 0);
    line("reaped %s: %s", give(handle, SIGKILL, NULL, 0), status_text(status));
}

// Each arrives once, whatever else comes meanwhile.
static void in_rain(void)
{
    struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
    int handle = (int)syscall(SYS_pidfd_open, getpid(), 0), good = 0;
    install(SIGALRM, drop, SA_RESTART);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 500; i++) {
        s_got = 0;
        good += syscall(SYS_pidfd_send_signal, handle, SIGUSR1, NULL, 0) == 0 && s_got == SIGUSR1;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    line("in a rain of signals: %d of 500", good);
}

static int ends_itself(void *signal)
{
    give((int)syscall(SYS_pidfd_open, getpid(), 0), *(int *)signal, NULL, 0);
    return 9;
}

void run_handles(void)
{
    struct sigaction action = { .sa_sigaction = got, .sa_flags = SA_SIGINFO };
    s_main = getpid();
    sigaction(SIGUSR1, &action, NULL);
    sigaction(QUEUED, &action, NULL);
    itself();
    child();
    in_rain();
    static int ends[] = { SIGTERM, SIGKILL };
    in_child("ends itself", ends_itself, &ends[0]);
    in_child("kills itself", ends_itself, &ends[1]);
}
