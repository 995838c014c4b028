// One file has many names. The rule knows one of them.
#include "attack.h"

#include <linux/openat2.h>
#include <sys/un.h>

static int plain(int tries) { (void)tries; return reads_shut("shut/key"); }
static int slashes(int tries) { (void)tries; return reads_shut(".//shut///.//./key"); }
static int dotdot(int tries) { (void)tries; return reads_shut("open/../open/dir/../../shut/key"); }

static int link_last(int tries)
{
    (void)tries;
    must(symlink("shut/key", "way"), "symlink");
    return reads_shut("way");
}

static int link_middle(int tries)
{
    (void)tries;
    must(symlink("../shut", "open/way"), "symlink");
    return reads_shut("open/way/key");
}

static int link_chain(int tries)
{
    char from[16], to[16] = "shut/key";
    (void)tries;
    for (int i = 0; i < 39; i++) {
        snprintf(from, sizeof from, "way%d", i);
        must(symlink(to, from), "symlink");
        strcpy(to, from);
    }
    return reads_shut(to);
}

static int link_dangling(int tries)
{
    (void)tries;
    must(symlink("shut/new", "way"), "symlink");
    int fd = open("way", O_WRONLY | O_CREAT, 0644);
    close(fd);
    return access("shut/new", F_OK) == 0;
}

static int link_to_proc(int tries)
{
    (void)tries;
    must(symlink("/proc/self/cwd/shut", "way"), "symlink");
    return reads_shut("way/key");
}

static int dotdot_moved(int tries)
{
    (void)tries;
    must(mkdir("open/in", 0755), "mkdir");
    must(chdir("open/in"), "chdir");
    must(rename("../in", "../../shut/in"), "rename");
    return reads_shut("../key");
}

static int dotdot_link(int tries)
{
    (void)tries;
    must(symlink("shut/dir", "way"), "symlink");
    return reads_shut("way/../key");        // text alone would say ./key
}

static int proc_path(const char *format, int number)
{
    char name[8300];
    char start[64];
    snprintf(start, sizeof start, format, number);
    snprintf(name, sizeof name, "%s%s", start, strstr(format, "root") ? here("shut/key") : "/shut/key");
    return reads_shut(name);
}

static int proc_root(int tries) { (void)tries; return proc_path("/proc/self/root", 0); }
static int proc_cwd(int tries) { (void)tries; return proc_path("/proc/self/cwd", 0); }
static int proc_thread(int tries) { (void)tries; return proc_path("/proc/thread-self/cwd", 0); }
static int proc_task(int tries) { (void)tries; return proc_path("/proc/self/task/%d/cwd", getpid()); }
static int proc_task_root(int tries) { (void)tries; return proc_path("/proc/self/root/proc/thread-self/root", 0); }

static int of_child(const char *format)
{
    pid_t child = start_child();
    if (child == 0) {
        pause();
        _exit(0);
    }
    int through = proc_path(format, child);
    kill(child, SIGKILL);
    status_of(child);
    return through;
}

static int child_root(int tries) { (void)tries; return of_child("/proc/%d/root"); }
static int child_cwd(int tries) { (void)tries; return of_child("/proc/%d/cwd"); }

static int reopened(const char *format)
{
    char name[64];
    int fd = open("shut/key", O_PATH);
    if (fd < 0)
        return 0;
    snprintf(name, sizeof name, format, fd);
    return reads_shut(name);
}

static int path_descriptor(int tries) { (void)tries; return reopened("/proc/self/fd/%d"); }
static int dev_fd(int tries) { (void)tries; return reopened("/dev/fd/%d"); }
static int thread_fd(int tries) { (void)tries; return reopened("/proc/thread-self/fd/%d"); }

static int fd_directory(int tries)
{
    char name[64];
    (void)tries;
    int fd = (int)must(open("shut", O_PATH | O_DIRECTORY), "shut");
    snprintf(name, sizeof name, "/proc/self/fd/%d/key", fd);
    return reads_shut(name);
}

static int dirfd_relative(int tries)
{
    (void)tries;
    int fd = (int)must(open("shut", O_RDONLY | O_DIRECTORY), "shut");
    return is_shut(openat(fd, "key", O_RDONLY)) || is_shut(openat(fd, "../shut/deep/../key", O_RDONLY));
}

static int fchdir_relative(int tries)
{
    (void)tries;
    must(fchdir((int)must(open("shut", O_PATH | O_DIRECTORY), "shut")), "fchdir");
    return reads_shut("key");
}

static int chdir_relative(int tries)
{
    (void)tries;
    must(chdir("shut/dir"), "chdir");
    return reads_shut("../key");
}

static int in_memory(int tries)
{
    struct open_how how = { .flags = O_RDONLY };
    (void)tries;
    return is_shut(syscall(SYS_openat2, AT_FDCWD, "shut/key", &how, sizeof how));
}

static int in_root(int tries)
{
    struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT };
    (void)tries;
    int fd = (int)must(open("shut", O_PATH | O_DIRECTORY), "shut");
    return is_shut(syscall(SYS_openat2, fd, "/../../key", &how, sizeof how));
}

static int longest(int tries)
{
    static char name[4096];
    (void)tries;
    for (int i = 0; i < 4086; i += 2)
        memcpy(name + i, "./", 2);
    strcpy(name + 4086, "shut/key");
    return reads_shut(name);
}

// Under a name that is longer than any that the kernel shows.
static int deep(int tries)
{
    char name[101] = { 0 };
    (void)tries;
    memset(name, 'n', 100);
    must(chdir("shut"), "chdir");
    for (int i = 0; i < 42; i++) {
        must(mkdir(name, 0755), "mkdir");
        must(chdir(name), "chdir");
    }
    int new = open("mine", O_RDWR | O_CREAT, 0600);
    int known = mknod("file", S_IFREG | 0600, 0) == 0 && open("file", O_RDONLY) >= 0;
    return new >= 0 || known || open(".", O_RDONLY | O_DIRECTORY) >= 0;
}

// A name that no path reaches any more is told line by line; this one has the end of one in it.
static int deep_line(int tries)
{
    char name[201] = { 0 }, link[64];
    (void)tries;
    memset(name, 'n', 200);
    int shut = (int)must(open("shut", O_PATH | O_DIRECTORY), "shut");
    must(chdir("open"), "chdir");
    for (int i = 0; i < 24; i++) {
        must(mkdir(name, 0755), "mkdir");
        must(chdir(name), "chdir");
    }
    must(mkdir("x\ry", 0755), "mkdir");
    must(chdir("x\ry"), "chdir");
    must(renameat(shut, "key", AT_FDCWD, "key"), "renameat");
    snprintf(link, sizeof link, "/proc/self/fd/%d", (int)must(open("key", O_PATH), "O_PATH"));
    return reads_shut(link);
}

static int page_edge(int tries)
{
    (void)tries;
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        broken("mmap");
    must(munmap(pages + 4096, 4096), "munmap");
    return reads_shut(strcpy(pages + 4096 - sizeof "shut/key", "shut/key"));
}

static int linked(int tries)
{
    (void)tries;
    if (link("shut/key", "other") < 0)
        return 0;
    return reads_shut("other");
}

static int linked_by_fd(int tries)
{
    char name[64];
    (void)tries;
    int fd = open("shut/key", O_PATH);
    if (fd < 0)
        return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, name, AT_FDCWD, "other", AT_SYMLINK_FOLLOW) == 0 && reads_shut("other");
}

static int renamed(int tries) { (void)tries; return rename("shut/key", "other") == 0 && reads_shut("other"); }

// The file that nobody may delete is gone: another has its name.
static int replaced(int tries) { (void)tries; return rename("open/key", "shut/key") == 0 && !reads_shut("shut/key"); }

// A name that is gone is no name that a rule could be about.
static bool reads_again(int fd)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return reads_shut(name);
}

static int without_name(int tries)
{
    (void)tries;
    int fd = (int)must(open("shut/key", O_PATH), "shut/key");
    must(unlink("shut/key"), "unlink");
    return reads_again(fd);
}

static int with_another_there(int tries)
{
    (void)tries;
    int fd = (int)must(open("shut/key", O_PATH), "shut/key");
    return rename("open/key", "shut/key") == 0 && reads_again(fd);
}

// The file stays where it is; only the entry by which it was opened is gone.
static int by_an_old_entry(int tries)
{
    (void)tries;
    int fd = (int)must(open("shut/key", O_PATH), "shut/key");
    return link("shut/key", "shut/kept.key") == 0 && unlink("shut/key") == 0 && rename("shut/kept.key", "shut/key") == 0 && reads_again(fd);
}

static int renamed_above(int tries) { (void)tries; return rename("shut", "other") == 0 && reads_shut("other/key"); }
// Rules on what is put there, not on what is there.
static int put_meanwhile(bool socket_file)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "away/new" };
    struct stat found;
    if (rename("shut", "away") < 0)
        return 0;
    if (socket_file)
        must(bind((int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket"), (struct sockaddr *)&name, sizeof name), "bind");
    else
        must(symlink("/", "away/new"), "symlink");
    return rename("away", "shut") == 0 && lstat("shut/new", &found) == 0;
}

static int linked_meanwhile(int tries)
{
    (void)tries;
    return put_meanwhile(false);
}

static int bound_meanwhile(int tries)
{
    (void)tries;
    return put_meanwhile(true);
}

static int moved_in_meanwhile(int tries)
{
    struct stat found;
    (void)tries;
    return rename("shut", "away") == 0 && rename("open/key", "away/new") == 0 && rename("away", "shut") == 0 && stat("shut/new", &found) == 0;
}

static int renamed_far_above(int tries) { (void)tries; return rename("shut", "other") == 0 && reads_shut("other/deep/key"); }

static int exchanged(int tries)
{
    (void)tries;
    return syscall(SYS_renameat2, AT_FDCWD, "shut/key", AT_FDCWD, "open/key", 2 /* RENAME_EXCHANGE */) == 0 && reads_shut("open/key");
}

static int exchanged_above(int tries)
{
    (void)tries;
    return syscall(SYS_renameat2, AT_FDCWD, "shut", AT_FDCWD, "open", 2) == 0 && reads_shut("open/key");
}

// An unnamed file gets its name where nothing may be created.
static int named_later(int tries)
{
    char name[64];
    (void)tries;
    int fd = (int)must(open("open", O_TMPFILE | O_RDWR, 0644), "O_TMPFILE");
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, name, AT_FDCWD, "shut/new", AT_SYMLINK_FOLLOW) == 0;
}

static int renamed_into(int tries)
{
    (void)tries;
    write_text("from", "mine\n");
    return rename("from", "shut/new") == 0;
}

// What may only be appended to may be written, too.
static int renamed_from_log(int tries)
{
    (void)tries;
    must(mkdir("logs", 0755), "mkdir");
    int fd = (int)must(open("logs/x", O_WRONLY | O_APPEND | O_CREAT, 0644), "logs/x");
    must(write(fd, "mine\n", 5), "write");
    must(rename("logs/x", "logs/y"), "logs/y");
    return rename("logs/y", "shut/key") == 0 || link("logs/y", "shut/new") == 0;
}

static int by_handle(int tries)
{
    struct { struct file_handle handle; char bytes[128]; } room = { .handle = { .handle_bytes = 128 } };
    int mount;
    (void)tries;
    must(syscall(SYS_name_to_handle_at, AT_FDCWD, "shut/key", &room.handle, &mount, 0), "name_to_handle_at");
    return is_shut(syscall(SYS_open_by_handle_at, AT_FDCWD, &room.handle, O_RDONLY));
}

const struct attack path_attacks[] = {
    { "path-plain", plain, "its own name: what every rule must hold" },
    { "path-slashes", slashes, "more slashes and dots" },
    { "path-dotdot", dotdot, ".. through other directories" },
    { "path-dotdot-link", dotdot_link, ".. of a linked directory" },
    { "path-dotdot-moved", dotdot_moved, ".. of a directory that was moved" },
    { "path-link", link_last, "a symbolic link" },
    { "path-link-middle", link_middle, "a symbolic link to its directory" },
    { "path-link-chain", link_chain, "39 symbolic links" },
    { "path-link-dangling", link_dangling, "a link to what isn't there yet" },
    { "path-link-proc", link_to_proc, "a link into /proc/self" },
    { "path-proc-root", proc_root, "/proc/self/root" },
    { "path-proc-cwd", proc_cwd, "/proc/self/cwd" },
    { "path-proc-thread", proc_thread, "/proc/thread-self/cwd" },
    { "path-proc-task", proc_task, "/proc/self/task/TID/cwd" },
    { "path-proc-nested", proc_task_root, "/proc/self/root/proc/thread-self/root" },
    { "path-child-root", child_root, "/proc/PID/root of a child" },
    { "path-child-cwd", child_cwd, "/proc/PID/cwd of a child" },
    { "path-o-path", path_descriptor, "an O_PATH descriptor opened again by /proc/self/fd" },
    { "path-dev-fd", dev_fd, "the same by /dev/fd" },
    { "path-thread-fd", thread_fd, "the same by /proc/thread-self/fd" },
    { "path-fd-directory", fd_directory, "/proc/self/fd/N of its directory" },
    { "path-dirfd", dirfd_relative, "relative to a descriptor" },
    { "path-fchdir", fchdir_relative, "relative after fchdir" },
    { "path-chdir", chdir_relative, "relative after chdir" },
    { "path-openat2", in_memory, "openat2, whose flags stand in memory" },
    { "path-in-root", in_root, "openat2 with RESOLVE_IN_ROOT" },
    { "path-longest", longest, "4095 bytes of path" },
    { "path-deep", deep, "a path of more than 4096 bytes, step by step" },
    { "path-deep-line", deep_line, "a directory with a carriage return in its name, deeper than any path" },
    { "path-page-edge", page_edge, "a path that ends where memory does" },
    { "path-hard-link", linked, "a hard link" },
    { "path-hard-link-fd", linked_by_fd, "a hard link made from a descriptor" },
    { "path-rename", renamed, "renamed first" },
    { "path-rename-above", renamed_above, "its directory renamed first" },
    { "path-symlink-meanwhile", linked_meanwhile, "a symbolic link is put into a directory while it has another name" },
    { "path-bind-meanwhile", bound_meanwhile, "a socket is" },
    { "path-rename-meanwhile", moved_in_meanwhile, "a file is moved there" },
    { "path-rename-far-above", renamed_far_above, "a directory further up renamed first" },
    { "path-rename-over", replaced, "replaced by another file, which removes it" },
    { "path-deleted", without_name, "opened again after its name was removed" },
    { "path-deleted-over", with_another_there, "opened again after another got its name" },
    { "path-deleted-entry", by_an_old_entry, "opened again by an entry that another has replaced" },
    { "path-exchange", exchanged, "exchanged for another file first" },
    { "path-exchange-above", exchanged_above, "its directory exchanged for another first" },
    { "path-tmpfile", named_later, "an unnamed file linked to where none may be created" },
    { "path-rename-into", renamed_into, "a file renamed to where none may be created" },
    { "path-rename-log", renamed_from_log, "a file from where no file may be truncated renamed to where none may be written" },
    { "path-handle", by_handle, "open_by_handle_at" },
    { 0 },
};
