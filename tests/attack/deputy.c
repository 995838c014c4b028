// What the kernel itself refuses the program, the supervisor must not do for it: these fail without Sandgate, too.
// A file of root's, `private`, is made by the attack; the rule (about shut/key) only brings the supervisor in.
#include "attack.h"

#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/un.h>

static void make_private(void)
{
    write_text("private", "shut: for its owner only\n");
    must(chmod("private", 0600), "chmod");
    must(mkdir("closed", 0700), "mkdir");
    write_text("closed/file", "shut\n");
    must(chmod("closed/file", 0666), "chmod");
    if (!reads_shut("private") || !reads_shut("closed/file"))
        broken("private can't be read before");
}

// Everything that the owner could do to them.
static int does_anything(bool forever)
{
    char name[64];
    int done = reads_shut("private") + reads_shut("closed/file");
    done += open("private", O_WRONLY) >= 0;
    done += chmod("private", 0666) == 0;
    done += truncate("private", 0) == 0;
    done += unlink("closed/file") == 0;
    done += rename("private", "closed/other") == 0;
    done += mkdir("closed/new", 0755) == 0;
    done += open("closed/new", O_CREAT | O_WRONLY, 0644) >= 0;
    done += symlink("x", "closed/link") == 0;
    done += chown("private", getuid(), (gid_t)-1) == 0;
    done += forever && access("closed/file", R_OK) == 0;     // asks about the real user
    done += chdir("closed") == 0;
    int fd = open("private", O_PATH);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    done += fd >= 0 && reads_shut(name);
    return done > 0;
}

static int as_another_user(int tries)
{
    (void)tries;
    make_private();
    must(syscall(SYS_setgroups, 0, NULL), "setgroups");
    must(setgid(4243), "setgid");
    must(setuid(4243), "setuid");
    return does_anything(true);
}

static int as_effective_user(int tries)
{
    (void)tries;
    make_private();
    must(syscall(SYS_setresgid, -1, 4243, -1), "setresgid");
    must(syscall(SYS_setresuid, -1, 4243, -1), "setresuid");
    return does_anything(false);
}

// Some files ask for the effective user when they are opened or written to, not for the one whose rights on files count.
static int as_writer_of_settings(int tries)
{
    (void)tries;
    must(syscall(SYS_setgroups, 0, NULL), "setgroups");
    must(setgid(4243), "setgid");
    must(setuid(4243), "setuid");
    return open("/proc/sys/kernel/hostname", O_WRONLY) >= 0 || open("/proc/sys/vm/drop_caches", O_WRONLY) >= 0;
}

static int as_fs_user(int tries)
{
    (void)tries;
    make_private();
    syscall(SYS_setfsgid, 4243);
    syscall(SYS_setfsuid, 4243);
    return reads_shut("private") + reads_shut("closed/file") + (truncate("private", 0) == 0) > 0;
}

// One thread of several changes: the others may still.
static int without_capabilities(int tries)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { 0 };
    (void)tries;
    make_private();
    must(chown("private", 4243, 4243), "chown");
    must(chown("closed", 4243, 4243), "chown");
    must(syscall(SYS_capset, &header, data), "capset");
    return reads_shut("private") + reads_shut("closed/file") + (unlink("closed/file") == 0) + (chmod("private", 0666) == 0)
        + (mknod("device", S_IFCHR | 0600, 0x103) == 0) + (chown("open/key", 4243, 4243) == 0) > 0;
}

// What is given up so is gone after the next execve only, and no call tells of it.
static int executed_without(void)
{
    char *argv[] = { "sh", "-c", "cat private > /dev/null || chmod 666 private || rm -f closed/file || exit 41; exit 42", NULL };
    must(chown("private", 4243, 4243), "chown");
    must(chown("closed", 4243, 4243), "chown");
    int status = run_program("/bin/sh", argv);
    if (status != 41 && status != 42)
        broken("/bin/sh");
    return status == 42;
}

static int without_bounding_set(int tries)
{
    (void)tries;
    make_private();
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
        must(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "PR_CAPBSET_DROP");
    return executed_without();
}

// Root is a user as others are.
static int without_root(int tries)
{
    (void)tries;
    make_private();
    must(prctl(PR_SET_SECUREBITS, 3 /* SECBIT_NOROOT, locked */, 0, 0, 0), "PR_SET_SECUREBITS");
    return executed_without();
}

// Root in a user namespace is nobody outside of it.
static int as_namespace_root(int tries)
{
    (void)tries;
    make_private();
    must(chown("private", 4243, 4243), "chown");
    must(chown("closed", 4243, 4243), "chown");
    map_user();
    return reads_shut("private") + reads_shut("closed/file") + (chmod("private", 0666) == 0) + (mknod("device", S_IFCHR | 0600, 0x103) == 0) > 0;
}

static int without_groups(int tries)
{
    gid_t group = 4244;
    (void)tries;
    make_private();
    must(syscall(SYS_setgroups, 1, &group), "setgroups");
    must(chown("private", 0, 4244), "chown");
    must(chmod("private", 0640), "chmod");
    must(syscall(SYS_setgroups, 0, NULL), "setgroups");
    must(setgid(4243), "setgid");
    must(setuid(4243), "setuid");
    return reads_shut("private");
}

static int past_landlock(int tries)
{
    struct landlock_ruleset_attr attributes = { .handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE
        | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SYM };
    (void)tries;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    // A gate that does the program's calls for it may say that there is no Landlock here: nobody relies on it then.
    if (ruleset < 0 && errno == EOPNOTSUPP)
        return 0;
    must(ruleset, "landlock_create_ruleset");
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    must(syscall(SYS_landlock_restrict_self, ruleset, 0), "landlock_restrict_self");
    return (open("open/key", O_RDONLY) >= 0) + (open("open/new", O_CREAT | O_WRONLY, 0644) >= 0) + (unlink("open/key") == 0)
        + (mkdir("open/made", 0755) == 0) + (symlink("x", "open/made") == 0) + (rename("open/prog", "open/moved") == 0) > 0;
}

static int past_chroot(int tries)
{
    (void)tries;
    must(mkdir("open/etc", 0755), "mkdir");
    must(symlink("/etc/passwd", "open/link"), "symlink");
    must(symlink("/../../../../../../etc/passwd", "open/far"), "symlink");
    must(chroot("open"), "chroot");
    must(chdir("/"), "chdir");
    return (open("/etc/passwd", O_RDONLY) >= 0) + (open("../../../../../../../etc/passwd", O_RDONLY) >= 0) + (open("/link", O_RDONLY) >= 0)
        + (open("far", O_RDONLY) >= 0) + (open("/proc/self/root/etc/passwd", O_RDONLY) >= 0) + (access("/etc/passwd", F_OK) == 0)
        + (unlink("/../shut/key") == 0) + (creat("/../shut/new", 0644) >= 0) + (rename("/../shut/key", "/moved") == 0) > 0;
}

// A mount of the program's own hides or protects what is beneath.
static int past_own_mounts(int tries)
{
    (void)tries;
    private_mounts();
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount");
    must(mount("none", "shut", "tmpfs", 0, NULL), "mount");
    must(mount("open", "open", NULL, MS_BIND, NULL), "mount");
    must(mount(NULL, "open", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), "mount");
    return (open("open/key", O_WRONLY) >= 0) + (creat("open/new", 0644) >= 0) + (unlink("open/key") == 0) + (chmod("open/key", 0600) == 0)
        + (access("shut/deep", F_OK) == 0) + (open("shut/deep/key", O_RDONLY) >= 0) + (mkdir("open/made", 0755) == 0)
        + (truncate("open/key", 0) == 0) + (open("open/key", O_RDWR) >= 0) > 0;
}

// "self" is the program, whoever looks.
static int as_self(int tries)
{
    static const char *const names[] = { "/proc/self/stat", "/proc/thread-self/stat", "/proc/self/task/../stat", "/proc/self/../self/stat" };
    char line[512];
    int through = 0;
    (void)tries;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        read_line(names[i], line, sizeof line);
        through += atoi(line) != getpid();
    }
    must(symlink("/proc/self", "way"), "symlink");
    read_line("way/stat", line, sizeof line);
    through += atoi(line) != getpid();
    int proc = (int)must(open("/proc", O_PATH | O_DIRECTORY), "/proc");
    int fd = (int)must(openat(proc, "self/stat", O_RDONLY), "self/stat");
    must(read(fd, line, sizeof line - 1), "read");
    through += atoi(line) != getpid();
    must(chdir("/proc/self"), "chdir");
    read_line("stat", line, sizeof line);
    through += atoi(line) != getpid();
    must(readlink("/proc/self", line, sizeof line), "readlink");
    through += atoi(line) != getpid();
    return through > 0;
}

// Written through self, settings change the program and nobody else.
static int sets_another(int tries)
{
    char comm[64], own[64];
    (void)tries;
    int fd = (int)must(open("/proc/self/comm", O_WRONLY), "/proc/self/comm");
    must(write(fd, "renamed", 7), "write");
    read_line("/proc/thread-self/comm", comm, sizeof comm);
    must(prctl(PR_GET_NAME, own), "PR_GET_NAME");
    return strcmp(comm, "renamed") != 0 || strcmp(own, "renamed") != 0;
}

static int past_limits(int tries)
{
    struct rlimit limit = { 10, 10 };
    (void)tries;
    must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    int highest = 0;
    for (int fd, i = 0; i < 64; i++)
        if ((fd = open("open/key", O_RDONLY)) > highest)
            highest = fd;
    if (highest == 0)
        broken("nothing could be opened at all");
    return highest >= 10;
}

static int past_size_limit(int tries)
{
    struct rlimit limit = { 100, 100 };
    (void)tries;
    signal(SIGXFSZ, SIG_IGN);
    must(setrlimit(RLIMIT_FSIZE, &limit), "setrlimit");
    return truncate("open/key", 1000) == 0;
}

static int past_umask(int tries)
{
    struct stat found;
    (void)tries;
    umask(077);
    int fd = (int)must(open("open/new", O_CREAT | O_WRONLY, 0666), "open/new");
    must(fstat(fd, &found), "fstat");
    must(mkdir("open/made", 0777), "mkdir");
    struct stat made;
    must(stat("open/made", &made), "stat");
    return (found.st_mode & 077) != 0 || (made.st_mode & 077) != 0;
}

// RESOLVE_* are promises of the kernel to the program.
static int past_resolve(int tries)
{
    struct open_how beneath = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH }, links = { .flags = O_RDONLY, .resolve = RESOLVE_NO_SYMLINKS },
        magic = { .flags = O_RDONLY, .resolve = RESOLVE_NO_MAGICLINKS }, root = { .flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT };
    (void)tries;
    must(symlink("../echo", "open/way"), "symlink");
    must(symlink("/etc/passwd", "open/absolute"), "symlink");
    int dir = (int)must(open("open", O_PATH | O_DIRECTORY), "open");
    return (syscall(SYS_openat2, dir, "../echo", &beneath, sizeof beneath) >= 0) + (syscall(SYS_openat2, dir, "way", &beneath, sizeof beneath) >= 0)
        + (syscall(SYS_openat2, dir, "way", &links, sizeof links) >= 0) + (syscall(SYS_openat2, dir, "/etc/passwd", &beneath, sizeof beneath) >= 0)
        + (syscall(SYS_openat2, AT_FDCWD, "/proc/self/exe", &magic, sizeof magic) >= 0)
        + (syscall(SYS_openat2, dir, "absolute", &root, sizeof root) >= 0) + (open("open/way", O_RDONLY | O_NOFOLLOW) >= 0) > 0;
}

// The socket's other side asks who connected; it must hear of the program's user. (Its process id is the supervisor's: docs/THREAT-MODEL.md.)
static int as_peer(int tries)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "open/soc" };
    struct ucred peer = { 0 };
    socklen_t length = sizeof peer;
    (void)tries;
    int listener = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket"), fd = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    must(bind(listener, (struct sockaddr *)&name, sizeof name), "bind");
    must(listen(listener, 4), "listen");
    if (geteuid() == 0) {
        must(chmod("open/soc", 0666), "chmod");
        must(setresgid(-1, 4243, -1), "setresgid");
        must(setresuid(-1, 4243, -1), "setresuid");
    }
    if (connect(fd, (struct sockaddr *)&name, sizeof name) < 0)
        return 0;
    int taken = (int)must(accept(listener, NULL, NULL), "accept");
    must(getsockopt(taken, SOL_SOCKET, SO_PEERCRED, &peer, &length), "SO_PEERCRED");
    return peer.uid != geteuid() || peer.gid != getegid();
}

// What a program without rights to a port may not bind, nobody binds for it.
static int past_port(int tries)
{
    struct { uint16_t family, port; uint32_t address; char zero[8]; } own = { AF_INET, (uint16_t)(81 << 8), 0x0100007f, { 0 } };
    char least[32];
    (void)tries;
    read_line("/proc/sys/net/ipv4/ip_unprivileged_port_start", least, sizeof least);
    if (atoi(least) <= 81)
        broken("anybody may bind port 81 here");
    if (geteuid() == 0)
        must(setresuid(4243, 4243, 4243), "setresuid");
    return bind((int)must(socket(AF_INET, SOCK_STREAM, 0), "socket"), (struct sockaddr *)&own, sizeof own) == 0;
}

// A directory without the right to search it, a file without the right to run it.
static int past_modes(int tries)
{
    char *argv[] = { "prog", NULL };
    (void)tries;
    must(chmod("shut/prog", 0644), "chmod");
    return run_program("shut/prog", argv) == 42;
}

const struct attack deputy_attacks[] = {
    { "deputy-user", as_another_user, "after setuid, a file of the former user" },
    { "deputy-effective", as_effective_user, "the same after setresuid of the effective id" },
    { "deputy-fsuid", as_fs_user, "the same after setfsuid" },
    { "deputy-settings", as_writer_of_settings, "settings of the kernel, as another user" },
    { "deputy-groups", without_groups, "after setgroups, a file of the former group" },
    { "deputy-capabilities", without_capabilities, "root without capabilities, a file of another user" },
    { "deputy-bounding", without_bounding_set, "the same after the bounding set was emptied, and execve" },
    { "deputy-securebits", without_root, "the same after SECBIT_NOROOT, and execve" },
    { "deputy-namespace", as_namespace_root, "root of a user namespace, a file of another user" },
    { "deputy-landlock", past_landlock, "what Landlock refuses the program" },
    { "deputy-chroot", past_chroot, "what is outside of the program's root" },
    { "deputy-mounts", past_own_mounts, "what the program's own mounts hide or protect" },
    { "deputy-self", as_self, "/proc/self of somebody else" },
    { "deputy-self-write", sets_another, "/proc/self/comm of somebody else" },
    { "deputy-nofile", past_limits, "more descriptors than the program's limit" },
    { "deputy-fsize", past_size_limit, "a longer file than the program's limit" },
    { "deputy-umask", past_umask, "more rights than the program's umask" },
    { "deputy-resolve", past_resolve, "past RESOLVE_* and O_NOFOLLOW" },
    { "deputy-peer", as_peer, "a connection in somebody else's name" },
    { "deputy-port", past_port, "a port that only root may bind" },
    { "deputy-mode", past_modes, "a program that isn't executable" },
    { 0 },
};
