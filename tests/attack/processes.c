// Every kind of process and thread is under the rules.
#include "attack.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sys/prctl.h>

static int try_open(void *unused) { (void)unused; return reads_shut("shut/key") ? 42 : 0; }

// Many short lives, at most 64 at a time and 200 in all per try.
static int churn(int tries)
{
    int through = 0;
    for (int i = 0; i < tries; i++) {
        for (int round = 0; round < 3; round++) {
            pid_t children[64];
            for (int c = 0; c < 64; c++)
                if ((children[c] = start_child()) == 0)
                    _exit(try_open(NULL));
            for (int c = 0; c < 64; c++)
                through += status_of(children[c]) == 42;
        }
    }
    return through > 0;
}

// Children that end while their call is being judged.
static int vanishing(int tries)
{
    int through = 0;
    for (int i = 0; i < tries; i++) {
        pid_t child = start_child();
        if (child == 0) {
            for (int n = 0; n < 1000; n++)
                if (reads_shut("shut/key"))
                    _exit(42);
            _exit(0);
        }
        spin((unsigned)(i * 131 % 20000));
        if (i & 1)
            kill(child, SIGKILL);
        through += status_of(child) == 42;
    }
    return through;
}

static int by_vfork_exec(int tries)
{
    char *argv[] = { "sh", "-c", "read line < shut/key && case $line in shut*) exit 42;; esac", NULL };
    (void)tries;
    return run_program("/bin/sh", argv) == 42;
}

static int cloned(int flags)
{
    static char stack[65536] __attribute__((aligned(16)));
    int child = clone(try_open, stack + sizeof stack, flags | SIGCHLD, NULL);
    return child > 0 && status_of(child) == 42;
}

static int shared_memory(int tries) { (void)tries; return cloned(CLONE_VM); }
static int shared_all(int tries) { (void)tries; return cloned(CLONE_VM | CLONE_FILES | CLONE_FS); }
static int untraced(int tries) { (void)tries; return cloned(CLONE_UNTRACED); }

static int cloned3(unsigned long flags)
{
    struct clone_args arguments = { .flags = flags, .exit_signal = SIGCHLD };
    long child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0)
        _exit(try_open(NULL));
    return child > 0 && status_of((pid_t)child) == 42;
}

static int by_clone3(int tries) { (void)tries; return cloned3(0); }
static int clone3_untraced(int tries) { (void)tries; return cloned3(CLONE_UNTRACED); }
static int new_user(int tries) { (void)tries; map_user(); return try_open(NULL) == 42; }

static int new_pid_namespace(int tries)
{
    (void)tries;
    must(unshare(CLONE_NEWUSER | CLONE_NEWPID), "unshare");
    pid_t child = (pid_t)must(fork(), "fork");      // its parent has no number there
    if (child == 0)
        _exit(try_open(NULL));
    return status_of(child) == 42;
}

// A daemon's own child: nobody's, when it opens.
static int daemonised(int tries)
{
    int result[2];
    char answer = 0;
    (void)tries;
    must(pipe(result), "pipe");
    pid_t child = start_child();
    if (child == 0) {
        setsid();
        if (fork() == 0) {
            while (getppid() == child)
                sched_yield();
            usleep(20000);
            answer = try_open(NULL) == 42 ? 'y' : 'n';
            _exit(write(result[1], &answer, 1) != 1);
        }
        _exit(0);
    }
    close(result[1]);
    status_of(child);
    must(read(result[0], &answer, 1), "read");
    if (!answer)
        broken("the daemon");
    return answer == 'y';
}

static void *in_thread(void *unused) { return reads_shut("shut/key") ? unused : NULL; }

static int threaded(int tries)
{
    pthread_t thread;
    void *result;
    (void)tries;
    if (pthread_create(&thread, NULL, in_thread, "through") != 0)
        broken("pthread_create");
    pthread_join(thread, &result);
    return result != NULL;
}

// The first thread ends; another one goes on as the process.
static int result_pipe[2];
static void *after_leader(void *unused)
{
    (void)unused;
    usleep(20000);
    char answer = reads_shut("shut/key") ? 'y' : 'n';
    if (write(result_pipe[1], &answer, 1) != 1)
        _exit(3);
    _exit(0);
}

static int without_leader(int tries)
{
    char answer = 0;
    (void)tries;
    must(pipe(result_pipe), "pipe");
    pid_t child = start_child();
    if (child == 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, after_leader, NULL) != 0)
            _exit(3);
        syscall(SYS_exit, 0);
    }
    must(read(result_pipe[0], &answer, 1), "read");
    status_of(child);
    return answer == 'y';
}

const struct attack process_attacks[] = {
    { "process-churn", churn, "192 short-lived processes" },
    { "process-vanishing", vanishing, "processes that are killed in the middle of a call" },
    { "process-vfork-exec", by_vfork_exec, "vfork and a shell" },
    { "process-clone-vm", shared_memory, "CLONE_VM without CLONE_THREAD" },
    { "process-clone-all", shared_all, "memory, descriptors and directory shared" },
    { "process-untraced", untraced, "CLONE_UNTRACED" },
    { "process-clone3", by_clone3, "clone3" },
    { "process-clone3-untraced", clone3_untraced, "clone3 with CLONE_UNTRACED" },
    { "process-user-namespace", new_user, "root of a user namespace" },
    { "process-pid-namespace", new_pid_namespace, "the first process of a pid namespace" },
    { "process-daemon", daemonised, "a daemon's child" },
    { "process-thread", threaded, "a thread" },
    { "process-leaderless", without_leader, "a process whose first thread has ended" },
    { 0 },
};
