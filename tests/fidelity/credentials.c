// Who asks: what is created belongs to him, and what he may not do he can't.
#include "fidelity.h"

#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static void set_up(void)
{
    static const struct { const char *name; uid_t owner; mode_t mode; } dirs[] = {
        { "open", 0, 0777 }, { "sticky", 0, 01777 }, { "of1000", 1000, 0755 }, { "closed1000", 1000, 0700 }, { "of2000", 2000, 0750 }, { "root", 0, 0755 },
    };
    static const struct { const char *name; uid_t owner, group; mode_t mode; } files[] = {
        { "mine", 1000, 1000, 0600 }, { "group", 0, 3000, 0060 }, { "other", 2000, 2000, 0604 }, { "root", 0, 0, 0600 }, { "public", 0, 0, 0666 }, { "suid", 1000, 1000, 04755 },
    };
    umask(0);
    for (size_t d = 0; d < COUNT(dirs); d++) {
        char name[64];
        mkdir(dirs[d].name, 0700);
        for (size_t f = 0; f < COUNT(files); f++) {
            snprintf(name, sizeof name, "%s/%s", dirs[d].name, files[f].name);
            write_file(name, "contents\n", files[f].mode);
            chown(name, files[f].owner, files[f].group) < 0 ? (void)0 : (void)chmod(name, files[f].mode);
        }
        if (chmod(dirs[d].name, dirs[d].mode) < 0 || chown(dirs[d].name, dirs[d].owner, dirs[d].owner) < 0)
            line("set-up: %s", text(-1));
    }
    umask(022);
}

static void try(const char *dir)
{
    static const char *const files[] = { "mine", "group", "other", "root", "public", "suid" };
    char name[64], to[64];
    for (size_t f = 0; f < COUNT(files); f++) {
        snprintf(name, sizeof name, "%s/%s", dir, files[f]);
        int fd;
        const char *r = ok(fd = open(name, O_RDONLY)), *w = (close(fd), ok(fd = open(name, O_WRONLY))), *noatime = (close(fd), ok(fd = open(name, O_RDONLY | O_NOATIME)));
        close(fd);
        const char *reopened = ok(fd = open(name, O_RDWR | O_CREAT, 0600)), *access_r = text(access(name, R_OK)), *eaccess = text(syscall(SYS_faccessat2, AT_FDCWD, name, W_OK, AT_EACCESS));
        close(fd);
        line("  %s: r %s w %s noatime %s creat %s access %s eaccess %s chmod %s chown %s chgrp %s utime %s", name, r, w, noatime, reopened, access_r, eaccess, text(chmod(name, 0666)),
             text(chown(name, 1000, -1)), text(chown(name, -1, 3000)), text(utimensat(AT_FDCWD, name, (struct timespec[]){ { 1, 0 }, { 1, 0 } }, 0)));
        snprintf(to, sizeof to, "%s/moved", dir);
        const char *linked = text(link(name, to)), *removed = text(unlink(to)), *renamed = text(rename(name, to)), *back = text(rename(to, name));
        line("  %s: link %s unlink %s rename %s back %s truncate %s xattr %s", name, linked, removed, renamed, back, text(truncate(name, 3)), text(syscall(SYS_setxattr, name, "user.a", "b", 1, 0)));
    }
    static const char *const made[] = { "new", "newdir", "newlink", "newfifo", "newsock" };
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(name, sizeof name, "%s/%s", dir, made[0]);
    int fd;
    line("  %s: %s %s", name, ok(fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0666)), entry(AT_FDCWD, name));
    close(fd);
    snprintf(name, sizeof name, "%s/%s", dir, made[1]);
    line("  %s: %s %s", name, text(mkdir(name, 0777)), entry(AT_FDCWD, name));
    snprintf(name, sizeof name, "%s/%s", dir, made[2]);
    line("  %s: %s %s", name, text(symlink("x", name)), entry(AT_FDCWD, name));
    snprintf(name, sizeof name, "%s/%s", dir, made[3]);
    line("  %s: %s %s", name, text(mkfifo(name, 0666)), entry(AT_FDCWD, name));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", dir, made[4]);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    line("  %s: %s %s", address.sun_path, text(bind(s, (struct sockaddr *)&address, sizeof address)), entry(AT_FDCWD, address.sun_path));
    close(s);
    line("  %s tmpfile: %s", dir, describe(fd = open(dir, O_TMPFILE | O_RDWR, 0666)));
    close(fd);
    line("  %s device: %s", dir, (snprintf(name, sizeof name, "%s/device", dir), text(mknod(name, S_IFCHR | 0600, 0x103))));
    line("  %s chdir: %s, list %s", dir, text(chdir(dir)), ok(fd = open(".", O_RDONLY | O_DIRECTORY)));
    close(fd);
    if (access("../open", F_OK) == 0 && chdir("..") < 0)
        line("  lost");
    for (size_t i = 0; i < COUNT(made); i++) {
        snprintf(name, sizeof name, "%s/%s", dir, made[i]);
        line("  %s remove: %s", name, text(i == 1 ? rmdir(name) : unlink(name)));
    }
}

static const char *const all[] = { "open", "sticky", "of1000", "closed1000", "of2000", "root" };

static void try_all(void)
{
    for (size_t d = 0; d < COUNT(all); d++)
        try(all[d]);
}

static void keep_only(uint32_t capabilities, int effective_only)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2];
    memset(data, 0, sizeof data);
    if (syscall(SYS_capget, &header, data) < 0)
        broken("capget");
    data[0].effective = capabilities;
    data[1].effective = 0;
    if (!effective_only) {
        data[0].permitted = capabilities;
        data[1].permitted = 0;
    }
    data[0].inheritable = data[1].inheritable = 0;
    if (syscall(SYS_capset, &header, data) < 0)
        line("capset: %s", text(-1));
}

#define BECOME(id, ...) static int id(void *unused) { (void)unused; __VA_ARGS__; try_all(); return 0; }

BECOME(as_root, (void)0)
BECOME(as_fsuid, setfsgid(1000); setfsuid(1000); line("fsuid %d", setfsuid(-1)))
BECOME(as_fsuid_alone, setfsuid(1000))
BECOME(as_euid, line("%s %s %s", text(syscall(SYS_setgroups, 0, NULL)), text(syscall(SYS_setresgid, 1000, 1000, 0)), text(syscall(SYS_setresuid, 1000, 1000, 0))))
BECOME(as_user, line("%s %s %s", text(syscall(SYS_setgroups, 0, NULL)), text(syscall(SYS_setresgid, 1000, 1000, 1000)), text(syscall(SYS_setresuid, 1000, 1000, 1000))))
BECOME(as_group, gid_t g[] = { 3000, 2000 }; line("%s %s", text(syscall(SYS_setgroups, 2, g)), text(syscall(SYS_setresuid, 1000, 1000, 1000))))
BECOME(as_egid, line("%s %s", text(syscall(SYS_setresgid, 0, 3000, 0)), text(syscall(SYS_setresuid, 0, 1000, 0))))
BECOME(without_caps, keep_only(0, 0))
BECOME(without_effective, keep_only(0, 1))
BECOME(with_override, keep_only(1u << CAP_DAC_OVERRIDE, 0))
BECOME(with_search, keep_only(1u << CAP_DAC_READ_SEARCH, 0))
BECOME(with_fowner, keep_only(1u << CAP_FOWNER, 1))
BECOME(with_chown, keep_only(1u << CAP_CHOWN | 1u << CAP_FSETID, 1))
BECOME(user_with_caps, prctl(PR_SET_KEEPCAPS, 1); syscall(SYS_setresuid, 1000, 1000, 1000); keep_only(1u << CAP_DAC_OVERRIDE | 1u << CAP_FOWNER, 0))
BECOME(user_not_dumpable, syscall(SYS_setresuid, 1000, 1000, 1000); prctl(PR_SET_DUMPABLE, 0))
BECOME(securebits, line("%s", text(prctl(PR_SET_SECUREBITS, 1 | 4))); syscall(SYS_setresuid, 0, 1000, 0))

// The same ids that were given up are taken again.
static int back_and_forth(void *unused)
{
    (void)unused;
    for (int i = 0; i < 3; i++) {
        char name[32];
        line("down %s", text(syscall(SYS_setresuid, -1, 1000, -1)));
        snprintf(name, sizeof name, "open/down%d", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
        line("%s %s, root's %s", name, entry(AT_FDCWD, name), text(open("root/root", O_RDONLY)));
        line("up %s", text(syscall(SYS_setresuid, -1, 0, -1)));
        snprintf(name, sizeof name, "open/up%d", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
        line("%s %s, root's %s", name, entry(AT_FDCWD, name), ok(open("root/root", O_RDONLY)));
        for (int fd = 3; fd < 10; fd++)
            close(fd);
    }
    return 0;
}

// One thread's ids are its own, for the kernel.
static int one_thread(void *argument)
{
    (void)argument;
    syscall(SYS_setresuid, 1000, 1000, 1000);
    close(open("open/by-thread", O_CREAT | O_WRONLY, 0600));
    line("  thread: %s, root's %s", entry(AT_FDCWD, "open/by-thread"), text(open("root/root", O_RDONLY)));
    return 0;
}

static int threads(void *unused)
{
    static char stack[65536] __attribute__((aligned(16)));
    (void)unused;
    line("root's %s", text(open("root/root", O_RDONLY)));
    close(3);
    pid_t tid = clone(one_thread, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGCHLD, NULL);
    waitpid(tid, NULL, __WALL);
    close(open("open/by-leader", O_CREAT | O_WRONLY, 0600));
    line("leader: %s, root's %s", entry(AT_FDCWD, "open/by-leader"), text(open("root/root", O_RDONLY)));
    return 0;
}

static int in_root(void *unused)
{
    (void)unused;
    if (symlink("/mine", "of1000/absolute") < 0 || symlink("../../../mine", "of1000/up") < 0)
        broken("symlink");
    line("chroot %s", text(chroot("of1000")));
    line("cwd is outside: %s", text(open("open/public", O_RDONLY)));
    close(3);
    line("inside: %s link %s up %s outside %s", ok(open("/mine", O_RDONLY)), ok(open("/absolute", O_RDONLY)), ok(open("/up", O_RDONLY)), text(open("/open/public", O_RDONLY)));
    line("chdir %s", text(chdir("/")));
    for (int fd = 3; fd < 10; fd++)
        close(fd);
    line("dots: %s %s", ok(open("../../mine", O_RDONLY)), text(open("../open/public", O_RDONLY)));
    close(3);
    line("created: %s %s", text(open("/made", O_CREAT | O_WRONLY, 0640)), entry(AT_FDCWD, "/made"));
    line("mkdir %s rename %s stat %s unlink %s proc %s", text(mkdir("/sub", 0755)), text(rename("/made", "/sub/made")), entry(AT_FDCWD, "/sub/made"), text(unlink("/sub/made")), text(open("/proc/self/status", O_RDONLY)));
    line("exec %s", text(execl("/fidelity", "fidelity", NULL)));
    char room[100];
    line("getcwd %s", getcwd(room, sizeof room) ? room : text(-1));
    setresuid(1000, 1000, 1000);
    line("as a user: %s %s", ok(open("/mine", O_RDONLY)), text(open("/root", O_RDONLY)));
    rmdir("/sub");
    return 0;
}

void run_credentials(void)
{
    static const struct { const char *name; int (*run)(void *); } who[] = {
#define ROW(id) { #id, id }
        ROW(as_root), ROW(as_fsuid), ROW(as_fsuid_alone), ROW(as_euid), ROW(as_user), ROW(as_group), ROW(as_egid), ROW(without_caps), ROW(without_effective), ROW(with_override), ROW(with_search),
        ROW(with_fowner), ROW(with_chown), ROW(user_with_caps), ROW(user_not_dumpable), ROW(securebits), ROW(back_and_forth), ROW(threads), ROW(in_root),
    };
    chmod(".", 0755);
    for (size_t i = 0; i < COUNT(who); i++) {
        mkdir("case", 0755);
        if (chdir("case") < 0)
            broken("case");
        set_up();
        in_child(who[i].name, who[i].run, NULL);
        line("%s", snapshot());
        if (chdir("..") < 0)
            broken("..");
        remove_tree("case");
    }
}

static int map(const char *file, const char *what)
{
    int fd = open(file, O_WRONLY);
    ssize_t wrote = write(fd, what, strlen(what));
    close(fd);
    return wrote == (ssize_t)strlen(what);
}

static int userns(void *mapped)
{
    char uids[64], gids[64];
    int root = *(int *)mapped, inner = root ? 0 : 4242;
    snprintf(uids, sizeof uids, "%d %d 1", inner, (int)getuid());
    snprintf(gids, sizeof gids, "%d %d 1", inner, (int)getgid());
    line("  unshare %s", text(unshare(CLONE_NEWUSER)));
    close(open("before-map", O_CREAT | O_WRONLY, 0600));
    line("  before: uid %d, %s", (int)getuid(), entry(AT_FDCWD, "before-map"));
    line("  setgroups %d uid %d gid %d", map("/proc/self/setgroups", "deny"), map("/proc/self/uid_map", uids), map("/proc/self/gid_map", gids));
    line("  uid %d gid %d", (int)getuid(), (int)getgid());
    close(open("inside", O_CREAT | O_WRONLY, 0666));
    line("  created: %s, before's %s", entry(AT_FDCWD, "inside"), entry(AT_FDCWD, "before-map"));
    line("  mkdir %s %s", text(mkdir("dir", 0777)), entry(AT_FDCWD, "dir"));
    line("  chown to unmapped %s, to own %s", text(chown("inside", 77, 77)), text(chown("inside", inner, inner)));
    line("  root's: %s chmod %s", text(open("/etc/shadow", O_RDONLY)), text(chmod("/etc/shadow", 0644)));
    line("  closed to all: %s", text(open("unreadable", O_RDONLY)));
    line("  symlink %s unlink %s rename %s", text(symlink("x", "link")), text(unlink("link")), text(rename("inside", "inside2")));
    if (root) {
        line("  unshare mounts %s", text(unshare(CLONE_NEWNS)));
        line("  mount %s", ok(syscall(SYS_mount, "none", "dir", "tmpfs", 0, NULL)));
        close(open("dir/on-tmpfs", O_CREAT | O_WRONLY, 0640));
        line("  on it: %s %s", entry(AT_FDCWD, "dir/on-tmpfs"), text(access("dir/on-tmpfs", F_OK)));
        line("  chroot %s", text(chroot("dir")));
        line("  inside: %s %s", ok(open("/on-tmpfs", O_RDONLY)), text(open("/inside2", O_RDONLY)));
    }
    return 0;
}

// Who may write such a map is asked of whoever opened the file (user_namespaces(7)).
static void maps_itself(const char *what)
{
    char uids[64], gids[64];
    snprintf(uids, sizeof uids, "0 %d 1", (int)getuid());
    snprintf(gids, sizeof gids, "0 %d 1", (int)getgid());
    line("  %s: unshare %s setgroups %d uid %d gid %d: uid %d", what, text(unshare(CLONE_NEWUSER)), map("/proc/self/setgroups", "deny"), map("/proc/self/uid_map", uids),
         map("/proc/self/gid_map", gids), (int)getuid());
}

static int nested(void *unused)
{
    (void)unused;
    maps_itself("outer");
    maps_itself("inner");
    return 0;
}

static int as_another(void *unused)
{
    (void)unused;
    syscall(SYS_setgroups, 0, NULL);
    line("  gid %s uid %s dumpable %s", text(setgid(1000)), text(setuid(1000)), text(prctl(PR_SET_DUMPABLE, 1)));
    line("  settings: %s", text(open("/proc/sys/kernel/hostname", O_WRONLY)));
    maps_itself("another");
    return 0;
}

void run_namespaces(void)
{
    int no = 0, yes = 1;
    write_file("unreadable", "x\n", 0);
    in_child("user namespace, mapped to root", userns, &yes);
    line("%s", snapshot());
    in_child("a user namespace in a user namespace", nested, NULL);
    if (getuid() == 0)
        in_child("a user namespace of another user", as_another, NULL);
    remove_tree("dir");
    unlink("inside2");
    unlink("before-map");
    in_child("user namespace, mapped to another", userns, &no);
    line("%s", snapshot());
}
