// Every way to open, of everything that a path can mean.
#include "fidelity.h"

#include <linux/openat2.h>

enum { BY_OPEN, BY_OPENAT, BY_OPENAT2 };

static const struct { const char *name; int flags; } extras[] = {
    { "", 0 },
    { "+creat", O_CREAT },
    { "+creat+excl", O_CREAT | O_EXCL },
    { "+excl", O_EXCL },
    { "+trunc", O_TRUNC },
    { "+creat+trunc", O_CREAT | O_TRUNC },
    { "+creat+excl+trunc", O_CREAT | O_EXCL | O_TRUNC },
    { "+append", O_APPEND },
    { "+creat+append", O_CREAT | O_APPEND },
    { "+append+trunc", O_APPEND | O_TRUNC },
    { "+nofollow", O_NOFOLLOW },
    { "+creat+nofollow", O_CREAT | O_NOFOLLOW },
    { "+creat+excl+nofollow", O_CREAT | O_EXCL | O_NOFOLLOW },
    { "+directory", O_DIRECTORY },
    { "+directory+nofollow", O_DIRECTORY | O_NOFOLLOW },
    { "+creat+directory", O_CREAT | O_DIRECTORY },
    { "+cloexec", O_CLOEXEC },
    { "+creat+cloexec", O_CREAT | O_CLOEXEC },
    { "+nonblock", O_NONBLOCK },
    { "+creat+nonblock", O_CREAT | O_NONBLOCK },
    { "+noatime", O_NOATIME },
    { "+sync", O_SYNC },
    { "+dsync", O_DSYNC },
    { "+direct", O_DIRECT },
    { "+noctty", O_NOCTTY },
    { "+async", O_ASYNC },
    { "+largefile", 0100000 },
    { "+path", O_PATH },
    { "+path+nofollow", O_PATH | O_NOFOLLOW },
    { "+path+directory", O_PATH | O_DIRECTORY },
    { "+path+cloexec", O_PATH | O_CLOEXEC },
    { "+path+creat+trunc", O_PATH | O_CREAT | O_TRUNC },
    { "+tmpfile", O_TMPFILE },
    { "+tmpfile+excl", O_TMPFILE | O_EXCL },
    { "+tmpfile+cloexec", O_TMPFILE | O_CLOEXEC },
    { "+tmpfile-bit", O_TMPFILE & ~O_DIRECTORY },
    { "+creat+tmpfile", O_CREAT | O_TMPFILE },
    { "+bit30", 1 << 30 },
    { "+bit2", 4 },
};

static const char *const accesses[] = { "r", "w", "rw", "none" };

static long open_by(int how, const char *path, int flags, mode_t mode)
{
    switch (how) {
    case BY_OPEN: return syscall(SYS_open, path, flags, mode);
    case BY_OPENAT: return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    default: {
        struct open_how wanted = { (uint64_t)(unsigned)flags, flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? mode : 0, 0 };
        return syscall(SYS_openat2, AT_FDCWD, path, &wanted, sizeof wanted);
    }
    }
}

static void one(int how, const struct kind *kind, const char *access, const char *name, int flags, mode_t mode)
{
    char used[64] = "", read_back[8];
    const char *path = enter_case(kind);
    long fd = open_by(how, path, flags, mode);
    const char *opened = fd < 0 ? text(fd) : describe((int)fd);
    // Writing to /proc would be a change there.
    if (fd >= 0 && !(flags & O_PATH) && strncmp(kind->name, "/proc", 5) != 0) {
        const char *wrote = text(write((int)fd, "X", 1)), *got = text(read((int)fd, read_back, 4));
        snprintf(used, sizeof used, " write %s read %s", wrote, got);
    }
    if (fd >= 0)
        close((int)fd);
    line("%s %s%s: %s%s; %s", kind->name, access, name, opened, used, leave_case());
}

static void matrix(int how, int least, int most)
{
    for (size_t k = 0; k < kind_count; k++)
        for (int access = least; access <= most; access++)
            for (size_t e = 0; e < COUNT(extras); e++) {
                int flags = access | extras[e].flags;
                if (kinds[k].traits & BLOCKS && !(flags & O_PATH))
                    flags |= O_NONBLOCK;
                // Neither make a file in the root directory, nor empty one elsewhere.
                if (kinds[k].traits & ROOTDIR && (flags & (O_TMPFILE & ~O_DIRECTORY)))
                    continue;
                one(how, &kinds[k], accesses[access], extras[e].name, flags, 0640);
            }
}

void run_open(void) { matrix(BY_OPEN, 0, 3); }
void run_openat(void) { matrix(BY_OPENAT, 1, 2); }
void run_openat2(void) { matrix(BY_OPENAT2, 0, 2); }

void run_creat(void)
{
    for (size_t k = 0; k < kind_count; k++) {
        if (kinds[k].traits & BLOCKS)
            continue;
        const char *path = enter_case(&kinds[k]);
        long fd = syscall(SYS_creat, path, 0666);
        const char *opened = fd < 0 ? text(fd) : describe((int)fd);
        line("%s creat: %s; %s", kinds[k].name, opened, leave_case());
    }
}

void run_umask(void)
{
    static const char *const which[] = { "missing", "file", "dangling", "group-dir-new", "acl-dir-new", "dir" };
    static const mode_t masks[] = { 022, 077, 0, 027, 0777 }, modes[] = { 0, 0666, 0777, 07777, 0100644, 0400, 0x1ffff };
    for (size_t m = 0; m < COUNT(masks); m++)
        for (size_t k = 0; k < COUNT(which); k++)
            for (size_t i = 0; i < COUNT(modes); i++)
                for (int how = BY_OPEN; how <= BY_OPENAT2; how++) {
                    char name[64];
                    int dir = strcmp(which[k], "dir") == 0;
                    umask(masks[m]);
                    snprintf(name, sizeof name, " mask %04o mode %#o by %d", masks[m], modes[i], how);
                    one(how, kind_named(which[k]), "w", name, O_WRONLY | (dir ? O_TMPFILE : O_CREAT), modes[i]);
                }

    // Other calls that create take the mask, too.
    for (size_t m = 0; m < COUNT(masks); m++)
        for (size_t i = 0; i < COUNT(modes); i++) {
            enter_case(kind_named("acl-dir-new"));
            umask(masks[m]);
            const char *made = text(syscall(SYS_mkdir, "a", modes[i])), *at = text(syscall(SYS_mkdirat, AT_FDCWD, "r/b", modes[i]));
            const char *node = text(syscall(SYS_mknod, "c", S_IFIFO | (modes[i] & 07777), 0)), *in = text(syscall(SYS_mknodat, AT_FDCWD, "r/d", S_IFREG | (modes[i] & 07777), 0));
            line("mask %04o mode %#o: mkdir %s mkdirat %s mknod %s mknodat %s; %s", masks[m], modes[i], made, at, node, in, leave_case());
        }
}
