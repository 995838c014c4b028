// A second thread puts another file under the number that a call uses.
#include "race.h"
#include "supervisor.h"

#include <linux/openat2.h>
#include <sys/xattr.h>

enum { NUMBER = 100 };

static int sources[2], turn;
enum { SHUT_SIZE = 25 };        // of shut/key

static void set_number(int side) { syscall(SYS_dup2, sources[side], NUMBER); }

static int numbers(int tries, const char *rest, int flags, bool (*shot)(void))
{
    char name[64];
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s%s", i ? "shut" : "open", rest);
        sources[i] = (int)must(open(name, flags), name);
    }
    return race(tries, THREAD, set_number, shot);
}

static struct stat key(void)
{
    struct stat found;
    must(stat("shut/key", &found), "stat");
    return found;
}

static bool fchmod_shot(void)
{
    mode_t mode = (mode_t)(04400 | (++turn & 0377));
    syscall(SYS_fchmod, NUMBER, mode);
    return (key().st_mode & 07777) == mode;
}

static bool ftruncate_shot(void) { off_t size = 100 + ++turn; syscall(SYS_ftruncate, NUMBER, size); return key().st_size == size; }

static bool fallocate_shot(void)
{
    off_t size = 4096 + ++turn;
    syscall(SYS_fallocate, NUMBER, 0, 0L, size);
    return key().st_size == size;
}

static bool fchown_shot(void)
{
    must(chmod("shut/key", 04755), "chmod");
    syscall(SYS_fchown, NUMBER, -1, getgid());
    return !(key().st_mode & S_ISUID);
}

static bool futimens_shot(void)
{
    struct timespec times[2] = { { ++turn, 0 }, { turn, 0 } };
    syscall(SYS_utimensat, NUMBER, NULL, times, 0);
    return key().st_mtime == turn;
}

static bool fsetxattr_shot(void)
{
    int found = 0;
    turn++;
    syscall(SYS_fsetxattr, NUMBER, "user.turn", &turn, sizeof turn, 0);
    return getxattr("shut/key", "user.turn", &found, sizeof found) == sizeof found && found == turn;
}

static bool fstat_shot(void)
{
    struct stat found = { 0 };
    return syscall(SYS_fstat, NUMBER, &found) == 0 && found.st_size == SHUT_SIZE;
}

// Only shut/ has an entry `deep`.
static bool getdents_shot(void)
{
    char room[4096];
    syscall(SYS_lseek, NUMBER, 0, SEEK_SET);
    long length = syscall(SYS_getdents64, NUMBER, room, sizeof room);
    return length > 0 && memmem(room, (size_t)length, "deep", 4);
}

static bool openat_shot(void) { return is_shut(syscall(SYS_openat, NUMBER, "key", O_RDONLY)); }

static bool openat2_shot(void)
{
    struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
    return is_shut(syscall(SYS_openat2, NUMBER, "key", &how, sizeof how));
}

static bool proc_fd_shot(void) { return is_shut(syscall(SYS_open, "/proc/self/fd/100", O_RDONLY)); }

static bool unlinkat_shot(void)
{
    struct stat found;
    mknod("open/new", S_IFREG | 0644, 0);
    mknod("shut/new", S_IFREG | 0644, 0);
    syscall(SYS_unlinkat, NUMBER, "new", 0);
    return lstat("shut/new", &found) < 0;
}

static bool renameat_shot(void)
{
    struct stat found;
    mknod("from", S_IFREG | 0644, 0);
    syscall(SYS_renameat, AT_FDCWD, "from", NUMBER, "new");
    bool through = lstat("shut/new", &found) == 0;
    unlink("shut/new");
    unlink("open/new");
    return through;
}

static bool linkat_shot(void)
{
    struct stat found;
    syscall(SYS_linkat, NUMBER, "key", AT_FDCWD, "linked", 0);
    bool through = lstat("linked", &found) == 0 && found.st_ino == key().st_ino;
    unlink("linked");
    return through;
}

static bool read_shot(void)
{
    char text[4] = { 0 };
    return syscall(SYS_pread64, NUMBER, text, 4, 0L) == 4 && memcmp(text, "shut", 4) == 0;
}

static bool write_shot(void)
{
    int found = 0, fd = sources[1];
    turn++;
    syscall(SYS_pwrite64, NUMBER, &turn, sizeof turn, 64L);
    return pread(fd, &found, sizeof found, 64) == sizeof found && found == turn;
}

static int home;
static bool fchdir_shot(void)
{
    struct stat found;
    bool through = syscall(SYS_fchdir, NUMBER) == 0 && stat("key", &found) == 0 && found.st_size == SHUT_SIZE;
    must(fchdir(home), "fchdir");
    return through;
}

// Like vfork, but with the same descriptors: the child's would be its own otherwise, and nobody could change them.
struct program { const char *name; int flags; };
static int execute(void *argument)
{
    const struct program *program = argument;
    char *argv[] = { "prog", NULL };
    syscall(SYS_execveat, NUMBER, program->name, argv, environ, program->flags);
    _exit(1);
}

static bool runs(const char *name, int flags)
{
    static char stack[16384] __attribute__((aligned(16)));
    struct program program = { name, flags };
    return status_of((pid_t)must(clone(execute, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &program), "clone")) == 42;
}

static bool execveat_shot(void) { return runs("prog", 0); }
static bool fexecve_shot(void) { return runs("", AT_EMPTY_PATH); }

#define NUMBERS(function, rest, flags, shot) static int function(int tries) { return numbers(tries, rest, flags, shot); }
NUMBERS(race_fchmod, "/key", O_RDONLY, fchmod_shot)
NUMBERS(race_ftruncate, "/key", O_RDWR, ftruncate_shot)
NUMBERS(race_fallocate, "/key", O_RDWR, fallocate_shot)
NUMBERS(race_fchown, "/key", O_RDONLY, fchown_shot)
NUMBERS(race_futimens, "/key", O_RDWR, futimens_shot)
NUMBERS(race_fsetxattr, "/key", O_RDWR, fsetxattr_shot)
NUMBERS(race_fstat, "/key", O_RDONLY, fstat_shot)
NUMBERS(race_getdents, "", O_RDONLY | O_DIRECTORY, getdents_shot)
NUMBERS(race_dirfd, "", O_PATH | O_DIRECTORY, openat_shot)
NUMBERS(race_dirfd_openat2, "", O_PATH | O_DIRECTORY, openat2_shot)
NUMBERS(race_proc_fd, "/key", O_PATH, proc_fd_shot)
NUMBERS(race_dirfd_unlinkat, "", O_PATH | O_DIRECTORY, unlinkat_shot)
NUMBERS(race_dirfd_renameat, "", O_PATH | O_DIRECTORY, renameat_shot)
NUMBERS(race_dirfd_linkat, "", O_PATH | O_DIRECTORY, linkat_shot)
NUMBERS(race_read, "/key", O_RDONLY, read_shot)
NUMBERS(race_pwrite, "/key", O_RDWR, write_shot)
NUMBERS(race_dirfd_execveat, "", O_PATH | O_DIRECTORY, execveat_shot)
NUMBERS(race_fexecve, "/prog", O_PATH, fexecve_shot)

static int race_fchdir(int tries)
{
    home = (int)must(open(".", O_PATH | O_DIRECTORY), ".");
    return numbers(tries, "", O_PATH | O_DIRECTORY, fchdir_shot);
}

// A signal that harms nobody: what we don't get ourselves the supervisor has got.
static volatile sig_atomic_t own_signals;
static void count_own(int signal) { (void)signal; own_signals++; }

static bool pidfd_shot(void)
{
    own_signals = 0;
    return syscall(SYS_pidfd_send_signal, NUMBER, SIGCONT, NULL, 0) == 0 && own_signals == 0;
}

static int race_pidfd(int tries)
{
    struct supervisor s = find_supervisor();
    signal(SIGCONT, count_own);
    sources[0] = (int)must(syscall(SYS_pidfd_open, getpid(), 0), "pidfd_open");
    sources[1] = (int)must(syscall(SYS_pidfd_open, s.pid, 0), "pidfd_open");
    int through = race(tries, THREAD, set_number, pidfd_shot);
    leave_supervisor(s);
    return through;
}

const struct attack fd_races[] = {
    { "race-fchmod", race_fchmod, "dup2 while fchmod" },
    { "race-ftruncate", race_ftruncate, "dup2 while ftruncate" },
    { "race-fallocate", race_fallocate, "dup2 while fallocate" },
    { "race-fchown", race_fchown, "dup2 while fchown" },
    { "race-futimens", race_futimens, "dup2 while utimensat without a path" },
    { "race-fsetxattr", race_fsetxattr, "dup2 while fsetxattr" },
    { "race-fstat", race_fstat, "dup2 while fstat" },
    { "race-getdents", race_getdents, "dup2 while getdents64" },
    { "race-dirfd", race_dirfd, "dup2 of the directory of openat" },
    { "race-dirfd-openat2", race_dirfd_openat2, "dup2 of the directory of openat2, RESOLVE_BENEATH" },
    { "race-proc-fd", race_proc_fd, "dup2 of N while opening /proc/self/fd/N" },
    { "race-dirfd-unlinkat", race_dirfd_unlinkat, "dup2 of the directory of unlinkat" },
    { "race-dirfd-renameat", race_dirfd_renameat, "dup2 of the second directory of renameat" },
    { "race-dirfd-linkat", race_dirfd_linkat, "dup2 of the first directory of linkat" },
    { "race-read", race_read, "dup2 while pread" },
    { "race-pwrite", race_pwrite, "dup2 while pwrite" },
    { "race-fchdir", race_fchdir, "dup2 while fchdir" },
    { "race-dirfd-execveat", race_dirfd_execveat, "dup2 of the directory of execveat" },
    { "race-pidfd", race_pidfd, "dup2 of the process of pidfd_send_signal" },
    { "race-fexecve", race_fexecve, "dup2 of the program of execveat with AT_EMPTY_PATH" },
    { 0 },
};
