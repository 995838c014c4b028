// openat2: where a path may lead, and what the kernel says to a malformed request.
#include "fidelity.h"

#include <linux/openat2.h>

static const struct { const char *name; uint64_t bits; } flags[] = {
    { "none", 0 }, { "no-xdev", RESOLVE_NO_XDEV }, { "no-magiclinks", RESOLVE_NO_MAGICLINKS }, { "no-symlinks", RESOLVE_NO_SYMLINKS },
    { "beneath", RESOLVE_BENEATH }, { "in-root", RESOLVE_IN_ROOT },
    { "beneath+in-root", RESOLVE_BENEATH | RESOLVE_IN_ROOT }, { "all", RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH },
    { "unknown", 0x40 }, { "high", UINT64_C(1) << 40 },
};

static void tree(void)
{
    char whole[4200];
    mkdir("d", 0755);
    mkdir("d/e", 0755);
    write_file("f", "outside\n", 0644);
    write_file("d/f", "inside\n", 0644);
    write_file("d/e/f", "deep\n", 0644);
    snprintf(whole, sizeof whole, "%s/d/f", here);
    if (symlink("f", "d/same") < 0 || symlink("../f", "d/up") < 0 || symlink("/f", "d/root") < 0 || symlink(whole, "d/whole") < 0 ||
        symlink("e", "d/dirlink") < 0 || symlink("/proc/self/exe", "d/magic") < 0 || symlink("none", "d/dangling") < 0 ||
        symlink("../d/e/../f", "d/way") < 0 || symlink("/proc/version", "d/proc") < 0)
        broken("symlink");
}

static void requests(void)
{
    static const char *const paths[] = {
        "f", "./f", "e/f", "e/../f", "../f", "../d/f", "e/../../f", "same", "up", "root", "whole", "dirlink", "dirlink/f", "magic", "dangling", "way", "proc",
        "/f", "/", ".", "..", "/..", "/proc/version", "/proc/self/exe", "/proc/self/root/f", "/dev/fd/0", "", "missing", "e/missing",
    };
    int dir = open("d", O_PATH | O_DIRECTORY);
    for (size_t f = 0; f < COUNT(flags); f++)
        for (size_t p = 0; p < COUNT(paths); p++)
            for (int create = 0; create < 2; create++) {
                struct open_how how = { (uint64_t)(create ? O_RDWR | O_CREAT : O_RDONLY), create ? 0600 : 0, flags[f].bits };
                if (create && paths[p][0] == '/' && !(flags[f].bits & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)))
                    continue;
                if (create && flags[f].bits == 0 && strcmp(paths[p], "root") == 0)
                    continue;                       // would make /f
                if (create && !(flags[f].bits & ~(uint64_t)RESOLVE_NO_XDEV) && strcmp(paths[p], "root") == 0)
                    continue;
                if (create && (flags[f].bits == RESOLVE_NO_MAGICLINKS) && strcmp(paths[p], "root") == 0)
                    continue;
                long fd = syscall(SYS_openat2, dir, paths[p], &how, sizeof how);
                char got[32] = "";
                const char *opened = ok(fd), *where = fd < 0 ? "" : strstr(describe((int)fd), " at ");
                if (fd >= 0) {
                    ssize_t length = read((int)fd, got, 7);
                    got[length < 0 || strstr(where, "/proc/") || strstr(where, "fidelity") ? 0 : length] = 0;
                    for (char *c = got; *c; c++)
                        if (*c == '\n')
                            *c = '_';
                    close((int)fd);
                }
                // What /proc/self/exe is called differs by where the suite was built.
                line("%s '%s' %s: %s%s %s", flags[f].name, paths[p], create ? "create" : "read", opened, strstr(where, "/fidelity pos") || strstr(paths[p], "fd/0") ? "" : where, got);
                unlink("d/none");
                unlink("d/missing");
                unlink("d/e/missing");
            }
    close(dir);
    line("%s", snapshot());
}

static void malformed(void)
{
    struct { struct open_how how; char more[4096]; } room;
    static const size_t sizes[] = { 0, 1, 8, 16, 23, 24, 25, 32, 64, 4095, 4096, 4097, 1 << 20, (size_t)-1 };
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int tail = 0; tail < 2; tail++) {
            memset(&room, 0, sizeof room);
            room.more[0] = (char)tail;
            if (sizes[i] > sizeof room && sizes[i] <= 1 << 20)
                continue;
            line("size %zd tail %d: %s", (ssize_t)sizes[i], tail, ok(syscall(SYS_openat2, AT_FDCWD, "f", &room, sizes[i])));
            for (int fd = 3; fd < 8; fd++)
                close(fd);
        }

    static const struct { uint64_t flags, mode, resolve; } bad[] = {
        { O_RDONLY, 0600, 0 }, { O_CREAT, 010000, 0 }, { O_CREAT, UINT64_C(1) << 32, 0 }, { O_CREAT, 07777, 0 }, { UINT64_C(1) << 31, 0, 0 },
        { UINT64_C(1) << 32, 0, 0 }, { UINT64_C(1) << 63, 0, 0 }, { O_PATH | O_RDWR, 0, 0 }, { O_PATH | O_CREAT, 0, 0 }, { O_PATH | O_APPEND, 0, 0 },
        { O_PATH | O_NOFOLLOW, 0, 0 }, { O_TMPFILE | O_RDWR, 0600, 0 }, { O_TMPFILE, 0600, 0 }, { O_DIRECTORY | O_CREAT, 0600, 0 },
        { O_RDONLY, 0, RESOLVE_CACHED }, { O_RDWR | O_CREAT, 0600, RESOLVE_CACHED }, { O_RDWR | O_TRUNC, 0, RESOLVE_CACHED }, { 3, 0, 0 }, { 0x80, 0, 0 },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct open_how how = { bad[i].flags, bad[i].mode, bad[i].resolve };
        long fd = syscall(SYS_openat2, AT_FDCWD, "d", &how, sizeof how), fd2 = syscall(SYS_openat2, AT_FDCWD, "d/f", &how, sizeof how);
        const char *first = text(fd), *second = fd2 < 0 ? text(fd2) : "ok";
        line("how %#lx %#lo %#lx: directory %s file %s", (long)how.flags, (long)how.mode, (long)how.resolve, first, second);
        for (int n = 3; n < 8; n++)
            close(n);
    }
    line("how null: %s", ok(syscall(SYS_openat2, AT_FDCWD, "f", NULL, sizeof(struct open_how))));
    line("how bad: %s", ok(syscall(SYS_openat2, AT_FDCWD, "f", (void *)1, sizeof(struct open_how))));
    line("how bad and path bad: %s", ok(syscall(SYS_openat2, AT_FDCWD, (void *)1, (void *)1, sizeof(struct open_how))));
    line("how bad and size bad: %s", ok(syscall(SYS_openat2, AT_FDCWD, "f", (void *)1, 3)));
    struct open_how plain_read = { O_RDONLY, 0, RESOLVE_BENEATH };
    line("bad dirfd: %s", ok(syscall(SYS_openat2, 77, "f", &plain_read, sizeof plain_read)));
    line("bad dirfd, absolute: %s", ok(syscall(SYS_openat2, 77, "/f", &plain_read, sizeof plain_read)));
}

void run_resolve(void)
{
    tree();
    requests();
    malformed();
}
