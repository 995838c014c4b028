// The calls that take a directory's descriptor and flags.
#include "fidelity.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static const struct timespec s_times[2] = { { 500, 5 }, { 600, 6 } };

#define CALL(id, ...) static long id(int dir, const char *p, int flags) { (void)flags; return syscall(__VA_ARGS__); }

static long c_newfstatat(int dir, const char *p, int flags) { struct stat st; return syscall(SYS_newfstatat, dir, p, &st, flags); }
static long c_statx(int dir, const char *p, int flags) { char st[256]; return syscall(SYS_statx, dir, p, flags, 0xfff, st); }
static long c_handle(int dir, const char *p, int flags)
{
    struct { struct file_handle handle; char bytes[128]; } room = { .handle = { .handle_bytes = 128 } };
    int mount;
    return syscall(SYS_name_to_handle_at, dir, p, &room.handle, &mount, flags);
}
static long c_readlinkat(int dir, const char *p, int flags) { char room[100]; (void)flags; long r = syscall(SYS_readlinkat, dir, p, room, sizeof room); return r > 0 ? 1 : r; }
CALL(c_faccessat, SYS_faccessat, dir, p, R_OK)
CALL(c_faccessat2, SYS_faccessat2, dir, p, R_OK, flags)
CALL(c_fchownat, SYS_fchownat, dir, p, getuid(), getgid(), flags)
CALL(c_fchmodat, SYS_fchmodat, dir, p, 0600)
CALL(c_fchmodat2, SYS_fchmodat2, dir, p, 0700, flags)
CALL(c_utimensat, SYS_utimensat, dir, p, s_times, flags)
CALL(c_futimesat, SYS_futimesat, dir, p, NULL)
CALL(c_linkat, SYS_linkat, dir, p, AT_FDCWD, "new", flags)
CALL(c_linkat_to, SYS_linkat, AT_FDCWD, "other", dir, p, flags)
CALL(c_unlinkat, SYS_unlinkat, dir, p, flags)
CALL(c_renameat2, SYS_renameat2, dir, p, AT_FDCWD, "new", flags)
CALL(c_renameat_to, SYS_renameat, AT_FDCWD, "other", dir, p)
CALL(c_symlinkat, SYS_symlinkat, "text", dir, p)
CALL(c_mkdirat, SYS_mkdirat, dir, p, 0700)
CALL(c_mknodat, SYS_mknodat, dir, p, S_IFREG | 0600, 0)
static long c_openat(int dir, const char *p, int flags) { (void)flags; long fd = syscall(SYS_openat, dir, p, O_RDONLY | O_NONBLOCK); if (fd >= 0) close((int)fd); return fd >= 0 ? 0 : fd; }
static long c_openat_creat(int dir, const char *p, int flags) { (void)flags; long fd = syscall(SYS_openat, dir, p, O_RDWR | O_CREAT | O_NONBLOCK, 0600); if (fd >= 0) close((int)fd); return fd >= 0 ? 0 : fd; }
static long c_openat_path(int dir, const char *p, int flags) { (void)flags; long fd = syscall(SYS_openat, dir, p, O_PATH | O_NOFOLLOW); if (fd >= 0) close((int)fd); return fd >= 0 ? 0 : fd; }

static const struct { const char *name; long (*make)(int, const char *, int); int flagged; } calls[] = {
#define ROW(id, flagged) { #id, c_##id, flagged }
    ROW(newfstatat, 1), ROW(statx, 1), ROW(handle, 1), ROW(faccessat, 0), ROW(faccessat2, 1), ROW(fchownat, 1), ROW(fchmodat, 0), ROW(fchmodat2, 1), ROW(utimensat, 1), ROW(futimesat, 0),
    ROW(linkat, 1), ROW(linkat_to, 0), ROW(unlinkat, 1), ROW(renameat2, 1), ROW(renameat_to, 0), ROW(symlinkat, 0), ROW(mkdirat, 0), ROW(mknodat, 0), ROW(readlinkat, 0),
    ROW(openat, 0), ROW(openat_creat, 0), ROW(openat_path, 0),
};

void run_at_flags(void)
{
    static const char *const which[] = { "file", "link-file", "dangling", "dir", "link-dir-slash", "missing", "empty", "null", "loop" };
    static const int flags[] = { 0, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x1100, 0x1400, 0x2000, 0x4000, 0x6000, 0x8000, 1, 2, 3, 4, 8, 0x40000000, -1 };
    for (size_t c = 0; c < COUNT(calls); c++)
        for (size_t k = 0; calls[c].flagged && k < COUNT(which); k++)
            for (size_t f = 0; f < COUNT(flags); f++) {
                const char *path = enter_case(kind_named(which[k]));
                const char *result = text(calls[c].make(AT_FDCWD, path, flags[f]));
                line("%s %s %#x: %s; %s", calls[c].name, which[k], flags[f], result, leave_case());
            }
}

enum { CWD, MINUS_ONE, NO_SUCH, CLOSED, A_FILE, A_FILE_PATH, A_DIR, A_DIR_PATH, A_LINK_PATH, A_DELETED_DIR, A_DELETED_FILE, A_PIPE, A_FIFO_PATH, DIR_KINDS };
static const char *const dir_names[] = { "cwd", "-1", "99", "closed", "file", "file-path", "dir", "dir-path", "link-path", "deleted-dir", "deleted-file", "pipe", "fifo-path" };

static void world(void)
{
    write_file("f", "hello\n", 0644);
    write_file("other", "other\n", 0644);
    mkdir("d", 0755);
    mkdir("gone", 0755);
    write_file("d/f", "hello\n", 0644);
    write_file("gone-file", "", 0644);
    if (symlink("f", "l") < 0 || symlink("f", "d/l") < 0 || mkfifo("p", 0644) < 0)
        broken("world");
}

static int open_dir(int kind)
{
    int ends[2], fd;
    switch (kind) {
    case CWD: return AT_FDCWD;
    case MINUS_ONE: return -1;
    case NO_SUCH: return 99;
    case CLOSED: fd = dup(1); close(fd); return fd;
    case A_FILE: return open("f", O_RDWR);
    case A_FILE_PATH: return open("f", O_PATH);
    case A_DIR: return open("d", O_RDONLY | O_DIRECTORY);
    case A_DIR_PATH: return open("d", O_PATH | O_DIRECTORY);
    case A_LINK_PATH: return open("l", O_PATH | O_NOFOLLOW);
    case A_DELETED_DIR: fd = open("gone", O_RDONLY | O_DIRECTORY); rmdir("gone"); return fd;
    case A_DELETED_FILE: fd = open("gone-file", O_RDWR); unlink("gone-file"); return fd;
    case A_PIPE: if (pipe(ends) < 0) broken("pipe"); close(ends[1]); return ends[0];
    default: return open("p", O_PATH);
    }
}

void run_dirfds(void)
{
    char whole[4200];
    snprintf(whole, sizeof whole, "%s/case/in/f", here);
    const char *const paths[] = { "f", "l", "missing", "..", ".", "../f", "", NULL, (char *)1, whole, "/missing", "f/", "no/f" };
    static const char *const names[] = { "f", "l", "missing", "..", ".", "../f", "empty", "null", "bad", "whole", "/missing", "f/", "no/f" };
    for (size_t c = 0; c < COUNT(calls); c++)
        for (int d = 0; d < DIR_KINDS; d++)
            for (size_t p = 0; p < COUNT(paths); p++)
                for (int empty = 0; empty <= (calls[c].flagged && (!paths[p] || !*names[p] || p == 6 || p == 8)); empty++) {
                    // What would make names in the root directory.
                    if (p == 10 && (strstr(calls[c].name, "_to") || strstr(calls[c].name, "mk") || strstr(calls[c].name, "creat") || strstr(calls[c].name, "symlink")))
                        continue;
                    enter_case(kind_named("missing"));
                    world();
                    int fd = open_dir(d);
                    const char *result = text(calls[c].make(fd, paths[p], empty ? AT_EMPTY_PATH : 0));
                    line("%s %s %s%s: %s; %s", calls[c].name, dir_names[d], names[p], empty ? " empty-path" : "", result, calls[c].flagged || p < 3 ? leave_case() : (leave_case(), ""));
                }
}
