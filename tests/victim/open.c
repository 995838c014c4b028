// The open family, and the ways around it.
#include "victim.h"

#include <linux/openat2.h>

static long mode_of(int argc, char **argv, int index)
{
    return argc > index ? number(argv[index]) : 0644;
}

static int do_open(int argc, char **argv)
{
    int flags = argc > 2 ? open_flags(argv[2]) : O_RDONLY;
    return report(argv[0], syscall(SYS_open, path_argument(argv[1]), flags, mode_of(argc, argv, 3)));
}

static int do_openat(int argc, char **argv)
{
    int flags = argc > 2 ? open_flags(argv[2]) : O_RDONLY;
    return report(argv[0], syscall(SYS_openat, AT_FDCWD, path_argument(argv[1]), flags, mode_of(argc, argv, 3)));
}

static int do_openat2(int argc, char **argv)
{
    struct open_how how = { 0 };
    how.flags = (unsigned)(argc > 2 ? open_flags(argv[2]) : O_RDONLY);
    how.mode = how.flags & (O_CREAT | O_TMPFILE) & ~O_DIRECTORY ? (unsigned long)mode_of(argc, argv, 3) : 0;
    how.resolve = argc > 4 ? (unsigned long)number(argv[4]) : 0;
    return report(argv[0], syscall(SYS_openat2, AT_FDCWD, path_argument(argv[1]), &how, sizeof how));
}

static int do_creat(int argc, char **argv)
{
    return report(argv[0], syscall(SYS_creat, path_argument(argv[1]), mode_of(argc, argv, 2)));
}

static int do_open_dirfd(int argc, char **argv)
{
    int dir = fd_argument(argv[1], O_PATH | O_DIRECTORY);
    int flags = argc > 3 ? open_flags(argv[3]) : O_RDONLY;
    return report(argv[0], syscall(SYS_openat, dir, path_argument(argv[2]), flags, mode_of(argc, argv, 4)));
}

// An O_PATH descriptor first, then the real open through /proc/self/fd.
static int do_open_proc_fd(int argc, char **argv)
{
    char link[64];
    int fd = fd_argument(argv[1], O_PATH);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return report(argv[0], syscall(SYS_openat, AT_FDCWD, link, argc > 2 ? open_flags(argv[2]) : O_RDONLY, 0644));
}

static int do_open_handle(int argc, char **argv)
{
    static struct { struct file_handle handle; char bytes[128]; } room = { .handle = { .handle_bytes = 128 } };
    int mount;
    int root = fd_argument(argc > 2 ? argv[2] : "/", O_RDONLY | O_DIRECTORY);
    if (syscall(SYS_name_to_handle_at, AT_FDCWD, argv[1], &room.handle, &mount, 0) < 0)
        setup_failed("name_to_handle_at");
    return report(argv[0], syscall(SYS_open_by_handle_at, root, &room.handle, O_RDONLY));
}

static int do_name_to_handle(int argc, char **argv)
{
    static struct { struct file_handle handle; char bytes[128]; } room = { .handle = { .handle_bytes = 128 } };
    int mount;
    (void)argc;
    return report(argv[0], syscall(SYS_name_to_handle_at, AT_FDCWD, argv[1], &room.handle, &mount, 0));
}

const struct command open_commands[] = {
    { "open", 1, "PATH [r|w|rw|path[+create+truncate+append+exclusive+directory+nofollow…]|creat] [MODE]", do_open },
    { "openat", 1, "PATH [FLAGS] [MODE]", do_openat },
    { "openat2", 1, "PATH [FLAGS] [MODE] [RESOLVE]", do_openat2 },
    { "creat", 1, "PATH [MODE]", do_creat },
    { "open-dirfd", 2, "DIR NAME [FLAGS] [MODE]", do_open_dirfd },
    { "open-proc-fd", 1, "PATH [FLAGS]", do_open_proc_fd },
    { "open-handle", 1, "PATH [DIR-ON-THE-SAME-MOUNT]", do_open_handle },
    { "name_to_handle_at", 1, "PATH", do_name_to_handle },
    { NULL, 0, NULL, NULL },
};
