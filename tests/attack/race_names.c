// A second thread rewrites the name of what a call is about.
#include "race.h"

#include <linux/openat2.h>
#include <sys/time.h>
#include <sys/xattr.h>

static int opened, shut;        // the two directories
static int turn;                // differs from shot to shot, so that every shot shows

static void prepare(const char *rest)
{
    opened = (int)must(open("open", O_PATH | O_DIRECTORY), "open");
    shut = (int)must(open("shut", O_PATH | O_DIRECTORY), "shut");
    turn = 0;
    flip_path(rest);
}

enum { SHUT_SIZE = 25 };        // of shut/key, which rules on stat keep from us

static int names(int tries, const char *rest, bool (*shot)(void))
{
    prepare(rest);
    return race(tries, THREAD, set_word, shot);
}

static bool there(int dir, const char *name)
{
    struct stat found;
    return fstatat(dir, name, &found, AT_SYMLINK_NOFOLLOW) == 0;
}

// Something new came to be in shut/; whatever came to be is removed.
static bool came(void)
{
    bool through = there(shut, "new");
    for (int i = 0; i < 2; i++)
        if (unlinkat(i ? shut : opened, "new", 0) < 0)
            unlinkat(i ? shut : opened, "new", AT_REMOVEDIR);
    return through;
}

static void put(void)
{
    mknodat(opened, "new", S_IFREG | 0644, 0);
    mknodat(shut, "new", S_IFREG | 0644, 0);
}

static struct stat key(void)
{
    struct stat found;
    must(fstatat(shut, "key", &found, 0), "stat");
    return found;
}

static bool open_shot(void) { return is_shut(syscall(SYS_open, path, O_RDONLY)); }
static bool openat_shot(void) { return is_shut(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY)); }

static bool openat2_shot(void)
{
    struct open_how how = { .flags = O_RDONLY };
    return is_shut(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
}

static struct open_how how;
static bool how_flags_shot(void)
{
    long fd = syscall(SYS_openat2, AT_FDCWD, "shut/key", &how, sizeof how);
    bool writable = fd >= 0 && (fcntl((int)fd, F_GETFL) & O_ACCMODE) == O_RDWR;
    if (fd >= 0)
        close((int)fd);
    return writable;
}

static bool creat_shot(void)
{
    long fd = syscall(SYS_creat, path, 0644);
    if (fd >= 0)
        close((int)fd);
    return came();
}

static bool open_create_shot(void)
{
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_EXCL | O_WRONLY, 0644);
    if (fd >= 0)
        close((int)fd);
    return came();
}

static bool open_truncate_shot(void)
{
    put();
    int fd = openat(shut, "new", O_WRONLY);
    if (fd < 0 || write(fd, "text", 4) != 4)
        broken("shut/new");
    close(fd);
    long result = syscall(SYS_open, path, O_WRONLY | O_TRUNC);
    if (result >= 0)
        close((int)result);
    struct stat found;
    must(fstatat(shut, "new", &found, 0), "stat");
    came();
    return found.st_size == 0;
}

static bool deleted(void) { return !there(shut, "new"); }

static bool unlink_shot(void) { put(); syscall(SYS_unlink, path); return deleted(); }
static bool unlinkat_shot(void) { put(); syscall(SYS_unlinkat, AT_FDCWD, path, 0); return deleted(); }

static bool rmdir_shot(void)
{
    mkdirat(opened, "new", 0755);
    mkdirat(shut, "new", 0755);
    syscall(SYS_rmdir, path);
    return deleted();
}

static bool rename_from_shot(void) { put(); syscall(SYS_rename, path, "moved"); return deleted(); }

static bool rename_to_shot(void)
{
    mknod("from", S_IFREG | 0644, 0);
    syscall(SYS_rename, "from", path);
    return came();
}

static bool rename_over_shot(void)
{
    struct stat before, after;
    put();
    must(fstatat(shut, "new", &before, 0), "stat");
    mknod("from", S_IFREG | 0644, 0);
    syscall(SYS_rename, "from", path);
    must(fstatat(shut, "new", &after, 0), "stat");
    return after.st_ino != before.st_ino;
}

static bool renameat2_shot(void)
{
    mknod("from", S_IFREG | 0644, 0);
    syscall(SYS_renameat2, AT_FDCWD, "from", AT_FDCWD, path, 1 /* RENAME_NOREPLACE */);
    return came();
}

static bool link_from_shot(void)
{
    struct stat found;
    syscall(SYS_link, path, "linked");
    bool through = stat("linked", &found) == 0 && found.st_size == SHUT_SIZE;
    unlink("linked");
    return through;
}

static bool link_to_shot(void) { syscall(SYS_linkat, AT_FDCWD, "open/key", AT_FDCWD, path, 0); return came(); }
static bool symlink_shot(void) { syscall(SYS_symlink, "text", path); return came(); }
static bool mkdir_shot(void) { syscall(SYS_mkdir, path, 0755); return came(); }
static bool mkdirat_shot(void) { syscall(SYS_mkdirat, AT_FDCWD, path, 0755); return came(); }
static bool mknod_shot(void) { syscall(SYS_mknod, path, S_IFIFO | 0644, 0); return came(); }

static mode_t new_mode(void) { return (mode_t)(04400 | (++turn & 0377)); }
static bool chmod_shot(void) { mode_t mode = new_mode(); syscall(SYS_chmod, path, mode); return (key().st_mode & 07777) == mode; }

static bool fchmodat_shot(void)
{
    mode_t mode = new_mode();
    syscall(SYS_fchmodat, AT_FDCWD, path, mode);
    return (key().st_mode & 07777) == mode;
}

// Changing the owner, even to what it is, takes the set-user-id bit away.
static bool chown_shot(void)
{
    must(fchmodat(shut, "key", 04755, 0), "chmod");
    syscall(SYS_chown, path, -1, getgid());
    return !(key().st_mode & S_ISUID);
}

static bool fchownat_shot(void)
{
    must(fchmodat(shut, "key", 04755, 0), "chmod");
    syscall(SYS_fchownat, AT_FDCWD, path, -1, getgid(), 0);
    return !(key().st_mode & S_ISUID);
}

static bool truncate_shot(void) { off_t size = 100 + ++turn; syscall(SYS_truncate, path, size); return key().st_size == size; }

static bool utimensat_shot(void)
{
    struct timespec times[2] = { { ++turn, 0 }, { turn, 0 } };
    syscall(SYS_utimensat, AT_FDCWD, path, times, 0);
    return key().st_mtime == turn;
}

static bool utimes_shot(void)
{
    struct timeval times[2] = { { ++turn, 0 }, { turn, 0 } };
    syscall(SYS_utimes, path, times);
    return key().st_mtime == turn;
}

static bool setxattr_shot(void)
{
    int found = 0;
    turn++;
    syscall(SYS_setxattr, path, "user.turn", &turn, sizeof turn, 0);
    return getxattr("shut/key", "user.turn", &found, sizeof found) == sizeof found && found == turn;
}

static bool stat_shot(void)
{
    struct stat found = { 0 };
    return syscall(SYS_stat, path, &found) == 0 && found.st_size == SHUT_SIZE;
}

static bool newfstatat_shot(void)
{
    struct stat found = { 0 };
    return syscall(SYS_newfstatat, AT_FDCWD, path, &found, 0) == 0 && found.st_size == SHUT_SIZE;
}

static bool statx_shot(void)
{
    struct statx found = { 0 };
    return syscall(SYS_statx, AT_FDCWD, path, 0, STATX_SIZE, &found) == 0 && found.stx_size == SHUT_SIZE;
}

static bool getxattr_shot(void)
{
    char value = 0;
    return syscall(SYS_getxattr, path, "user.side", &value, 1) == 1 && value == 's';
}

static bool access_shot(void) { return syscall(SYS_access, path, X_OK) == 0; }
static bool faccessat_shot(void) { return syscall(SYS_faccessat, AT_FDCWD, path, X_OK) == 0; }

static bool readlink_shot(void)
{
    char text[4] = { 0 };
    return syscall(SYS_readlink, path, text, 4) == 4 && memcmp(text, "shut", 4) == 0;
}

static int home;
static bool chdir_shot(void)
{
    struct stat found;
    bool through = syscall(SYS_chdir, path) == 0 && stat("../key", &found) == 0 && found.st_size == SHUT_SIZE;
    must(fchdir(home), "fchdir");
    return through;
}

static bool execve_shot(void) { char *argv[] = { "prog", NULL }; return run_program(path, argv) == 42; }

static bool execveat_shot(void)
{
    char *argv[] = { "prog", NULL };
    pid_t child = vfork();
    if (child == 0) {
        syscall(SYS_execveat, AT_FDCWD, path, argv, environ, 0);
        _exit(1);
    }
    return status_of((pid_t)must(child, "vfork")) == 42;
}

static char said[8] __attribute__((aligned(8))) = "allowed";
static bool argv_shot(void) { char *argv[] = { "echo", said, NULL }; return run_program("echo", argv) == 'F'; }

// More words than anybody reads: what is known of them counts.
static bool argv_many_shot(void)
{
    static char *many[5001];
    for (int i = 0; i < 5000; i++)
        many[i] = i == 1 ? said : "echo";
    return run_program("echo", many) == 'F';
}

static char left[8] = "allowed", right[8] = "Forbids";
static char *vector[3] = { "echo", left, NULL };
static bool argv_pointer_shot(void) { return run_program("echo", vector) == 'F'; }

// Whatever isn't the open file is the shut one.
static bool file_handle_shot(void)
{
    struct { struct file_handle handle; char bytes[128]; } room = { .handle = { .handle_bytes = 128 } }, allowed = room;
    int mount;
    must(syscall(SYS_name_to_handle_at, opened, "key", &allowed.handle, &mount, 0), "name_to_handle_at");
    return syscall(SYS_name_to_handle_at, AT_FDCWD, path, &room.handle, &mount, 0) == 0
        && memcmp(room.handle.f_handle, allowed.handle.f_handle, room.handle.handle_bytes) != 0;
}

#define NAMES(function, rest, shot) static int function(int tries) { return names(tries, rest, shot); }
NAMES(race_open, "key", open_shot)
NAMES(race_openat, "key", openat_shot)
NAMES(race_openat2, "key", openat2_shot)
NAMES(race_creat, "new", creat_shot)
NAMES(race_create, "new", open_create_shot)
NAMES(race_open_truncate, "new", open_truncate_shot)
NAMES(race_unlink, "new", unlink_shot)
NAMES(race_unlinkat, "new", unlinkat_shot)
NAMES(race_rmdir, "new", rmdir_shot)
NAMES(race_rename_from, "new", rename_from_shot)
NAMES(race_rename_to, "new", rename_to_shot)
NAMES(race_renameat2, "new", renameat2_shot)
NAMES(race_rename_over, "new", rename_over_shot)
NAMES(race_link_from, "key", link_from_shot)
NAMES(race_link_to, "new", link_to_shot)
NAMES(race_symlink, "new", symlink_shot)
NAMES(race_mkdir, "new", mkdir_shot)
NAMES(race_mkdirat, "new", mkdirat_shot)
NAMES(race_mknod, "new", mknod_shot)
NAMES(race_chmod, "key", chmod_shot)
NAMES(race_fchmodat, "key", fchmodat_shot)
NAMES(race_chown, "key", chown_shot)
NAMES(race_fchownat, "key", fchownat_shot)
NAMES(race_truncate, "key", truncate_shot)
NAMES(race_utimensat, "key", utimensat_shot)
NAMES(race_utimes, "key", utimes_shot)
NAMES(race_setxattr, "key", setxattr_shot)
NAMES(race_stat, "key", stat_shot)
NAMES(race_newfstatat, "key", newfstatat_shot)
NAMES(race_statx, "key", statx_shot)
NAMES(race_access, "key", access_shot)
NAMES(race_faccessat, "key", faccessat_shot)
NAMES(race_readlink, "lnk", readlink_shot)
NAMES(race_execve, "prog", execve_shot)
NAMES(race_execveat, "prog", execveat_shot)
NAMES(race_handle, "key", file_handle_shot)

static int race_getxattr(int tries)
{
    must(setxattr("shut/key", "user.side", "s", 1, 0), "setxattr");
    return names(tries, "key", getxattr_shot);
}

static int race_chdir(int tries)
{
    home = (int)must(open(".", O_PATH | O_DIRECTORY), ".");
    return names(tries, "dir", chdir_shot);
}

static int race_how(int tries)
{
    flip_word(&how.flags, &(uint32_t){ O_RDONLY }, &(uint32_t){ O_RDWR });
    return race(tries, THREAD, set_word, how_flags_shot);
}

static int race_argv(int tries)
{
    flip_word(said, "allo", "Forb");
    return race(tries, THREAD, set_word, argv_shot);
}

static int race_argv_many(int tries)
{
    flip_word(said, "allo", "Forb");
    return race(tries, THREAD, set_word, argv_many_shot);
}

static int race_argv_pointer(int tries)
{
    flip_word(&vector[1], &(uint32_t){ (uint32_t)(uintptr_t)left }, &(uint32_t){ (uint32_t)(uintptr_t)right });
    return race(tries, THREAD, set_word, argv_pointer_shot);
}

const struct attack name_races[] = {
    { "race-open", race_open, "rewrites the path of open" },
    { "race-openat", race_openat, "rewrites the path of openat" },
    { "race-openat2", race_openat2, "rewrites the path of openat2" },
    { "race-openat2-flags", race_how, "rewrites how.flags of openat2, which stand in memory" },
    { "race-creat", race_creat, "rewrites the path of creat" },
    { "race-create-exclusive", race_create, "rewrites the path of an exclusive create" },
    { "race-open-truncate", race_open_truncate, "rewrites the path of an open that truncates" },
    { "race-unlink", race_unlink, "rewrites the path of unlink" },
    { "race-unlinkat", race_unlinkat, "rewrites the path of unlinkat" },
    { "race-rmdir", race_rmdir, "rewrites the path of rmdir" },
    { "race-rename-from", race_rename_from, "rewrites the first path of rename" },
    { "race-rename-to", race_rename_to, "rewrites the second path of rename" },
    { "race-rename-over", race_rename_over, "rewrites the path of what rename replaces" },
    { "race-renameat2", race_renameat2, "rewrites the second path of renameat2" },
    { "race-link-from", race_link_from, "rewrites the first path of link" },
    { "race-link-to", race_link_to, "rewrites the second path of linkat" },
    { "race-symlink", race_symlink, "rewrites the path of symlink" },
    { "race-mkdir", race_mkdir, "rewrites the path of mkdir" },
    { "race-mkdirat", race_mkdirat, "rewrites the path of mkdirat" },
    { "race-mknod", race_mknod, "rewrites the path of mknod" },
    { "race-chmod", race_chmod, "rewrites the path of chmod" },
    { "race-fchmodat", race_fchmodat, "rewrites the path of fchmodat" },
    { "race-chown", race_chown, "rewrites the path of chown" },
    { "race-fchownat", race_fchownat, "rewrites the path of fchownat" },
    { "race-truncate", race_truncate, "rewrites the path of truncate" },
    { "race-utimensat", race_utimensat, "rewrites the path of utimensat" },
    { "race-utimes", race_utimes, "rewrites the path of utimes" },
    { "race-setxattr", race_setxattr, "rewrites the path of setxattr" },
    { "race-stat", race_stat, "rewrites the path of stat" },
    { "race-newfstatat", race_newfstatat, "rewrites the path of newfstatat" },
    { "race-statx", race_statx, "rewrites the path of statx" },
    { "race-getxattr", race_getxattr, "rewrites the path of getxattr" },
    { "race-handle", race_handle, "rewrites the path of name_to_handle_at" },
    { "race-access", race_access, "rewrites the path of access" },
    { "race-faccessat", race_faccessat, "rewrites the path of faccessat" },
    { "race-readlink", race_readlink, "rewrites the path of readlink" },
    { "race-chdir", race_chdir, "rewrites the path of chdir" },
    { "race-execve", race_execve, "rewrites the path of execve" },
    { "race-execveat", race_execveat, "rewrites the path of execveat" },
    { "race-argv", race_argv, "rewrites a word of argv" },
    { "race-argv-many", race_argv_many, "the same among five thousand" },
    { "race-argv-pointer", race_argv_pointer, "puts another pointer into argv" },
    { 0 },
};
