// What a program is after it gave up being root, or being readable: it can still do all that it may, relative to where it is, and nobody
// of its own user can look into it until it executes something.
#include "fidelity.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

static char secret[] = "secret";

static const char *dumpable(void) { return text(prctl(PR_GET_DUMPABLE)); }

static void works(const char *what)
{
    line("  %s: dumpable %s, open %s, create %s, at %s, mkdir %s, stat %s, readlink %s, chdir %s", what, dumpable(), ok(open("f", O_RDONLY)),
         ok(open("made", O_WRONLY | O_CREAT, 0600)), ok(openat(open("sub", O_RDONLY | O_DIRECTORY), "inner", O_RDONLY)), text(mkdir("made-dir", 0700)), entry(AT_FDCWD, "made"),
         ok(readlink("/proc/self/exe", (char[8]){ 0 }, 8)), text(chdir("sub")));
    line("  %s: open %s, refused %s, up %s", what, ok(open("inner", O_RDONLY)), text(open("../closed", O_RDONLY)), text(chdir("..")));
    unlink("made");
    rmdir("made-dir");
    for (int fd = 3; fd < 20; fd++)
        close(fd);
}

static void looks_into(pid_t process)
{
    char name[64], room[8];
    struct iovec here = { room, sizeof secret }, there = { secret, sizeof secret };
    static const char *const files[] = { "mem", "environ", "maps", "auxv", "fd/0", "cwd/f", "exe", "status", "stat", "cmdline" };
    line("  looks: process_vm_readv %s, writev %s", text(process_vm_readv(process, &here, 1, &there, 1, 0)), text(process_vm_writev(process, &here, 1, &there, 1, 0)));
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(name, sizeof name, "/proc/%d/%s", process, files[i]);
        line("  looks: %s %s", files[i], ok(open(name, O_RDONLY)));
    }
    line("  looks: seize %s, attach %s", text(ptrace(PTRACE_SEIZE, process, 0, 0)), text(ptrace(PTRACE_ATTACH, process, 0, 0)));
}

// A child of a process that is closed, and what others of the same user make of both.
static int family(void *unused)
{
    (void)unused;
    works("child");
    pid_t parent = getppid(), brother = fork();
    if (brother == 0) {
        // Root may, with a capability that Sandgate withholds.
        if (getuid() != 0)
            looks_into(parent);
        line("  opened again %s: dumpable %s", text(prctl(PR_SET_DUMPABLE, 1)), dumpable());
        _exit(0);
    }
    waitpid(brother, NULL, 0);
    line("  still %s, its own: mem %s environ %s", dumpable(), ok(open("/proc/self/mem", O_RDONLY)), ok(open("/proc/self/environ", O_RDONLY)));
    execl("/proc/self/exe", "fidelity", "--dropped", NULL);
    return 1;
}

void after_exec(void)
{
    works("executed");
    exit(0);
}

static int closed(void *unused)
{
    (void)unused;
    line("  before: dumpable %s", dumpable());
    line("  set %s, 2 %s, 1 %s, 0 %s", text(prctl(PR_SET_DUMPABLE, 0)), text(prctl(PR_SET_DUMPABLE, 2)), text(prctl(PR_SET_DUMPABLE, 1)), text(prctl(PR_SET_DUMPABLE, 0)));
    works("closed");
    in_child("  family", family, NULL);
    works("after it");
    return 0;
}

static void give_up(void)
{
    line("  groups %s gid %s uid %s", text(syscall(SYS_setgroups, 0, NULL)), text(syscall(SYS_setresgid, 1000, 1000, 1000)), text(syscall(SYS_setresuid, 1000, 1000, 1000)));
}

static int dropped(void *unused)
{
    (void)unused;
    give_up();
    works("dropped");
    in_child("  family", family, NULL);
    line("  opened again %s", text(prctl(PR_SET_DUMPABLE, 1)));
    works("opened");
    line("  the same once more %s: dumpable %s", text(syscall(SYS_setresuid, 1000, 1000, 1000)), dumpable());
    return 0;
}

static int executed(void *unused)
{
    (void)unused;
    give_up();
    execl("/proc/self/exe", "fidelity", "--dropped", NULL);
    return 1;
}

// The C library has every thread make the call; the others go on meanwhile.
static volatile int s_stop;

static void *opens(void *failed)
{
    while (!s_stop) {
        int fd = open("f", O_RDONLY);
        if (fd < 0)
            *(int *)failed = errno;
        close(fd);
    }
    return NULL;
}

static int with_threads(void *unused)
{
    pthread_t threads[4];
    int failed[4] = { 0 };
    (void)unused;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, opens, &failed[i]);
    nap(50);
    line("  gid %s uid %s", text(setgid(1000)), text(setuid(1000)));
    nap(50);
    s_stop = 1;
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    line("  failed %d %d %d %d", failed[0], failed[1], failed[2], failed[3]);
    works("threads");
    return 0;
}

void run_dropping(void)
{
    write_file("f", "0123456789", 0644);
    write_file("closed", "closed", 0000);
    mkdir("sub", 0755);
    write_file("sub/inner", "inner\n", 0644);
    in_child("closed", closed, NULL);
    if (getuid() == 0) {
        if (chown(".", 1000, 1000) < 0)
            broken("chown");
        in_child("dropped", dropped, NULL);
        in_child("executed", executed, NULL);
        in_child("threads", with_threads, NULL);
    }
    line("%s", snapshot());
}
