// When several things are wrong with a call, which of them the kernel names; and results that lead nowhere.
#include "fidelity.h"

#include <linux/openat2.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/uio.h>

static char s_long[5000], s_name[400];
static char *const bad = (char *)1;

#define SHOW(...) line("%s: %s", #__VA_ARGS__, ok(syscall(__VA_ARGS__)))

static void paths(void)
{
    struct stat st;
    SHOW(SYS_openat, 99, bad, 0);
    SHOW(SYS_openat, 99, s_long, 0);
    SHOW(SYS_openat, 99, "", 0);
    SHOW(SYS_openat, 99, "/missing", 0);
    SHOW(SYS_openat, 99, "missing", O_CREAT | O_DIRECTORY);
    SHOW(SYS_openat, 99, bad, O_TMPFILE);
    SHOW(SYS_openat, AT_FDCWD, bad, O_PATH | O_CREAT | O_TMPFILE);
    SHOW(SYS_openat, AT_FDCWD, s_name, O_CREAT, 0600);
    SHOW(SYS_openat, AT_FDCWD, "no/../f", 0);
    SHOW(SYS_openat, AT_FDCWD, s_long, O_CREAT, 0600);
    SHOW(SYS_openat, AT_FDCWD, "f/x", O_CREAT | O_EXCL, 0600);
    SHOW(SYS_openat, AT_FDCWD, "f", O_CREAT | O_EXCL | O_DIRECTORY, 0600);
    SHOW(SYS_openat, AT_FDCWD, "d", O_CREAT | O_EXCL, 0600);
    SHOW(SYS_openat, AT_FDCWD, "d", O_CREAT, 0600);
    SHOW(SYS_openat, AT_FDCWD, "d", O_WRONLY | O_DIRECTORY, 0600);
    SHOW(SYS_openat, AT_FDCWD, "d/", O_CREAT, 0600);
    SHOW(SYS_openat, AT_FDCWD, "l", O_NOFOLLOW | O_DIRECTORY);
    SHOW(SYS_openat, AT_FDCWD, "dl", O_NOFOLLOW | O_DIRECTORY);
    SHOW(SYS_openat, AT_FDCWD, "dl/", O_NOFOLLOW | O_DIRECTORY);
    SHOW(SYS_renameat2, 99, bad, 98, bad, 3);
    SHOW(SYS_renameat2, 99, bad, 98, bad, 0);
    SHOW(SYS_renameat2, 99, "f", 98, bad, 0);
    SHOW(SYS_renameat2, AT_FDCWD, "f", 98, "x", 0);
    SHOW(SYS_renameat2, 99, "f", AT_FDCWD, "x", 0);
    SHOW(SYS_renameat2, AT_FDCWD, "missing", 98, "x", 0);
    SHOW(SYS_renameat2, AT_FDCWD, s_name, AT_FDCWD, s_long, 0);
    SHOW(SYS_renameat2, AT_FDCWD, "missing", AT_FDCWD, s_name, 0);
    SHOW(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, s_name, 0);
    SHOW(SYS_renameat2, AT_FDCWD, "missing", AT_FDCWD, ".", 0);
    SHOW(SYS_renameat2, AT_FDCWD, "missing", AT_FDCWD, "no/x", 0);
    SHOW(SYS_renameat2, AT_FDCWD, "/proc/version", AT_FDCWD, "no/x", 0);
    SHOW(SYS_linkat, 99, bad, 98, bad, 0x40);
    SHOW(SYS_linkat, 99, bad, 98, bad, 0);
    SHOW(SYS_linkat, AT_FDCWD, "missing", 98, "x", 0);
    SHOW(SYS_linkat, AT_FDCWD, "missing", AT_FDCWD, "f", 0);
    SHOW(SYS_linkat, AT_FDCWD, "d", AT_FDCWD, "f", 0);
    SHOW(SYS_linkat, AT_FDCWD, "d", AT_FDCWD, "new", 0);
    SHOW(SYS_linkat, AT_FDCWD, "/proc/version", AT_FDCWD, "f", 0);
    SHOW(SYS_linkat, AT_FDCWD, "/proc/version", AT_FDCWD, "new", 0);
    SHOW(SYS_symlinkat, bad, 99, bad);
    SHOW(SYS_symlinkat, "", 99, bad);
    SHOW(SYS_symlinkat, "", AT_FDCWD, "f");
    SHOW(SYS_symlinkat, "x", 99, "f");
    SHOW(SYS_symlinkat, s_long, AT_FDCWD, "f");
    SHOW(SYS_symlinkat, "x", AT_FDCWD, "f/");
    SHOW(SYS_symlinkat, "x", AT_FDCWD, "new/");
    SHOW(SYS_unlinkat, 99, bad, 0x40);
    SHOW(SYS_unlinkat, 99, "f", 0);
    SHOW(SYS_unlinkat, AT_FDCWD, "missing/", 0);
    SHOW(SYS_unlinkat, AT_FDCWD, "f/", 0);
    SHOW(SYS_unlinkat, AT_FDCWD, "d/", 0);
    SHOW(SYS_unlinkat, AT_FDCWD, ".", AT_REMOVEDIR);
    SHOW(SYS_unlinkat, AT_FDCWD, "..", AT_REMOVEDIR);
    SHOW(SYS_unlinkat, AT_FDCWD, "/", AT_REMOVEDIR);
    SHOW(SYS_unlinkat, AT_FDCWD, "f", AT_REMOVEDIR);
    SHOW(SYS_mkdirat, 99, bad, 0);
    SHOW(SYS_mkdirat, 99, "f", 0);
    SHOW(SYS_mkdirat, AT_FDCWD, "f/x", 0);
    SHOW(SYS_mkdirat, AT_FDCWD, "/", 0);
    SHOW(SYS_mknodat, 99, bad, S_IFDIR, 0);
    SHOW(SYS_mknodat, AT_FDCWD, bad, S_IFDIR, 0);
    SHOW(SYS_mknodat, AT_FDCWD, "f", S_IFDIR, 0);
    SHOW(SYS_mknodat, AT_FDCWD, "f", S_IFBLK, 0);
    SHOW(SYS_mknodat, AT_FDCWD, "new/", S_IFIFO, 0);
    SHOW(SYS_newfstatat, 99, bad, &st, 0x40);
    SHOW(SYS_newfstatat, 99, bad, &st, 0);
    SHOW(SYS_newfstatat, 99, "f", bad, 0);
    SHOW(SYS_newfstatat, AT_FDCWD, "missing", bad, 0);
    SHOW(SYS_newfstatat, AT_FDCWD, "f", bad, 0);
    SHOW(SYS_newfstatat, AT_FDCWD, "f", bad, 0x40);
    SHOW(SYS_newfstatat, 99, "", bad, AT_EMPTY_PATH);
    SHOW(SYS_newfstatat, 99, NULL, &st, AT_EMPTY_PATH);
    SHOW(SYS_newfstatat, AT_FDCWD, NULL, &st, AT_EMPTY_PATH);
    SHOW(SYS_statx, 99, bad, 0x40, 0x80000000, bad);
    SHOW(SYS_statx, 99, "f", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, 0, bad);
    SHOW(SYS_statx, AT_FDCWD, "f", 0, 0x80000000, bad);
    SHOW(SYS_statx, AT_FDCWD, "missing", 0, 0xfff, bad);
    SHOW(SYS_fstat, 99, bad);
    SHOW(SYS_fstat, 0, bad);
    SHOW(SYS_statfs, "missing", bad);
    SHOW(SYS_fstatfs, 99, bad);
    SHOW(SYS_faccessat2, 99, bad, 8, 0x40);
    SHOW(SYS_faccessat2, 99, bad, 8, 0);
    SHOW(SYS_faccessat2, AT_FDCWD, "missing", 8, 0);
    SHOW(SYS_faccessat2, 99, "f", 0, 0x40);
    SHOW(SYS_readlinkat, 99, bad, bad, 0);
    SHOW(SYS_readlinkat, 99, bad, bad, -1);
    SHOW(SYS_readlinkat, AT_FDCWD, "f", bad, 10);
    SHOW(SYS_readlinkat, AT_FDCWD, "l", bad, 10);
    SHOW(SYS_readlinkat, AT_FDCWD, "", bad, 10);
    SHOW(SYS_fchmodat, 99, bad, 0);
    SHOW(SYS_fchownat, 99, bad, 0, 0, 0x40);
    SHOW(SYS_fchownat, 99, bad, 0, 0, 0);
    SHOW(SYS_utimensat, 99, bad, bad, 0x40);
    SHOW(SYS_utimensat, 99, bad, bad, 0);
    SHOW(SYS_utimensat, 99, NULL, bad, 0);
    SHOW(SYS_utimensat, 99, NULL, NULL, 0);
    SHOW(SYS_utimensat, AT_FDCWD, NULL, NULL, 0);
    SHOW(SYS_utimensat, 0, NULL, NULL, AT_SYMLINK_NOFOLLOW);
    SHOW(SYS_truncate, bad, -1);
    SHOW(SYS_truncate, "missing", -1);
    SHOW(SYS_truncate, "d", -1);
    SHOW(SYS_truncate, "d", 0);
    SHOW(SYS_ftruncate, 99, -1);
    SHOW(SYS_setxattr, bad, bad, bad, 65537, 8);
    SHOW(SYS_setxattr, bad, bad, bad, 65537, 0);
    SHOW(SYS_setxattr, "missing", bad, bad, 1, 0);
    SHOW(SYS_setxattr, "missing", "user.a", bad, 1, 0);
    SHOW(SYS_setxattr, "missing", s_name, "x", 1, 0);
    SHOW(SYS_getxattr, "missing", bad, bad, 1);
    SHOW(SYS_getxattr, "f", s_name, bad, 1);
    SHOW(SYS_removexattr, "missing", bad);
    SHOW(SYS_inotify_add_watch, 99, bad, 0);
    SHOW(SYS_inotify_add_watch, 0, bad, 0);
    SHOW(SYS_inotify_add_watch, 0, "f", IN_MODIFY);
    SHOW(SYS_inotify_add_watch, 99, "f", IN_MODIFY);
    SHOW(SYS_chdir, bad);
    SHOW(SYS_chdir, "f");
    SHOW(SYS_fchdir, 99);
    SHOW(SYS_fchdir, 0);
    SHOW(SYS_name_to_handle_at, 99, bad, bad, bad, 0x40);
    SHOW(SYS_name_to_handle_at, 99, bad, bad, bad, 0);
    SHOW(SYS_name_to_handle_at, AT_FDCWD, "f", bad, bad, 0);
    SHOW(SYS_getdents64, 99, bad, 0);
    SHOW(SYS_getdents64, 0, bad, 0);
    SHOW(SYS_execve, bad, bad, bad);
    SHOW(SYS_execve, "missing", bad, bad);
    SHOW(SYS_execve, "f", bad, bad);
    SHOW(SYS_execveat, 99, bad, bad, bad, 0x40);
    SHOW(SYS_execveat, 99, "f", bad, bad, 0);
    SHOW(SYS_execveat, AT_FDCWD, "missing", bad, bad, 0x40);
    SHOW(SYS_chroot, bad);
    SHOW(SYS_chroot, "missing");
    SHOW(SYS_chroot, "f");
}

// Where a result can't be written, what was to be done may be done all the same.
static void results(void)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    int fd = open("f", O_RDWR), udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), directory = open("d", O_RDONLY | O_DIRECTORY);
    struct iovec vector = { bad, 4 };
    SHOW(SYS_read, fd, bad, 4);
    SHOW(SYS_readv, fd, &vector, 1);
    SHOW(SYS_readv, fd, bad, 1);
    SHOW(SYS_readv, fd, &vector, -1);
    SHOW(SYS_write, fd, bad, 4);
    SHOW(SYS_write, fd, bad, 0);
    SHOW(SYS_write, 99, bad, 4);
    SHOW(SYS_pread64, fd, bad, 4, -1);
    SHOW(SYS_getdents64, directory, bad, 4096);
    SHOW(SYS_getdents64, directory, s_long, 1);
    line("pos %s", text(lseek(directory, 0, SEEK_CUR) > 0));
    SHOW(SYS_connect, udp, bad, 16);
    SHOW(SYS_connect, udp, NULL, 16);
    SHOW(SYS_connect, udp, NULL, 0);
    SHOW(SYS_connect, udp, bad, -1);
    SHOW(SYS_connect, udp, bad, 1000);
    SHOW(SYS_connect, 99, bad, 16);
    SHOW(SYS_connect, fd, bad, 16);
    SHOW(SYS_bind, udp, bad, 16);
    SHOW(SYS_bind, 99, bad, 16);
    SHOW(SYS_bind, fd, bad, 1000);
    SHOW(SYS_sendto, udp, "x", 1, 0, bad, 16);
    SHOW(SYS_sendto, udp, bad, 1, 0, NULL, 0);
    SHOW(SYS_sendto, 99, bad, 1, 0, bad, 16);
    SHOW(SYS_sendto, fd, bad, 1, 0, bad, 16);
    SHOW(SYS_sendmsg, udp, bad, 0);
    SHOW(SYS_sendmsg, 99, bad, 0);
    SHOW(SYS_sendmmsg, udp, bad, 1, 0);
    SHOW(SYS_sendmmsg, udp, bad, 0, 0);
    SHOW(SYS_recvfrom, udp, s_long, 10, MSG_DONTWAIT, bad, bad);
    SHOW(SYS_getsockname, udp, bad, &length);
    SHOW(SYS_accept4, udp, bad, bad, 0x40);
    SHOW(SYS_accept4, 99, bad, bad, 0);
    SHOW(SYS_socket, 999, 1, 0);
    SHOW(SYS_socket, AF_INET, 99, 0);
    SHOW(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, bad);
    SHOW(SYS_pipe2, bad, 0);
    line("lowest free: %d", dup(0));
}

void run_precedence(void)
{
    memset(s_long, 'a', sizeof s_long - 1);
    for (size_t i = 99; i < sizeof s_long; i += 100)
        s_long[i] = '/';
    s_long[sizeof s_long - 1] = 0;
    memset(s_name, 'n', sizeof s_name - 1);
    for (int fd = 3; fd < 100; fd++)
        close(fd);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    close(null);
    write_file("f", "hello\n", 0644);
    mkdir("d", 0755);
    if (symlink("f", "l") < 0 || symlink("d", "dl") < 0)
        broken("symlink");
    paths();
    line("%s", snapshot());
    for (int fd = 3; fd < 60; fd++)
        close(fd);
    results();
}
