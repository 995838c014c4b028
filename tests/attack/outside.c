// Another process of the same user, outside of the sandbox: whoever has its memory, registers or descriptors needs no rule's leave.
#include "supervisor.h"

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "race.h"

enum { OPEN_THERE = 9, NUMBER = 100 };

static char secret[16] = "shut in memory";

// Left by the stage; it stays as long as the stage does, holds shut/key open, and lets everybody trace it whom the kernel lets.
void leave_bystander(void)
{
    char text[64];
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        int null = open("/dev/null", O_RDWR), key = open("shut/key", O_RDONLY);
        for (int fd = 0; fd < 3; fd++)
            dup2(null, fd);
        dup2(key, OPEN_THERE);
        syscall(SYS_close_range, OPEN_THERE + 1, ~0u, 0);
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
        snprintf(text, sizeof text, "%d %p\n", getpid(), (void *)secret);
        write_text("bystander.new", text);
        rename("bystander.new", "bystander");
        while (access("bystander", F_OK) == 0)
            usleep(200000);
        _exit(0);
    }
    for (int i = 0; access("bystander", F_OK) < 0; i++) {
        if (i == 5000)
            broken("the bystander doesn't come");
        usleep(1000);
    }
}

struct bystander { pid_t pid; void *secret; };

static struct bystander bystander(void)
{
    char line[64];
    struct bystander found;
    read_line("bystander", line, sizeof line);
    if (sscanf(line, "%d %p", &found.pid, &found.secret) != 2)
        broken("bystander");
    return found;
}

// It must go on, or it outlives its stage.
static int attach(int tries)
{
    pid_t pid = bystander().pid;
    int status;
    (void)tries;
    if (ptrace(PTRACE_ATTACH, pid, 0, 0) < 0)
        return 0;
    waitpid(pid, &status, __WALL);
    ptrace(PTRACE_DETACH, pid, 0, 0);
    kill(pid, SIGCONT);
    return 1;
}

static int seize(int tries) { (void)tries; return ptrace(PTRACE_SEIZE, bystander().pid, 0, 0) == 0; }

static int vm_read(int tries)
{
    char room[16] = "";
    struct iovec here = { room, 4 }, there = { bystander().secret, 4 };
    (void)tries;
    return process_vm_readv(bystander().pid, &here, 1, &there, 1, 0) == 4 && memcmp(room, "shut", 4) == 0;
}

static int vm_write(int tries)
{
    struct iovec here = { "ours", 4 }, there = { bystander().secret, 4 };
    (void)tries;
    return process_vm_writev(bystander().pid, &here, 1, &there, 1, 0) == 4;
}

static int by_file(const char *format, int flags)
{
    char name[64];
    snprintf(name, sizeof name, format, bystander().pid, bystander().pid);
    int fd = open(name, flags);
    return fd >= 0 && ((flags & O_ACCMODE) == O_RDONLY || pwrite(fd, "ours", 4, (off_t)(uintptr_t)bystander().secret) == 4);
}

static int mem_write(int tries) { (void)tries; return by_file("/proc/%d/mem", O_RDWR); }
static int mem_task(int tries) { (void)tries; return by_file("/proc/%d/task/%d/mem", O_WRONLY); }
static int mem_read(int tries) { (void)tries; return by_file("/proc/%d/mem", O_RDONLY); }

static int mem_relative(int tries)
{
    char name[64];
    (void)tries;
    snprintf(name, sizeof name, "/proc/%d", bystander().pid);
    must(chdir(name), name);
    int fd = open("mem", O_WRONLY);
    return fd >= 0;
}

static int descriptor(int tries)
{
    (void)tries;
    int pidfd = (int)must(syscall(SYS_pidfd_open, bystander().pid, 0), "pidfd_open");
    return is_shut(syscall(SYS_pidfd_getfd, pidfd, OPEN_THERE, 0));
}

static int limit(int tries)
{
    struct rlimit none = { 0, 0 };
    (void)tries;
    return syscall(SYS_prlimit64, bystander().pid, RLIMIT_CORE, &none, NULL) == 0;
}

static int sources[2];
static void set_number(int side) { syscall(SYS_dup2, sources[side], NUMBER); }
static bool getfd_shot(void) { return is_shut(syscall(SYS_pidfd_getfd, NUMBER, OPEN_THERE, 0)); }

static int race_getfd(int tries)
{
    pid_t child = start_child();
    if (child == 0) {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
        must(dup2((int)must(open("open/key", O_RDONLY), "open/key"), OPEN_THERE), "dup2");
        for (;;)
            pause();
    }
    usleep(20000);
    sources[0] = (int)must(syscall(SYS_pidfd_open, child, 0), "pidfd_open");
    sources[1] = (int)must(syscall(SYS_pidfd_open, bystander().pid, 0), "pidfd_open");
    if (is_shut(must(syscall(SYS_pidfd_getfd, sources[0], OPEN_THERE, 0), "pidfd_getfd of a child")))
        broken("open/key");
    return race(tries, THREAD, set_number, getfd_shot);
}

// Nobody but root may signal root's processes: not who calls himself something, nor who may do all in a namespace of his own.
static int ends_group(const char *name)
{
    pid_t pid = bystander().pid;
    must(getpgid(pid) == pid ? 0 : -1, "the bystander's group");
    must(syscall(SYS_setgroups, 0, NULL), "setgroups");
    must(setgid(4243), "setgid");
    must(setuid(4243), "setuid");
    if (name)
        must(prctl(PR_SET_NAME, name), "PR_SET_NAME");
    else if (unshare(CLONE_NEWUSER) < 0)
        return 0;
    return kill(-pid, SIGWINCH) == 0;
}

static int ends_group_named(int tries) { (void)tries; return ends_group("\rCapEff:ff"); }
static int ends_group_of_ids(int tries) { (void)tries; return ends_group("\rUid:0\t0\t0\t0"); }
static int ends_group_in_namespace(int tries) { (void)tries; return ends_group(NULL); }

const struct attack outside_attacks[] = {
    { "outside-attach", attach, "PTRACE_ATTACH to a process outside" },
    { "outside-seize", seize, "PTRACE_SEIZE" },
    { "outside-vm-readv", vm_read, "process_vm_readv" },
    { "outside-vm-writev", vm_write, "process_vm_writev" },
    { "outside-mem-write", mem_write, "/proc/PID/mem for writing" },
    { "outside-mem-task", mem_task, "/proc/PID/task/TID/mem for writing" },
    { "outside-mem-relative", mem_relative, "mem, relative to /proc/PID" },
    { "outside-mem-read", mem_read, "/proc/PID/mem for reading" },
    { "outside-getfd", descriptor, "pidfd_getfd" },
    { "outside-prlimit", limit, "prlimit64" },
    { "outside-group-named", ends_group_named, "a signal to a group of root's, by a process whose name looks like capabilities" },
    { "outside-group-ids", ends_group_of_ids, "the same with a name that looks like ids" },
    { "outside-group-namespace", ends_group_in_namespace, "the same by root of a user namespace" },
    { "race-getfd", race_getfd, "dup2 of the process of pidfd_getfd" },
    { 0 },
};
