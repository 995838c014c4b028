// Calls that make, remove and move names.
#include "fidelity.h"

#include <linux/fs.h>
#include <sys/sysmacros.h>

struct call {
    const char *name;
    long (*make)(const char *path);
    int harmless;                              // for what is outside: it can only fail there
};

#define ONE(id, ...) static long id(const char *p) { return syscall(__VA_ARGS__); }

ONE(c_unlink, SYS_unlink, p)
ONE(c_unlinkat, SYS_unlinkat, AT_FDCWD, p, 0)
ONE(c_unlinkat_dir, SYS_unlinkat, AT_FDCWD, p, AT_REMOVEDIR)
ONE(c_rmdir, SYS_rmdir, p)
ONE(c_mkdir, SYS_mkdir, p, 0751)
ONE(c_mkdir_sticky, SYS_mkdir, p, 07777)
ONE(c_mkdirat, SYS_mkdirat, AT_FDCWD, p, 0700)
ONE(c_mknod_file, SYS_mknod, p, S_IFREG | 0640, 0)
ONE(c_mknod_zero, SYS_mknod, p, 0640, 0)
ONE(c_mknod_fifo, SYS_mknod, p, S_IFIFO | 0640, 0)
ONE(c_mknod_socket, SYS_mknod, p, S_IFSOCK | 0640, 0)
ONE(c_mknod_char, SYS_mknod, p, S_IFCHR | 0640, makedev(1, 3))
ONE(c_mknod_block, SYS_mknod, p, S_IFBLK | 0640, makedev(7, 200))
ONE(c_mknod_whiteout, SYS_mknod, p, S_IFCHR | 0640, 0)
ONE(c_mknod_dir, SYS_mknod, p, S_IFDIR | 0640, 0)
ONE(c_mknod_link, SYS_mknod, p, S_IFLNK | 0640, 0)
ONE(c_mknodat, SYS_mknodat, AT_FDCWD, p, S_IFIFO | 0606, 0)
ONE(c_symlink, SYS_symlink, "target/of it", p)
ONE(c_symlinkat, SYS_symlinkat, "x", AT_FDCWD, p)
ONE(c_symlink_empty, SYS_symlink, "", p)
ONE(c_symlink_null, SYS_symlink, NULL, p)
ONE(c_symlink_bad, SYS_symlink, (void *)1, p)
ONE(c_symlink_from, SYS_symlink, p, "new")

static const struct call calls[] = {
    { "unlink", c_unlink, 1 },
    { "unlinkat", c_unlinkat, 1 },
    { "unlinkat-dir", c_unlinkat_dir, 1 },
    { "rmdir", c_rmdir, 1 },
    { "mkdir", c_mkdir, 1 },
    { "mkdir-sticky", c_mkdir_sticky, 1 },
    { "mkdirat", c_mkdirat, 1 },
    { "mknod-file", c_mknod_file, 1 },
    { "mknod-zero", c_mknod_zero, 1 },
    { "mknod-fifo", c_mknod_fifo, 1 },
    { "mknod-socket", c_mknod_socket, 1 },
    { "mknod-char", c_mknod_char, 1 },
    { "mknod-block", c_mknod_block, 1 },
    { "mknod-whiteout", c_mknod_whiteout, 1 },
    { "mknod-dir", c_mknod_dir, 1 },
    { "mknod-link", c_mknod_link, 1 },
    { "mknodat", c_mknodat, 1 },
    { "symlink", c_symlink, 1 },
    { "symlinkat", c_symlinkat, 1 },
    { "symlink-empty", c_symlink_empty, 1 },
    { "symlink-null", c_symlink_null, 1 },
    { "symlink-bad", c_symlink_bad, 1 },
    { "symlink-from", c_symlink_from, 1 },
};

// Removing /dev/null would succeed.
static int spared(const struct kind *kind)
{
    return strncmp(kind->name, "/dev", 4) == 0;
}

void run_names(void)
{
    for (size_t c = 0; c < COUNT(calls); c++)
        for (size_t k = 0; k < kind_count; k++) {
            if (spared(&kinds[k]) && strncmp(calls[c].name, "unlink", 6) == 0)
                continue;
            const char *path = enter_case(&kinds[k]);
            const char *result = text(calls[c].make(path));
            line("%s %s: %s; %s", calls[c].name, kinds[k].name, result, leave_case());
        }
}

#define TWO(id, ...) static long id(const char *p, const char *q) { return syscall(__VA_ARGS__); }

TWO(c_rename, SYS_rename, p, q)
TWO(c_renameat, SYS_renameat, AT_FDCWD, p, AT_FDCWD, q)
TWO(c_renameat2, SYS_renameat2, AT_FDCWD, p, AT_FDCWD, q, 0)
TWO(c_noreplace, SYS_renameat2, AT_FDCWD, p, AT_FDCWD, q, RENAME_NOREPLACE)
TWO(c_exchange, SYS_renameat2, AT_FDCWD, p, AT_FDCWD, q, RENAME_EXCHANGE)
TWO(c_whiteout, SYS_renameat2, AT_FDCWD, p, AT_FDCWD, q, RENAME_WHITEOUT)
TWO(c_both, SYS_renameat2, AT_FDCWD, p, AT_FDCWD, q, RENAME_NOREPLACE | RENAME_EXCHANGE)
TWO(c_rename_bits, SYS_renameat2, AT_FDCWD, p, AT_FDCWD, q, 8)
TWO(c_link, SYS_link, p, q)
TWO(c_linkat, SYS_linkat, AT_FDCWD, p, AT_FDCWD, q, 0)
TWO(c_linkat_follow, SYS_linkat, AT_FDCWD, p, AT_FDCWD, q, AT_SYMLINK_FOLLOW)
TWO(c_linkat_empty, SYS_linkat, AT_FDCWD, p, AT_FDCWD, q, AT_EMPTY_PATH)
TWO(c_linkat_bits, SYS_linkat, AT_FDCWD, p, AT_FDCWD, q, AT_SYMLINK_NOFOLLOW)

static const struct { const char *name; long (*make)(const char *, const char *); } pairs[] = {
    { "rename", c_rename },
    { "renameat", c_renameat },
    { "renameat2", c_renameat2 },
    { "rename-noreplace", c_noreplace },
    { "rename-exchange", c_exchange },
    { "rename-whiteout", c_whiteout },
    { "rename-noreplace-exchange", c_both },
    { "rename-bits", c_rename_bits },
    { "link", c_link },
    { "linkat", c_linkat },
    { "linkat-follow", c_linkat_follow },
    { "linkat-empty", c_linkat_empty },
    { "linkat-bits", c_linkat_bits },
};

// What is at the other end.
static const char *const ends[] = { "z", "z/", "zfile", "zdir", "zdir/", "zdir/new", "zfull", "zlink", "zno/new", "", ".", "..", "/", "zdir/../z" };

static void set_ends(void)
{
    mode_t mask = umask(022);
    write_file("zfile", "old\n", 0644);
    mkdir("zdir", 0755);
    mkdir("zfull", 0755);
    write_file("zfull/x", "x\n", 0644);
    if (symlink("zfile", "zlink") < 0)
        broken("symlink");
    umask(mask);
}

void run_pairs(void)
{
    static const char *const few[] = { "file", "dir", "link-file", "missing", "full-dir", "dir-slash", "link-dir-slash", "dot" };

    // Each kind as the old name.
    for (size_t c = 0; c < COUNT(pairs); c++)
        for (size_t k = 0; k < kind_count; k++) {
            if (kinds[k].traits & OUTSIDE && strncmp(kinds[k].name, "/dev", 4) == 0)
                continue;
            const char *path = enter_case(&kinds[k]);
            set_ends();
            const char *result = text(pairs[c].make(path, "z"));
            line("%s %s z: %s; %s", pairs[c].name, kinds[k].name, result, leave_case());

            path = enter_case(&kinds[k]);
            set_ends();
            result = text(pairs[c].make("zfile", path));
            line("%s zfile %s: %s; %s", pairs[c].name, kinds[k].name, result, leave_case());

            path = enter_case(&kinds[k]);
            set_ends();
            result = text(pairs[c].make("zdir", path));
            line("%s zdir %s: %s; %s", pairs[c].name, kinds[k].name, result, leave_case());

            path = enter_case(&kinds[k]);
            result = text(pairs[c].make(path, path));
            line("%s itself %s: %s; %s", pairs[c].name, kinds[k].name, result, leave_case());
        }

    // A few kinds, to every end.
    for (size_t c = 0; c < COUNT(pairs); c++)
        for (size_t k = 0; k < COUNT(few); k++)
            for (size_t e = 0; e < COUNT(ends); e++) {
                const char *path = enter_case(kind_named(few[k]));
                set_ends();
                const char *result = text(pairs[c].make(path, ends[e]));
                line("%s %s '%s': %s; %s", pairs[c].name, few[k], ends[e], result, leave_case());
            }

    // A directory into itself; two names of one file; across file systems.
    for (size_t c = 0; c < COUNT(pairs); c++) {
        enter_case(kind_named("full-dir"));
        const char *into = text(pairs[c].make("t", "t/below")), *above = text(pairs[c].make("t/x", "t"));
        line("%s into itself: %s, over its parent: %s; %s", pairs[c].name, into, above, leave_case());
        enter_case(kind_named("two-names"));
        const char *same = text(pairs[c].make("t", "t2"));
        line("%s two names of one file: %s; %s", pairs[c].name, same, leave_case());
        enter_case(kind_named("file"));
        const char *across = text(pairs[c].make("t", "/proc/new")), *back = text(pairs[c].make("/proc/version", "new"));
        const char *far = text(pairs[c].make("t", "/dev/shm/no/such")), *bad = text(pairs[c].make((char *)1, (char *)1)), *null = text(pairs[c].make(NULL, NULL));
        line("%s across: %s %s %s, bad: %s %s; %s", pairs[c].name, across, back, far, bad, null, leave_case());
    }

    // A file without a name gets one, by descriptor.
    for (int flags = 0; flags < 3; flags++) {
        char link[64];
        enter_case(kind_named("dir"));
        int fd = open("t", O_TMPFILE | O_RDWR | (flags == 2 ? O_EXCL : 0), 0640);
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        const char *by_proc = text(linkat(AT_FDCWD, link, AT_FDCWD, "t/by-proc", AT_SYMLINK_FOLLOW));
        const char *by_fd = text(syscall(SYS_linkat, fd, "", AT_FDCWD, "t/by-fd", AT_EMPTY_PATH | (flags == 1 ? AT_SYMLINK_FOLLOW : 0)));
        line("a nameless file: %s %s %s; %s", by_proc, by_fd, describe(fd), leave_case());
        close(fd);
    }
}
