// Reading and changing the supervisor.
#include "supervisor.h"

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <termios.h>
#include <sys/ioctl.h>

static pid_t parent_of(pid_t pid, char *comm)
{
    char name[64], line[512];
    int parent = 0;
    snprintf(name, sizeof name, "/proc/%d/stat", pid);
    int fd = open(name, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    close(fd);
    if (length <= 0)
        return 0;
    line[length] = 0;
    char *first = strchr(line, '('), *last = strrchr(line, ')');
    snprintf(comm, 32, "%.*s", (int)(last - first - 1), first + 1);
    sscanf(last + 1, " %*c %d", &parent);
    return parent;
}

struct supervisor find_supervisor(void)
{
    char comm[32];
    for (pid_t pid = getppid(); pid > 0;) {
        pid_t above = parent_of(pid, comm);
        if (strcmp(comm, "sandgate") == 0)
            return (struct supervisor){ pid, false };
        pid = above;
    }
    int ready[2];
    char byte;
    must(pipe(ready), "pipe");
    pid_t child = start_child();
    if (child == 0) {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
        must(dup2((int)must(open("/dev/null", O_RDWR), "/dev/null"), 9), "dup2");
        must(write(ready[1], "x", 1), "write");
        for (;;)
            pause();
    }
    must(read(ready[0], &byte, 1), "read");
    return (struct supervisor){ child, true };
}

void leave_supervisor(struct supervisor supervisor)
{
    if (supervisor.stand_in) {
        kill(supervisor.pid, SIGKILL);
        status_of(supervisor.pid);
    }
}

// --- /proc

static bool readable(const char *name)
{
    char byte;
    int fd = open(name, O_RDONLY);
    bool through = fd >= 0 && read(fd, &byte, 1) == 1;
    if (fd >= 0)
        close(fd);
    return through;
}

static bool proc_opens(const char *format, pid_t pid, pid_t tid)
{
    char name[128];
    snprintf(name, sizeof name, format, pid, tid);
    return readable(name);
}

// By every thread of it, whose entries have the same files.
static int each_thread(const char *file)
{
    struct supervisor supervisor = find_supervisor();
    char name[128], format[64];
    int through = 0;
    snprintf(format, sizeof format, "/proc/%%d/%s", file);
    through += proc_opens(format, supervisor.pid, 0);
    snprintf(format, sizeof format, "/proc/%%d/task/%%d/%s", file);
    snprintf(name, sizeof name, "/proc/%d/task", supervisor.pid);
    DIR *tasks = opendir(name);
    if (!tasks)
        broken(name);
    for (struct dirent *entry; (entry = readdir(tasks));) {
        pid_t tid = atoi(entry->d_name);
        if (!tid)
            continue;
        through += proc_opens(format, supervisor.pid, tid);
        through += proc_opens(format, tid, tid);
    }
    closedir(tasks);
    leave_supervisor(supervisor);
    return through > 0;
}

static int environment(int tries) { (void)tries; return each_thread("environ"); }
static int maps(int tries) { (void)tries; return each_thread("maps"); }
static int auxv(int tries) { (void)tries; return each_thread("auxv"); }

// An address that is mapped in us as in it: the stand-in is our copy.
static int memory_of(bool from_inside, int flags)
{
    struct supervisor supervisor = find_supervisor();
    char name[64], value = 0;
    static char here_too = 'x';
    int fd, through = 0;
    if (from_inside) {
        snprintf(name, sizeof name, "/proc/%d", supervisor.pid);
        must(chdir(name), name);
        fd = open("mem", flags);
    } else {
        snprintf(name, sizeof name, "/proc/%d/mem", supervisor.pid);
        fd = open(name, flags);
    }
    if (fd >= 0) {
        through = supervisor.stand_in ? pread(fd, &value, 1, (off_t)(uintptr_t)&here_too) == 1 : 1;
        if (through && supervisor.stand_in && flags == O_RDWR)
            through = pwrite(fd, &value, 1, (off_t)(uintptr_t)&here_too) == 1;
    }
    leave_supervisor(supervisor);
    return through;
}

static int memory(int tries) { (void)tries; return memory_of(false, O_RDONLY); }
static int memory_write(int tries) { (void)tries; return memory_of(false, O_RDWR); }
static int memory_chdir(int tries) { (void)tries; return memory_of(true, O_RDONLY); }

static int descriptors(int tries)
{
    struct supervisor supervisor = find_supervisor();
    char name[128], link[256];
    int through = 0;
    (void)tries;
    for (int fd = 0; fd < 64; fd++) {
        snprintf(name, sizeof name, "/proc/%d/fd/%d", supervisor.pid, fd);
        through += readlink(name, link, sizeof link) > 0 || open(name, O_RDONLY | O_NONBLOCK) >= 0;
        snprintf(name, sizeof name, "/proc/%d/fdinfo/%d", supervisor.pid, fd);
        through += open(name, O_RDONLY) >= 0;
    }
    leave_supervisor(supervisor);
    return through > 0;
}

static int links(int tries)
{
    static const char *const names[] = { "root/etc/passwd", "cwd/shut/key", "exe", "root", "cwd", "ns/pid" };
    struct supervisor supervisor = find_supervisor();
    char name[128];
    int through = 0;
    (void)tries;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "/proc/%d/%s", supervisor.pid, names[i]);
        through += open(name, O_RDONLY) >= 0;
    }
    snprintf(name, sizeof name, "/proc/%d/map_files", supervisor.pid);
    DIR *mapped = opendir(name);
    for (struct dirent *entry; mapped && (entry = readdir(mapped));)
        through += entry->d_name[0] != '.';
    leave_supervisor(supervisor);
    return through > 0;
}

// Files of the supervisor that change it.
static int settings(int tries)
{
    static const struct { const char *name, *value; } files[] = {
        { "coredump_filter", "0x7f" }, { "clear_refs", "1" },
    };
    struct supervisor supervisor = find_supervisor();
    char name[128];
    int through = 0;
    (void)tries;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(name, sizeof name, "/proc/%d/%s", supervisor.pid, files[i].name);
        int fd = open(name, O_WRONLY);
        through += fd >= 0 && write(fd, files[i].value, strlen(files[i].value)) > 0;
    }
    leave_supervisor(supervisor);
    return through > 0;
}

// --- calls

static int attached(int tries)
{
    struct supervisor supervisor = find_supervisor();
    (void)tries;
    int through = ptrace(PTRACE_ATTACH, supervisor.pid, 0, 0) == 0;
    leave_supervisor(supervisor);
    return through;
}

static int seized(int tries)
{
    struct supervisor supervisor = find_supervisor();
    (void)tries;
    int through = ptrace(PTRACE_SEIZE, supervisor.pid, 0, 0) == 0;
    leave_supervisor(supervisor);
    return through;
}

static int vm_call(long number)
{
    struct supervisor supervisor = find_supervisor();
    static char mine = 'x', theirs = 'y';
    struct iovec own = { &mine, 1 }, other = { &theirs, 1 };
    long result = syscall(number, supervisor.pid, &own, 1, &other, 1, 0);
    leave_supervisor(supervisor);
    return supervisor.stand_in ? result == 1 : result == 1 || errno == EFAULT;
}

static int vm_read(int tries) { (void)tries; return vm_call(SYS_process_vm_readv); }
static int vm_write(int tries) { (void)tries; return vm_call(SYS_process_vm_writev); }

static int getfd(int tries)
{
    struct supervisor supervisor = find_supervisor();
    int through = 0;
    (void)tries;
    int pidfd = (int)must(syscall(SYS_pidfd_open, supervisor.pid, 0), "pidfd_open");
    for (int fd = 0; fd < 256; fd++)
        through += syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0;
    leave_supervisor(supervisor);
    return through > 0;
}

static int limits(int tries)
{
    struct supervisor supervisor = find_supervisor();
    struct rlimit limit = { 0, 0 }, was;
    (void)tries;
    int through = syscall(SYS_prlimit64, supervisor.pid, RLIMIT_CORE, &limit, &was) == 0;
    leave_supervisor(supervisor);
    return through;
}

static int advised(int tries)
{
    struct supervisor supervisor = find_supervisor();
    static char mine[4096] __attribute__((aligned(4096)));
    struct iovec other = { mine, sizeof mine };
    (void)tries;
    int pidfd = (int)must(syscall(SYS_pidfd_open, supervisor.pid, 0), "pidfd_open");
    long result = syscall(SYS_process_madvise, pidfd, &other, 1L, 20 /* MADV_COLD */, 0);
    int through = result > 0 || (result < 0 && (errno == EFAULT || errno == ENOMEM));
    leave_supervisor(supervisor);
    return through;
}

static int compared(int tries)
{
    struct supervisor supervisor = find_supervisor();
    (void)tries;
    int through = syscall(SYS_kcmp, getpid(), supervisor.pid, 1 /* KCMP_VM */, 0, 0) >= 0;
    leave_supervisor(supervisor);
    return through;
}

// --- from inside the filter

// A tracer changes what a thread of ours has asked for, after it was asked.
static int traced(int tries, bool registers)
{
    int through = 0;
    static const char other[] = "shut/key";
    for (int i = 0; i < tries; i++) {
        char *file = shared_page();
        strcpy(file, "open/key");
        pid_t child = start_child();
        if (child == 0) {
            must(ptrace(PTRACE_TRACEME, 0, 0, 0), "PTRACE_TRACEME");
            raise(SIGSTOP);
            _exit(reads_shut(file) ? 42 : 0);
        }
        int status, entered = 0;
        must(waitpid(child, &status, 0), "waitpid");
        must(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), "PTRACE_SETOPTIONS");
        for (;;) {
            if (ptrace(PTRACE_SYSCALL, child, 0, 0) < 0 || waitpid(child, &status, 0) < 0)
                break;
            if (WIFEXITED(status) || WIFSIGNALED(status)) {
                through += WIFEXITED(status) && WEXITSTATUS(status) == 42;
                break;
            }
            if (WSTOPSIG(status) != (SIGTRAP | 0x80))
                continue;
            // At the entry stop the registers may still be changed: the filter must see them as they are then.
            long number = ptrace(PTRACE_PEEKUSER, child, 8L * 15 /* orig_rax */, 0);
            if (!entered && number == SYS_openat) {
                if (registers)
                    must(ptrace(PTRACE_POKEUSER, child, 8L * 13 /* rsi */, other), "PTRACE_POKEUSER");
                else
                    memcpy(file, "shut", 4);
                entered = 1;
            }
        }
        munmap(file, 4096);
    }
    return through;
}

static int own_tracer(int tries) { return traced(tries, false); }
static int own_registers(int tries) { return traced(tries, true); }

static int second_listener(int tries)
{
    struct { uint16_t code; uint8_t yes, no; uint32_t k; } allow[] = { { 6, 0, 0, 0x7fff0000 } };
    struct { uint16_t length; void *filter; } program = { 1, allow };
    (void)tries;
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    return syscall(SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, 8 /* NEW_LISTENER */, &program) >= 0;
}

// Typing into the terminal that we share with the user.
static int typed(int tries)
{
    char byte = 'x';
    (void)tries;
    int main_side = (int)must(posix_openpt(O_RDWR | O_NOCTTY), "posix_openpt");
    must(grantpt(main_side), "grantpt");
    must(unlockpt(main_side), "unlockpt");
    setsid();
    int side = (int)must(open(ptsname(main_side), O_RDWR), "terminal");
    int result = ioctl(side, TIOCSTI, &byte);
    return result == 0 || syscall(SYS_ioctl, side, 0xffffffff00000000UL | TIOCSTI, &byte) == 0;
}

const struct attack supervisor_attacks[] = {
    { "super-environ", environment, "/proc/SUPERVISOR/environ, by each of its threads" },
    { "super-maps", maps, "/proc/SUPERVISOR/maps" },
    { "super-auxv", auxv, "/proc/SUPERVISOR/auxv" },
    { "super-mem", memory, "/proc/SUPERVISOR/mem for reading" },
    { "super-mem-write", memory_write, "/proc/SUPERVISOR/mem for writing" },
    { "super-mem-chdir", memory_chdir, "mem, relative to /proc/SUPERVISOR" },
    { "super-fd", descriptors, "/proc/SUPERVISOR/fd and fdinfo" },
    { "super-links", links, "root, cwd, exe, ns and map_files of the supervisor" },
    { "super-settings", settings, "coredump_filter and clear_refs of the supervisor" },
    { "super-ptrace-attach", attached, "PTRACE_ATTACH" },
    { "super-ptrace-seize", seized, "PTRACE_SEIZE" },
    { "super-vm-readv", vm_read, "process_vm_readv" },
    { "super-vm-writev", vm_write, "process_vm_writev" },
    { "super-getfd", getfd, "pidfd_getfd" },
    { "super-prlimit", limits, "prlimit64" },
    { "super-madvise", advised, "process_madvise" },
    { "super-kcmp", compared, "kcmp" },
    { "super-own-tracer", own_tracer, "a tracer rewrites the path of its own child at the stop" },
    { "super-own-registers", own_registers, "the same by the child's registers" },
    { "super-listener", second_listener, "a second listener" },
    { "super-tiocsti", typed, "TIOCSTI" },
    { 0 },
};
