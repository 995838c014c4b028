// Walls around the gate, and what the supervisor does for the program on their other side: rights given up, paths that
// Landlock allows, code from files only. conf/*.json say which.
#include "race.h"

#include <sys/ptrace.h>

enum { CODE_SIZE = 4096, NUMBER = 100, SECRET = 42 };

// mov $42, %eax; ret
static const unsigned char code[] = { 0xb8, SECRET, 0, 0, 0, 0xc3 };
static int sources[2];

static bool runs(void *at)
{
    return at != MAP_FAILED && ((int (*)(void))at)() == SECRET;
}

// Root without capabilities is not allowed more than others: not this file of somebody else's, which nobody may read.
static int theirs_read(int tries) { (void)tries; return reads_shut("theirs"); }

static int given_away(int tries)
{
    struct stat found;
    (void)tries;
    if (chown("shut/key", 4250, -1))
        return 0;
    return stat("shut/key", &found) == 0 && found.st_uid == 4250;
}

static int path_read(int tries) { (void)tries; return reads_shut("shut/key"); }

// The list's name, but not what it named.
static int path_renamed(int tries)
{
    (void)tries;
    return rename("open", "was") == 0 && rename("shut", "open") == 0 && reads_shut("open/key");
}

static int path_exchanged(int tries)
{
    (void)tries;
    return syscall(SYS_renameat2, AT_FDCWD, "open", AT_FDCWD, "shut", 2 /* RENAME_EXCHANGE */) == 0 && reads_shut("open/key");
}

static int path_linked(int tries) { (void)tries; return link("shut/key", "open/way") == 0 && reads_shut("open/way"); }
static int path_moved(int tries) { (void)tries; return rename("shut/key", "open/way") == 0 && reads_shut("open/way"); }

static int code_both(int tries)
{
    (void)tries;
    void *at = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return 0;
    memcpy(at, code, sizeof code);
    return runs(at);
}

static int code_later(int tries)
{
    (void)tries;
    void *at = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(at, code, sizeof code);
    return mprotect(at, CODE_SIZE, PROT_READ | PROT_EXEC) == 0 && runs(at);
}

static int code_keyed(int tries)
{
    (void)tries;
    void *at = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(at, code, sizeof code);
    return syscall(SYS_pkey_mprotect, at, (size_t)CODE_SIZE, PROT_READ | PROT_EXEC, -1) == 0 && runs(at);
}

static int code_memory_file(int tries)
{
    (void)tries;
    int fd = (int)must(syscall(SYS_memfd_create, "code", 0), "memfd_create");
    must(write(fd, code, sizeof code), "write");
    return runs(mmap(NULL, CODE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
}

static int code_twice(int tries)
{
    (void)tries;
    int fd = (int)must(syscall(SYS_memfd_create, "code", 0), "memfd_create");
    must(ftruncate(fd, CODE_SIZE), "ftruncate");
    void *written = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    void *run = mmap(NULL, CODE_SIZE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    if (run == MAP_FAILED || written == MAP_FAILED)
        return 0;
    memcpy(written, code, sizeof code);
    return runs(run);
}

static int code_shared_memory(int tries)
{
    (void)tries;
    int id = (int)must(syscall(SYS_shmget, 0, (size_t)CODE_SIZE, 0700), "shmget");
    void *written = (void *)must(syscall(SYS_shmat, id, NULL, 0), "shmat");
    memcpy(written, code, sizeof code);
    long run = syscall(SYS_shmat, id, NULL, 0100000 /* SHM_EXEC */);
    must(syscall(SYS_shmctl, id, 0 /* IPC_RMID */, NULL), "shmctl");
    return run != -1 && runs((void *)run);
}

// A page of code that nobody may write: by /proc/self/mem the kernel writes it all the same.
static void *readable_code(void)
{
    int fd = (int)must(open("open/code", O_RDONLY), "open/code");
    void *at = mmap(NULL, CODE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        broken("mmap");
    return at;
}

static int code_mem(int tries)
{
    (void)tries;
    void *at = readable_code();
    int fd = open("/proc/self/mem", O_RDWR);
    return fd >= 0 && pwrite(fd, code, sizeof code, (off_t)at) == sizeof code && runs(at);
}

static int code_poked(int tries)
{
    long word = 0;
    (void)tries;
    void *at = readable_code();
    pid_t child = start_child();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        _exit(runs(at) ? SECRET : 0);
    }
    int status;
    must(waitpid(child, &status, 0), "waitpid");
    memcpy(&word, code, sizeof code);
    syscall(SYS_ptrace, PTRACE_POKETEXT, child, at, word);
    must(ptrace(PTRACE_CONT, child, NULL, NULL), "PTRACE_CONT");
    return status_of(child) == SECRET;
}

static int code_personality(int tries)
{
    (void)tries;
    if (syscall(SYS_personality, 0x0400000 /* READ_IMPLIES_EXEC */) < 0)
        return 0;
    void *at = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(at, code, sizeof code);

    // Where it isn't executable a child finds out.
    pid_t child = start_child();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        _exit(runs(at) ? SECRET : 0);
    }
    return status_of(child) == SECRET;
}

static int code_of_own_file(int tries)
{
    (void)tries;
    int fd = (int)must(open("own", O_RDWR | O_CREAT, 0700), "own");
    must(write(fd, code, sizeof code), "write");
    return runs(mmap(NULL, CODE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
}

static int code_executed(int tries)
{
    (void)tries;
    return run_program("shut/prog", (char *[]) { "prog", NULL }) == SECRET;
}

static void set_number(int side) { syscall(SYS_dup2, sources[side], NUMBER); }

static bool map_shot(void)
{
    void *at = (void *)syscall(SYS_mmap, NULL, (size_t)CODE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, NUMBER, 0L);
    if (at == MAP_FAILED)
        return false;
    bool through = runs(at);
    munmap(at, CODE_SIZE);
    return through;
}

static int code_swapped(int tries)
{
    sources[0] = (int)must(open("open/code", O_RDONLY), "open/code");
    sources[1] = (int)must(open("shut/code", O_RDONLY), "shut/code");
    return race(tries, THREAD, set_number, map_shot);
}

const struct attack wall_attacks[] = {
    { "caps-read", theirs_read, "root reads another user's file of mode 0" },
    { "caps-chown", given_away, "root gives a file to another user" },
    { "wall-read", path_read, "reads what is in no list" },
    { "wall-renamed", path_renamed, "gives a directory the name of one that is in the list" },
    { "wall-exchanged", path_exchanged, "exchanges a directory with one that is in the list" },
    { "wall-linked", path_linked, "links a file into a directory that is in the list" },
    { "wall-moved", path_moved, "moves a file into a directory that is in the list" },
    { "code-both", code_both, "memory that is writable and executable" },
    { "code-later", code_later, "memory that becomes executable when it is written" },
    { "code-keyed", code_keyed, "the same by pkey_mprotect" },
    { "code-memory-file", code_memory_file, "a memory file is mapped as code" },
    { "code-twice", code_twice, "one memory file mapped twice" },
    { "code-shared-memory", code_shared_memory, "System V shared memory with SHM_EXEC" },
    { "code-mem", code_mem, "/proc/self/mem writes to code" },
    { "code-poked", code_poked, "ptrace writes to a child's code" },
    { "code-personality", code_personality, "what is readable is executable" },
    { "code-own-file", code_of_own_file, "a file that the program wrote is mapped as code" },
    { "code-executed", code_executed, "a program from elsewhere is executed" },
    { "code-swapped", code_swapped, "another file under the number of one that may be mapped" },
    { 0 },
};
