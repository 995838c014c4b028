// The same denied open, when something runs short, is interrupted, or changes under the supervisor's hands.
#include "attack.h"

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>

static volatile int through;

// Every descriptor is taken but one, then none.
static int no_descriptors(int tries)
{
    struct rlimit limit = { 64, 64 };
    must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    int last = -1;
    for (int fd; (fd = dup(1)) >= 0;)
        last = fd;
    for (int i = 0; i < tries; i++) {
        through += reads_shut("shut/key");
        close(last);
        through += reads_shut("shut/key");
        last = dup(1);
    }
    return through > 0;
}

static void *storm_thread(void *argument)
{
    for (int i = *(int *)argument; i > 0; i--)
        if (reads_shut("shut/key"))
            through++;
    return NULL;
}

static int storm(int tries)
{
    pthread_t threads[64];
    for (int i = 0; i < 64; i++)
        if (pthread_create(&threads[i], NULL, storm_thread, &tries) != 0)
            broken("pthread_create");
    for (int i = 0; i < 64; i++)
        pthread_join(threads[i], NULL);
    return through > 0;
}

static void nothing(int signal) { (void)signal; }

static void alarms(bool restart)
{
    struct sigaction action = { .sa_handler = nothing, .sa_flags = restart ? SA_RESTART : 0 };
    struct itimerval often = { { 0, 50 }, { 0, 50 } };
    must(sigaction(SIGALRM, &action, NULL), "sigaction");
    must(setitimer(ITIMER_REAL, &often, NULL), "setitimer");
}

static int interrupted(int tries)
{
    alarms(false);
    for (int i = 0; i < tries; i++)
        through += reads_shut("shut/key");
    return through > 0;
}

static int restarted(int tries)
{
    alarms(true);
    for (int i = 0; i < tries; i++)
        through += reads_shut("shut/key");
    return through > 0;
}

static int undumpable(int tries)
{
    (void)tries;
    must(prctl(PR_SET_DUMPABLE, 0), "PR_SET_DUMPABLE");
    return reads_shut("shut/key");
}

static int another_user(int tries)
{
    (void)tries;
    must(setgid(4243), "setgid");
    must(setuid(4243), "setuid");
    return reads_shut("shut/key");
}

static int another_fs_user(int tries)
{
    (void)tries;
    syscall(SYS_setfsuid, 4243);
    return reads_shut("shut/key");
}

// No address space is left to read anything into.
static int no_memory(int tries)
{
    struct rlimit limit = { 4096, 4096 };
    (void)tries;
    must(setrlimit(RLIMIT_AS, &limit), "setrlimit");
    return reads_shut("shut/key");
}

static void *open_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        if (reads_shut("shut/key"))
            through = 1;
    return NULL;
}

// The process becomes another program while its threads have calls held.
static int exec_meanwhile(int tries)
{
    for (int i = 0; i < tries; i++) {
        pid_t child = start_child();
        if (child == 0) {
            pthread_t thread;
            char *argv[] = { "sh", "-c", "read line < shut/key && case $line in shut*) exit 42;; esac", NULL };
            for (int t = 0; t < 4; t++)
                if (pthread_create(&thread, NULL, open_for_ever, NULL) != 0)
                    _exit(3);
            usleep((unsigned)(i % 20) * 100);
            if (through)
                _exit(42);
            execv("/bin/sh", argv);
            _exit(3);
        }
        if (status_of(child) == 42)
            through = 1;
    }
    return through;
}

// Threads that end, again and again, while others ask: their numbers come back.
static void *one_open(void *unused)
{
    (void)unused;
    if (reads_shut("shut/key"))
        through = 1;
    return NULL;
}

static int short_threads(int tries)
{
    for (int i = 0; i < tries; i++) {
        pthread_t threads[4];
        for (int t = 0; t < 4; t++)
            if (pthread_create(&threads[t], NULL, one_open, NULL) != 0)
                broken("pthread_create");
        for (int t = 0; t < 4; t++)
            pthread_join(threads[t], NULL);
    }
    return through;
}

// The directory of the file is swapped out of the kernel's names by thousands of others.
static int many_names(int tries)
{
    char name[64];
    struct stat found;
    for (int i = 0; i < tries; i++) {
        for (int n = 0; n < 200; n++) {
            snprintf(name, sizeof name, "shut/none-%d-%d", i, n);
            (void)!stat(name, &found);
        }
        through += reads_shut("shut/key");
    }
    return through > 0;
}

// Whether somebody else's open takes longer than three seconds. What looks makes no call that a gate might hold.
static bool stalls_others(void)
{
    int *opened = shared_page();
    pid_t other = start_child();
    if (other == 0) {
        *opened = open("open/key", O_RDONLY) >= 0 ? 1 : 2;
        _exit(0);
    }
    for (int i = 0; i < 300 && !__atomic_load_n(opened, __ATOMIC_SEQ_CST); i++)
        usleep(10000);
    if (*opened == 2)
        broken("open/key");
    return *opened == 0;
}

static int lease_fd;
static pid_t truncater(const char *path)
{
    pid_t child = start_child();
    if (child == 0)
        _exit(truncate(path, 1) == 0 ? 0 : errno);
    usleep(200000);
    if (waitpid(child, NULL, WNOHANG) != 0)
        broken("the lease didn't hold up who truncates the file");
    return child;
}

static void take_lease(void)
{
    signal(SIGIO, SIG_IGN);
    write_text("leased", "long enough\n");
    lease_fd = (int)must(open("leased", O_RDONLY), "leased");
    must(fcntl(lease_fd, F_SETLEASE, F_RDLCK), "F_SETLEASE");
}

// Who truncates a file waits up to 45 seconds for whoever has a lease on it; and does it as soon as that one lets go.
static int by_lease(int tries)
{
    struct stat found;
    (void)tries;
    take_lease();
    pid_t waiting = truncater("leased");
    int through = stalls_others();
    must(fcntl(lease_fd, F_SETLEASE, F_UNLCK), "F_UNLCK");
    if (status_of(waiting) != 0)
        broken("truncate");
    must(stat("leased", &found), "stat");
    if (found.st_size != 1)
        broken("nothing was truncated");
    return through;
}

// Many of them, that are interrupted all the time.
static int by_leases(int tries)
{
    enum { Count = 40 };
    pid_t waiting[Count];
    (void)tries;
    take_lease();
    for (int i = 0; i < Count; i++) {
        waiting[i] = start_child();
        if (waiting[i] == 0) {
            alarms(i % 2 == 0);
            while (truncate("leased", 1) < 0 && errno == EINTR)
                ;
            _exit(0);
        }
    }
    usleep(200000);
    int through = stalls_others();
    must(fcntl(lease_fd, F_SETLEASE, F_UNLCK), "F_UNLCK");
    for (int i = 0; i < Count; i++)
        if (status_of(waiting[i]) != 0)
            broken("truncate");
    return through;
}

static void *open_page(void *page) { return (void *)(intptr_t)open(page, O_RDONLY); }

// The path stands in a page that is never handed over.
static int by_page(int tries)
{
    struct uffdio_api api = { .api = UFFD_API };
    (void)tries;
    int device = (int)must(open("/dev/userfaultfd", O_RDWR | O_CLOEXEC), "/dev/userfaultfd");
    int faults = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC);
    if (faults < 0)
        return 0;
    must(ioctl(faults, UFFDIO_API, &api), "UFFDIO_API");
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct uffdio_register range = { .range = { (uintptr_t)page, 4096 }, .mode = UFFDIO_REGISTER_MODE_MISSING };
    must(ioctl(faults, UFFDIO_REGISTER, &range), "UFFDIO_REGISTER");
    pthread_t thread;
    if (pthread_create(&thread, NULL, open_page, page) != 0)
        broken("pthread_create");
    usleep(200000);
    int through = stalls_others();
    must(ioctl(faults, UFFDIO_ZEROPAGE, &(struct uffdio_zeropage) { .range = { (uintptr_t)page, 4096 } }), "UFFDIO_ZEROPAGE");
    pthread_join(thread, NULL);
    return through;
}

const struct attack resource_attacks[] = {
    { "hard-no-descriptors", no_descriptors, "no descriptor is left" },
    { "hard-storm", storm, "64 threads at once" },
    { "hard-interrupted", interrupted, "a signal every 50 us" },
    { "hard-restarted", restarted, "a signal every 50 us, calls restart" },
    { "hard-undumpable", undumpable, "PR_SET_DUMPABLE 0" },
    { "hard-setuid", another_user, "another user" },
    { "hard-setfsuid", another_fs_user, "another user for files" },
    { "hard-no-memory", no_memory, "no address space is left" },
    { "hard-exec", exec_meanwhile, "execve while other threads have calls held" },
    { "hard-threads", short_threads, "threads that end at once" },
    { "hard-names", many_names, "names that aren't cached" },
    { "stall-lease", by_lease, "a file is truncated on which somebody has a lease" },
    { "stall-lease-again", by_leases, "by 40 processes, with a signal every 50 us" },
    { "stall-page", by_page, "a path in a page that userfaultfd never hands over" },
    { 0 },
};
