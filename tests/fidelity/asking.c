// Calls that only look.
#include "fidelity.h"

#include <dirent.h>
#include <linux/stat.h>
#include <sys/inotify.h>
#include <sys/statfs.h>
#include <sys/vfs.h>

static char s_note[8192];                      // what a call gave besides its result
static int s_there;                            // whether it may be different outside of the case's directory

static void note_stat(const struct stat *st, long result)
{
    if (result == 0 && S_ISDIR(st->st_mode))
        snprintf(s_note, sizeof s_note, " %#o %d:%d", st->st_mode, (int)st->st_uid, (int)st->st_gid);
    else if (result == 0)
        snprintf(s_note, sizeof s_note, " %#o %d:%d size %ld links %ld rdev %#lx block %ld m %ld.%ld", st->st_mode, (int)st->st_uid, (int)st->st_gid, (long)st->st_size,
                 (long)st->st_nlink, (long)st->st_rdev, (long)st->st_blksize, s_there ? (long)st->st_mtim.tv_sec : 0, s_there ? st->st_mtim.tv_nsec : 0);
}

#define STAT(id, ...) static long id(const char *p) { struct stat st; long r = syscall(__VA_ARGS__); note_stat(&st, r); return r; }

STAT(c_stat, SYS_stat, p, &st)
STAT(c_lstat, SYS_lstat, p, &st)
STAT(c_newfstatat, SYS_newfstatat, AT_FDCWD, p, &st, 0)
STAT(c_newfstatat_link, SYS_newfstatat, AT_FDCWD, p, &st, AT_SYMLINK_NOFOLLOW)
STAT(c_newfstatat_empty, SYS_newfstatat, AT_FDCWD, p, &st, AT_EMPTY_PATH)

static long statx_with(const char *p, int flags, unsigned mask)
{
    struct statx st;
    memset(&st, 0, sizeof st);
    long r = syscall(SYS_statx, AT_FDCWD, p, flags, mask, &st);
    if (r == 0)
        snprintf(s_note, sizeof s_note, " mask %#x mode %#o %u:%u size %ld links %u rdev %u:%u attributes %#lx of %#lx born %d", st.stx_mask & 0xfff, st.stx_mode, st.stx_uid, st.stx_gid,
                 S_ISDIR(st.stx_mode) ? 0 : (long)st.stx_size, S_ISDIR(st.stx_mode) ? 0 : st.stx_nlink, st.stx_rdev_major, st.stx_rdev_minor, (long)st.stx_attributes, (long)st.stx_attributes_mask, st.stx_btime.tv_sec != 0);
    return r;
}

static long c_statx(const char *p) { return statx_with(p, 0, 0xfff); }
static long c_statx_link(const char *p) { return statx_with(p, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS); }
static long c_statx_sync(const char *p) { return statx_with(p, AT_STATX_FORCE_SYNC, STATX_TYPE); }
static long c_statx_reserved(const char *p) { return statx_with(p, 0, 0x80000000); }

#define ONE(id, ...) static long id(const char *p) { return syscall(__VA_ARGS__); }

ONE(c_stat_null, SYS_stat, p, NULL)
ONE(c_stat_bad, SYS_stat, p, (void *)1)
ONE(c_statx_bad, SYS_statx, AT_FDCWD, p, 0, 0xfff, (void *)1)
ONE(c_statfs_bad, SYS_statfs, p, (void *)1)
ONE(c_access, SYS_access, p, F_OK)
ONE(c_access_r, SYS_access, p, R_OK)
ONE(c_access_w, SYS_access, p, W_OK)
ONE(c_access_x, SYS_access, p, X_OK)
ONE(c_access_rwx, SYS_access, p, 7)
ONE(c_access_wrong, SYS_access, p, 8)
ONE(c_faccessat, SYS_faccessat, AT_FDCWD, p, R_OK | W_OK)
ONE(c_faccessat2, SYS_faccessat2, AT_FDCWD, p, R_OK, AT_EACCESS)
ONE(c_faccessat2_link, SYS_faccessat2, AT_FDCWD, p, W_OK, AT_SYMLINK_NOFOLLOW)
ONE(c_readlink_bad, SYS_readlink, p, (void *)1, 100)
ONE(c_readlink_zero, SYS_readlink, p, NULL, 0)
ONE(c_readlink_negative, SYS_readlink, p, NULL, -1)
ONE(c_getxattr, SYS_getxattr, p, "user.none", NULL, 0)
ONE(c_lgetxattr, SYS_lgetxattr, p, "user.none", NULL, 0)
ONE(c_listxattr, SYS_listxattr, p, NULL, 0)
ONE(c_llistxattr, SYS_llistxattr, p, NULL, 0)

static long c_statfs(const char *p)
{
    struct statfs fs;
    long r = syscall(SYS_statfs, p, &fs);
    if (r == 0)
        snprintf(s_note, sizeof s_note, " type %#lx block %ld name %ld flags %#lx", (long)fs.f_type, (long)fs.f_bsize, (long)fs.f_namelen, (long)fs.f_flags);
    return r;
}

static long readlink_with(const char *p, size_t size)
{
    static char room[4096];
    memset(room, '~', sizeof room);
    long r = syscall(SYS_readlink, p, room, size);
    int error = errno;
    snprintf(s_note, sizeof s_note, " '%.*s'%s", r < 0 ? 0 : (int)r, r < 0 ? "" : plain(memchr(room, '~', sizeof room) ? (*(char *)memchr(room, '~', sizeof room) = 0, room) : room), "");
    errno = error;
    return s_there || r < 0 ? r : 0;
}

static long c_readlink(const char *p) { return readlink_with(p, 4000); }

static long c_readlink_short(const char *p)
{
    char room[4] = "~~~";
    long r = syscall(SYS_readlink, p, room, 2);
    snprintf(s_note, sizeof s_note, " '%s'", room[2] == '~' ? "whole" : "over");
    return r;
}

static long c_readlinkat(const char *p)
{
    char room[4096] = "";
    long r = syscall(SYS_readlinkat, AT_FDCWD, p, room, sizeof room - 1);
    snprintf(s_note, sizeof s_note, " %s", plain(room));
    return s_there || r < 0 ? r : 0;
}

static long go(long (*how)(const char *), const char *p)
{
    char room[4096];
    int back = open(".", O_PATH | O_CLOEXEC);
    long r = how(p);
    int error = errno;
    snprintf(s_note, sizeof s_note, " in %s", getcwd(room, sizeof room) ? plain(room) : text(-1));
    if (fchdir(back) < 0)
        broken("fchdir");
    close(back);
    errno = error;
    return r;
}

static long to_path(const char *p) { return syscall(SYS_chdir, p); }

static long to_fd(const char *p)
{
    int fd = (int)syscall(SYS_open, p, O_PATH | O_CLOEXEC);
    long r = syscall(SYS_fchdir, fd);
    int error = errno;
    close(fd);
    errno = error;
    return r;
}

static long c_chdir(const char *p) { return go(to_path, p); }
static long c_fchdir(const char *p) { return go(to_fd, p); }

static long c_fstat(const char *p)
{
    struct stat st;
    int fd = (int)syscall(SYS_open, p, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    long r = syscall(SYS_fstat, fd, &st);
    int error = errno;
    note_stat(&st, r);
    close(fd);
    errno = error;
    return r;
}

static long watched(const char *p, unsigned mask)
{
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    long r = syscall(SYS_inotify_add_watch, watch, p, mask);
    int error = errno;
    close(watch);
    errno = error;
    return r;
}

static long c_inotify(const char *p) { return watched(p, IN_MODIFY); }
static long c_inotify_dir(const char *p) { return watched(p, IN_CREATE | IN_ONLYDIR); }
static long c_inotify_link(const char *p) { return watched(p, IN_DELETE_SELF | IN_DONT_FOLLOW); }
static long c_inotify_wrong(const char *p) { return watched(p, 0); }

static long handle_with(const char *p, int flags)
{
    struct { struct file_handle handle; char bytes[128]; } room = { .handle = { .handle_bytes = 128 } };
    int mount = 0;
    long r = syscall(SYS_name_to_handle_at, AT_FDCWD, p, &room.handle, &mount, flags);
    if (r == 0)
        snprintf(s_note, sizeof s_note, " bytes %u type %d", room.handle.handle_bytes, room.handle.handle_type);
    return r;
}

static long c_handle(const char *p) { return handle_with(p, 0); }
static long c_handle_follow(const char *p) { return handle_with(p, AT_SYMLINK_FOLLOW); }

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static long c_list(const char *p)
{
    struct dirent **names;
    char *out = s_note;
    if (!s_there)
        return 0;
    int count = p && p > (char *)4096 && p < (char *)0x800000000000 ? scandir(p, &names, NULL, by_name) : -1;
    for (int i = 0; i < count; i++) {
        out += sprintf(out, " %.200s/%d", plain(names[i]->d_name), names[i]->d_type);
        free(names[i]);
    }
    return count;
}

static const struct { const char *name; long (*make)(const char *); } calls[] = {
#define ROW(id) { #id, c_##id }
    ROW(stat), ROW(lstat), ROW(fstat), ROW(newfstatat), ROW(newfstatat_link), ROW(newfstatat_empty), ROW(statx), ROW(statx_link), ROW(statx_sync), ROW(statx_reserved),
    ROW(stat_null), ROW(stat_bad), ROW(statx_bad), ROW(statfs), ROW(statfs_bad), ROW(access), ROW(access_r), ROW(access_w), ROW(access_x), ROW(access_rwx), ROW(access_wrong),
    ROW(faccessat), ROW(faccessat2), ROW(faccessat2_link), ROW(readlink), ROW(readlink_short), ROW(readlink_bad), ROW(readlink_zero), ROW(readlink_negative), ROW(readlinkat),
    ROW(getxattr), ROW(lgetxattr), ROW(listxattr), ROW(llistxattr), ROW(chdir), ROW(fchdir), ROW(inotify), ROW(inotify_dir), ROW(inotify_link), ROW(inotify_wrong), ROW(handle),
    ROW(handle_follow), ROW(list),
};

// A watch goes off when somebody else changes the file.
static void watch(void)
{
    char room[4096] __attribute__((aligned(8)));
    enter_case(kind_named("full-dir"));
    int watcher = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    line("inotify wd %s", text(inotify_add_watch(watcher, "t", IN_ALL_EVENTS)));
    write_file("t/new", "x\n", 0600);
    rename("t/new", "t/newer");
    chmod("t/newer", 0640);
    struct stat st;
    stat("t/newer", &st);
    unlink("t/newer");
    open("t/x", O_RDONLY | O_CLOEXEC);
    ssize_t length = read(watcher, room, sizeof room);
    for (ssize_t at = 0; at < length;) {
        struct inotify_event *event = (void *)(room + at);
        line("inotify event %#x %s", event->mask, event->len ? event->name : "");
        at += (ssize_t)(sizeof *event + event->len);
    }
    close(watcher);
    line("%s", leave_case());
}

void run_asking(void)
{
    for (size_t c = 0; c < COUNT(calls); c++)
        for (size_t k = 0; k < kind_count; k++) {
            const char *path = enter_case(&kinds[k]);
            *s_note = 0;
            s_there = !(kinds[k].traits & OUTSIDE);
            const char *result = text(calls[c].make(path));
            line("%s %s: %s%s; %s", calls[c].name, kinds[k].name, result, s_note, leave_case());
        }
    watch();
}
