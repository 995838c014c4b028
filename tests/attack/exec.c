// A program that a rule refuses, run all the same. shut/prog ends with 42, open/prog with 0.
#include "race.h"

#include <sys/mount.h>
#include <sys/sendfile.h>

static char *const s_argv[] = { "prog", NULL };

static int plain(int tries) { (void)tries; return run_program("shut/prog", s_argv) == 42; }

static int by_descriptor(const char *file, int flags)
{
    pid_t child = start_child();
    if (child == 0) {
        int fd = open(file, flags);
        syscall(SYS_execveat, fd, "", s_argv, environ, AT_EMPTY_PATH);
        _exit(1);
    }
    return status_of(child) == 42;
}

static int fexecve_path(int tries) { (void)tries; return by_descriptor("shut/prog", O_PATH); }
static int fexecve_read(int tries) { (void)tries; return by_descriptor("shut/prog", O_RDONLY); }

static int without_name(int tries)
{
    (void)tries;
    pid_t child = start_child();
    if (child == 0) {
        int fd = open("shut/prog", O_PATH);
        unlink("shut/prog");
        syscall(SYS_execveat, fd, "", s_argv, environ, AT_EMPTY_PATH);
        _exit(1);
    }
    return status_of(child) == 42;
}

static int by_proc_fd(int tries)
{
    char name[64];
    (void)tries;
    int fd = (int)must(open("shut/prog", O_RDONLY), "shut/prog");
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return run_program(name, s_argv) == 42;
}

static void make_script(const char *interpreter)
{
    char text[8300];
    snprintf(text, sizeof text, "#!%s\n", interpreter);
    write_text("script", text);
    must(chmod("script", 0755), "chmod");
}

static int by_script(int tries)
{
    (void)tries;
    make_script(here("shut/prog"));
    return run_program("./script", s_argv) == 42;
}

static int by_relative_script(int tries)
{
    (void)tries;
    make_script("shut/prog");
    return run_program("./script", s_argv) == 42;
}

static int by_nested_script(int tries)
{
    (void)tries;
    make_script(here("shut/prog"));
    must(rename("script", "inner"), "rename");
    make_script(here("inner"));
    return run_program("./script", s_argv) == 42;
}

static int by_linked_script(int tries)
{
    (void)tries;
    must(symlink(here("shut/prog"), "way"), "symlink");
    make_script(here("way"));
    return run_program("./script", s_argv) == 42;
}

static int by_unreadable_script(int tries)
{
    (void)tries;
    make_script(here("shut/prog"));
    must(chmod("script", 0111), "chmod");
    return run_program("./script", s_argv) == 42;
}

static int by_loader(int tries)
{
    char *argv[] = { "ld.so", "./dyn", "-c", "exit 42", NULL };
    (void)tries;
    return run_program("/lib64/ld-linux-x86-64.so.2", argv) == 42;
}

static int by_loader_preload(int tries)
{
    char *argv[] = { "ld.so", "--argv0", "sh", "./open/../dyn", "-c", "exit 42", NULL };
    (void)tries;
    return run_program("/lib64/ld-linux-x86-64.so.2", argv) == 42;
}

static void copy(const char *from, int out)
{
    struct stat size;
    int in = (int)must(open(from, O_RDONLY), from);
    must(fstat(in, &size), from);
    must(sendfile(out, in, NULL, (size_t)size.st_size), "sendfile");
    close(in);
}

static int from_memory(int tries)
{
    (void)tries;
    int fd = (int)must(syscall(SYS_memfd_create, "anything", 1 /* MFD_CLOEXEC */), "memfd_create");
    copy("shut/prog", fd);
    pid_t child = start_child();
    if (child == 0) {
        syscall(SYS_execveat, fd, "", s_argv, environ, AT_EMPTY_PATH);
        _exit(1);
    }
    return status_of(child) == 42;
}

static int a_copy(int tries)
{
    (void)tries;
    int fd = (int)must(open("other", O_WRONLY | O_CREAT, 0755), "other");
    copy("shut/prog", fd);
    close(fd);
    return run_program("./other", s_argv) == 42;
}

static int a_hard_link(int tries) { (void)tries; return link("shut/prog", "other") == 0 && run_program("./other", s_argv) == 42; }
static int renamed(int tries) { (void)tries; return rename("shut/prog", "other") == 0 && run_program("./other", s_argv) == 42; }

static int from_a_mount(int tries)
{
    (void)tries;
    must(symlink("/proc/self/cwd/shut/prog", "way"), "symlink");
    return run_program("./way", s_argv) == 42;
}

// A kind of program of our own making: in a user namespace anybody may say who runs it.
static int by_kind(int tries)
{
    char line[8400];
    (void)tries;
    private_mounts();
    must(mkdir("kinds", 0755), "mkdir");
    must(mount("none", "kinds", "binfmt_misc", 0, NULL), "mount");
    snprintf(line, sizeof line, ":attack:M::ATTK::%s:", here("shut/prog"));
    int fd = (int)must(open("kinds/register", O_WRONLY), "kinds/register");
    must(write(fd, line, strlen(line)), "kinds/register");
    close(fd);
    write_text("other", "ATTK\n");
    must(chmod("other", 0755), "chmod");
    return run_program("./other", s_argv) == 42;
}

// --- races

static int *side_now;
static bool shot(void) { return run_program("target", s_argv) == 42; }

static void set_exchange(int side)
{
    if (__atomic_exchange_n(side_now, side, __ATOMIC_SEQ_CST) != side)
        syscall(SYS_renameat2, AT_FDCWD, "target", AT_FDCWD, "other", 2 /* RENAME_EXCHANGE */);
}

static void copies(void)
{
    side_now = shared_page();
    int fd = (int)must(open("target", O_WRONLY | O_CREAT, 0755), "target");
    copy("open/prog", fd);
    close(fd);
    fd = (int)must(open("other", O_WRONLY | O_CREAT, 0755), "other");
    copy("shut/prog", fd);
    close(fd);
}

static int race_exchange(int tries)
{
    copies();
    return race(tries, PROCESS, set_exchange, shot);
}

// The two programs differ in one byte: the status they end with.
static void set_rewritten(int side)
{
    static unsigned char status[2] = { 0, 42 };
    int fd = open("target", O_WRONLY);
    if (fd < 0)
        return;     // it is running
    if (pwrite(fd, &status[side], 1, 121) != 1)
        broken("pwrite");
    close(fd);
}

static int race_rewritten(int tries)
{
    copies();
    return race(tries, PROCESS, set_rewritten, shot);
}

// Hard links to scripts made before: a new file under an old name would be written to the disk each time.
static void set_script(int side)
{
    char own[64];
    snprintf(own, sizeof own, "way.%ld", syscall(SYS_gettid));
    must(link(side ? "script.shut" : "script.open", own), "link");
    must(rename(own, "target"), "rename");
    unlink(own);        // still there when it was the same file
}

static int race_scripts(int tries, mode_t mode)
{
    make_script(here("open/prog"));
    must(chmod("script", mode), "chmod");
    must(rename("script", "script.open"), "rename");
    make_script(here("shut/prog"));
    must(chmod("script", mode), "chmod");
    must(rename("script", "script.shut"), "rename");
    return race(tries, PROCESS, set_script, shot);
}

static int race_script(int tries) { return race_scripts(tries, 0755); }
static int race_unreadable(int tries) { return race_scripts(tries, 0111); }

// The script stays; what its first line names is a link that changes.
static void set_interpreter(int side)
{
    char own[64];
    snprintf(own, sizeof own, "way.%ld", syscall(SYS_gettid));
    must(symlink(side ? "shut/prog" : "open/prog", own), "symlink");
    must(rename(own, "way"), "rename");
}

static int race_interpreter(int tries)
{
    make_script(here("way"));
    must(rename("script", "target"), "rename");
    return race(tries, PROCESS, set_interpreter, shot);
}

const struct attack exec_attacks[] = {
    { "exec-plain", plain, "its own name: what every rule must hold" },
    { "exec-fexecve-path", fexecve_path, "execveat of an O_PATH descriptor" },
    { "exec-fexecve", fexecve_read, "execveat of a descriptor" },
    { "exec-deleted", without_name, "execveat after its name was removed" },
    { "exec-proc-fd", by_proc_fd, "execve of /proc/self/fd/N" },
    { "exec-proc-link", from_a_mount, "a link into /proc/self" },
    { "exec-script", by_script, "a script whose interpreter is refused" },
    { "exec-script-relative", by_relative_script, "the same with a relative interpreter" },
    { "exec-script-nested", by_nested_script, "a script whose interpreter is such a script" },
    { "exec-script-link", by_linked_script, "a script whose interpreter is a link" },
    { "exec-script-unreadable", by_unreadable_script, "a script that only the kernel may read" },
    { "exec-loader", by_loader, "the dynamic loader with the program as argument" },
    { "exec-loader-options", by_loader_preload, "the loader with options before the program" },
    { "exec-kind", by_kind, "binfmt_misc of a user namespace" },
    { "exec-memory", from_memory, "a copy in memory, by sha256" },
    { "exec-copy", a_copy, "a copy, by sha256" },
    { "exec-hard-link", a_hard_link, "a hard link" },
    { "exec-rename", renamed, "renamed first" },
    { "exec-race-exchange", race_exchange, "the program is exchanged for another" },
    { "exec-race-rewrite", race_rewritten, "the program is rewritten in place" },
    { "exec-race-script", race_script, "a script is replaced by one with another interpreter" },
    { "exec-race-unreadable", race_unreadable, "the same with scripts that only the kernel may read" },
    { "exec-race-interpreter", race_interpreter, "a script's interpreter is a link that changes" },
    { 0 },
};
