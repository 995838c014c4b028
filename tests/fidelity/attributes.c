// Calls that change what a file says about itself.
#include "fidelity.h"

#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static const struct timespec s_times[2] = { { 500, 5 }, { 600, 6 } };
static const struct timespec s_omit[2] = { { 0, UTIME_OMIT }, { 700, 7 } }, s_now[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
static const struct timespec s_none[2] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } }, s_wrong[2] = { { 0, 1000000000 }, { 0, 0 } };
static const struct timeval s_micro[2] = { { 500, 5 }, { 600, 6 } }, s_micro_wrong[2] = { { 500, 1000000 }, { 600, 6 } };
static const struct utimbuf s_old = { 500, 600 };

#define ONE(id, ...) static long id(const char *p) { return syscall(__VA_ARGS__); }

ONE(c_chmod, SYS_chmod, p, 0604)
ONE(c_chmod_high, SYS_chmod, p, 07777)
ONE(c_chmod_garbage, SYS_chmod, p, 0xfffff000 | 0600)
ONE(c_fchmodat, SYS_fchmodat, AT_FDCWD, p, 0040)
ONE(c_fchmodat2, SYS_fchmodat2, AT_FDCWD, p, 0440, 0)
ONE(c_fchmodat2_link, SYS_fchmodat2, AT_FDCWD, p, 0404, AT_SYMLINK_NOFOLLOW)
ONE(c_chown, SYS_chown, p, 12, 34)
ONE(c_chown_same, SYS_chown, p, getuid(), getgid())
ONE(c_chown_none, SYS_chown, p, -1, -1)
ONE(c_lchown, SYS_lchown, p, 12, 34)
ONE(c_lchown_group, SYS_lchown, p, -1, getgid())
ONE(c_fchownat, SYS_fchownat, AT_FDCWD, p, 12, -1, 0)
ONE(c_fchownat_link, SYS_fchownat, AT_FDCWD, p, 12, 34, AT_SYMLINK_NOFOLLOW)
ONE(c_truncate, SYS_truncate, p, 2)
ONE(c_truncate_zero, SYS_truncate, p, 0)
ONE(c_truncate_long, SYS_truncate, p, 9000)
ONE(c_truncate_negative, SYS_truncate, p, -1)
ONE(c_truncate_huge, SYS_truncate, p, INT64_MAX)
ONE(c_utime, SYS_utime, p, &s_old)
ONE(c_utime_now, SYS_utime, p, NULL)
ONE(c_utime_bad, SYS_utime, p, (void *)1)
ONE(c_utimes, SYS_utimes, p, s_micro)
ONE(c_utimes_wrong, SYS_utimes, p, s_micro_wrong)
ONE(c_futimesat, SYS_futimesat, AT_FDCWD, p, s_micro)
ONE(c_utimensat, SYS_utimensat, AT_FDCWD, p, s_times, 0)
ONE(c_utimensat_link, SYS_utimensat, AT_FDCWD, p, s_times, AT_SYMLINK_NOFOLLOW)
ONE(c_utimensat_omit, SYS_utimensat, AT_FDCWD, p, s_omit, 0)
ONE(c_utimensat_none, SYS_utimensat, AT_FDCWD, p, s_none, 0)
ONE(c_utimensat_now, SYS_utimensat, AT_FDCWD, p, s_now, 0)
ONE(c_utimensat_wrong, SYS_utimensat, AT_FDCWD, p, s_wrong, 0)
ONE(c_utimensat_bad, SYS_utimensat, AT_FDCWD, p, (void *)1, 0)
ONE(c_setxattr, SYS_setxattr, p, "user.a", "value", 5, 0)
ONE(c_setxattr_create, SYS_setxattr, p, "user.a", "value", 5, XATTR_CREATE)
ONE(c_setxattr_replace, SYS_setxattr, p, "user.a", "value", 5, XATTR_REPLACE)
ONE(c_setxattr_both, SYS_setxattr, p, "user.a", "value", 5, XATTR_REPLACE | XATTR_CREATE)
ONE(c_setxattr_flags, SYS_setxattr, p, "user.a", "value", 5, 8)
ONE(c_setxattr_name, SYS_setxattr, p, "nonsense", "value", 5, 0)
ONE(c_setxattr_empty, SYS_setxattr, p, "", "value", 5, 0)
ONE(c_setxattr_trusted, SYS_setxattr, p, "trusted.a", "value", 5, 0)
ONE(c_setxattr_security, SYS_setxattr, p, "security.a", "value", 5, 0)
ONE(c_setxattr_null, SYS_setxattr, p, NULL, "value", 5, 0)
ONE(c_setxattr_bad, SYS_setxattr, p, "user.a", (void *)1, 5, 0)
ONE(c_setxattr_huge, SYS_setxattr, p, "user.a", "value", 65537, 0)
ONE(c_lsetxattr, SYS_lsetxattr, p, "user.a", "value", 5, 0)
ONE(c_lsetxattr_trusted, SYS_lsetxattr, p, "trusted.a", "value", 5, 0)
ONE(c_removexattr, SYS_removexattr, p, "user.none")
ONE(c_lremovexattr, SYS_lremovexattr, p, "user.none")

// By descriptor; what can't be opened for reading is opened by path alone.
static long opened(const char *p)
{
    int fd = (int)syscall(SYS_open, p, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 ? fd : syscall(SYS_open, p, O_PATH | O_CLOEXEC);
}

#define BY_FD(id, ...) static long id(const char *p) { long fd = opened(p); long r = syscall(__VA_ARGS__); int e = errno; close((int)fd); errno = e; return r; }

BY_FD(c_fchmod, SYS_fchmod, fd, 0604)
BY_FD(c_fchown, SYS_fchown, fd, 12, 34)
BY_FD(c_futimens, SYS_utimensat, fd, NULL, s_times, 0)
BY_FD(c_ftruncate, SYS_ftruncate, fd, 1)
BY_FD(c_fsetxattr, SYS_fsetxattr, fd, "user.a", "value", 5, 0)
BY_FD(c_fremovexattr, SYS_fremovexattr, fd, "user.none")
BY_FD(c_fchownat_empty, SYS_fchownat, fd, "", 12, 34, AT_EMPTY_PATH)
BY_FD(c_fchmodat2_empty, SYS_fchmodat2, fd, "", 0640, AT_EMPTY_PATH)
BY_FD(c_utimensat_empty, SYS_utimensat, fd, "", s_times, AT_EMPTY_PATH)

// Made, read back, removed: one result for all.
static long c_xattr_round(const char *p)
{
    char value[16] = "";
    long made = syscall(SYS_setxattr, p, "user.b", "yes", 3, XATTR_CREATE);
    if (made < 0)
        return made;
    if (syscall(SYS_setxattr, p, "user.b", "no!", 3, XATTR_CREATE) != -1 || errno != EEXIST)
        return 90;
    if (syscall(SYS_getxattr, p, "user.b", value, sizeof value) != 3 || strcmp(value, "yes") != 0)
        return 91;
    if (syscall(SYS_getxattr, p, "user.b", value, 2) != -1 || errno != ERANGE)
        return 92;
    if (syscall(SYS_listxattr, p, NULL, 0) < 7 || syscall(SYS_removexattr, p, "user.b") < 0)
        return 93;
    return syscall(SYS_getxattr, p, "user.b", value, sizeof value);
}

static const struct { const char *name; long (*make)(const char *); } calls[] = {
#define ROW(id) { #id, c_##id }
    ROW(chmod), ROW(chmod_high), ROW(chmod_garbage), ROW(fchmodat), ROW(fchmodat2), ROW(fchmodat2_link), ROW(fchmod), ROW(fchmodat2_empty),
    ROW(chown), ROW(chown_same), ROW(chown_none), ROW(lchown), ROW(lchown_group), ROW(fchownat), ROW(fchownat_link), ROW(fchown), ROW(fchownat_empty),
    ROW(truncate), ROW(truncate_zero), ROW(truncate_long), ROW(truncate_negative), ROW(truncate_huge), ROW(ftruncate),
    ROW(utime), ROW(utime_now), ROW(utime_bad), ROW(utimes), ROW(utimes_wrong), ROW(futimesat), ROW(utimensat), ROW(utimensat_link),
    ROW(utimensat_omit), ROW(utimensat_none), ROW(utimensat_now), ROW(utimensat_wrong), ROW(utimensat_bad), ROW(futimens), ROW(utimensat_empty),
    ROW(setxattr), ROW(setxattr_create), ROW(setxattr_replace), ROW(setxattr_both), ROW(setxattr_flags), ROW(setxattr_name), ROW(setxattr_empty),
    ROW(setxattr_trusted), ROW(setxattr_security), ROW(setxattr_null), ROW(setxattr_bad), ROW(setxattr_huge), ROW(lsetxattr), ROW(lsetxattr_trusted),
    ROW(removexattr), ROW(lremovexattr), ROW(fsetxattr), ROW(fremovexattr), ROW(xattr_round),
};

// Of what the path means and of the link itself: modified, accessed (only where they were set), attributes.
static const char *aspects(const char *path)
{
    static char room[600];
    char names[256] = "";
    struct stat st;
    char *out = room;
    *out = 0;
    for (int link = 0; link < 2; link++) {
        if (syscall(link ? SYS_lstat : SYS_stat, path, &st) < 0)
            continue;
        out += sprintf(out, " %s m %s a %s", link ? "link" : "file", st.st_mtim.tv_sec > 1000000000 ? "now" : "old", st.st_atim.tv_sec > 1000000000 ? "now" : "old");
        if (st.st_mtim.tv_sec < 1000000000)
            out += sprintf(out, " %ld.%ld", (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
        if (st.st_atim.tv_sec < 1000000000)
            out += sprintf(out, " %ld.%ld", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec);
        long length = syscall(link ? SYS_llistxattr : SYS_listxattr, path, names, sizeof names);
        for (long at = 0; at < length; at += (long)strlen(names + at) + 1)
            out += sprintf(out, " %s", names + at);
    }
    return room;
}

void run_attributes(void)
{
    for (size_t c = 0; c < COUNT(calls); c++)
        for (size_t k = 0; k < kind_count; k++) {
            if (kinds[k].traits & OUTSIDE)
                continue;
            const char *path = enter_case(&kinds[k]);
            const char *result = text(calls[c].make(path));
            const char *seen = strncmp(calls[c].name, "ut", 2) == 0 || strncmp(calls[c].name, "fu", 2) == 0 || strstr(calls[c].name, "xattr") ? aspects(path) : "";
            line("%s %s: %s;%s %s", calls[c].name, kinds[k].name, result, seen, leave_case());
        }

    // What is outside: only what changes nothing.
    static const char *const outside[] = { "/proc/version", "/proc/self/status", "/proc/self/missing" };
    for (size_t c = 0; c < COUNT(calls); c++)
        for (size_t k = 0; k < COUNT(outside); k++) {
            if (strncmp(calls[c].name, "truncate", 8) != 0 && strncmp(calls[c].name, "chown_none", 10) != 0 && strncmp(calls[c].name, "setxattr", 8) != 0)
                continue;
            line("%s %s: %s", calls[c].name, outside[k], text(calls[c].make(outside[k])));
        }
}
