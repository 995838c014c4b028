// Starting programs: what comes over, what doesn't, and what the kernel says when it can't.
#include "fidelity.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>

static char s_where[5000];
static char *s_env[] = { s_where, "FIDELITY_SHOW=1", "FIDELITY_B=two words", "FIDELITY_C=", NULL };

struct start {
    const char *path;
    char **argv;
};

static int run(void *argument)
{
    struct start *start = argument;
    syscall(SYS_execve, start->path, start->argv, s_env);
    line("  %s", text(-1));
    return 99;
}

static void program(const char *name, const char *path, char **argv)
{
    struct start start = { path, argv };
    in_child(name, run, &start);
}

static void copy_self(const char *name)
{
    int in = open("/proc/self/exe", O_RDONLY), out = open(name, O_WRONLY | O_CREAT, 0755);
    while (sendfile(out, in, NULL, 1 << 20) > 0)
        ;
    close(in);
    close(out);
    chmod(name, 0755);
}

static void script(const char *name, const char *text, mode_t mode) { write_file(name, text, mode); }

static void paths(void)
{
    char *argv[] = { "zero", "one", "with space", "", "\xff\n", NULL }, *empty[] = { NULL };
    char whole[4200], long_name[300];
    snprintf(whole, sizeof whole, "%s/prog", here);
    memset(long_name, 'n', sizeof long_name);
    long_name[299] = 0;
    program("prog", "./prog", argv);
    program("bare name", "prog", argv);
    program("whole", whole, argv);
    program("by link", "link", argv);
    program("by a link elsewhere", "sub/up", argv);
    program("by /proc/self/cwd", "/proc/self/cwd/prog", argv);
    program("no argv", "./prog", empty);
    program("null argv", "./prog", NULL);
    program("missing", "./missing", argv);
    program("missing parent", "no/prog", argv);
    program("below a file", "prog/x", argv);
    program("slash", "prog/", argv);
    program("empty", "", argv);
    program("directory", "sub", argv);
    program("loop", "loop", argv);
    program("dangling", "dangling", argv);
    program("long name", long_name, argv);
    program("null", NULL, argv);
    program("bad", (char *)1, argv);
    program("bad argv", "./prog", (char **)1);
    program("bad argv of a missing one", "./missing", (char **)1);
    program("not executable", "plain", argv);
    program("executable by its group only", "group-only", argv);
    program("no permission to search", "closed/prog", argv);
    program("fifo", "fifo", argv);
    program("device", "/dev/null", argv);
    program("garbage", "garbage", argv);
    program("empty file", "nothing", argv);
    program("truncated ELF", "short", argv);
    program("foreign ELF", "foreign", argv);
    program("/proc/self/exe", "/proc/self/exe", argv);
}

static void scripts(void)
{
    char *argv[] = { "zero", "one", NULL };
    program("script", "./script", argv);
    program("script with an argument", "script-argument", argv);
    program("script with a long line", "script-long", argv);
    program("script with spaces", "script-spaces", argv);
    program("script without a newline", "script-open", argv);
    program("script without an interpreter", "script-none", argv);
    program("script of a missing interpreter", "script-missing", argv);
    program("script of a directory", "script-directory", argv);
    program("script of a script", "script-nested", argv);
    program("script of itself", "script-self", argv);
    program("script of five scripts", "script-5", argv);
    program("script of six scripts", "script-6", argv);
    program("script by a link", "script-link", argv);
    program("script, relative interpreter", "script-relative", argv);
    program("script, not executable interpreter", "script-plain", argv);
    program("script without #!", "script-bare", argv);
    program("unreadable script", "script-unreadable", argv);
    program("executable, not readable", "prog-unreadable", argv);
}

static int at(void *argument)
{
    static const int flags[] = { 0, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, 0x40, 0x10000 };
    static const char *const paths[] = { "prog", "link", "", "script", "/proc/self/cwd/prog", "missing", "loop", NULL, "sub" };
    int which = *(int *)argument, directory = open(".", O_PATH | O_DIRECTORY), file = open("prog", O_RDONLY | O_CLOEXEC), by_path = open("prog", O_PATH | O_CLOEXEC), kept = open("script", O_RDONLY),
        of_script = open("script", O_RDONLY | O_CLOEXEC), of_link = open("link", O_PATH | O_NOFOLLOW | O_CLOEXEC), plain_file = open("plain", O_RDONLY | O_CLOEXEC);
    int fds[] = { AT_FDCWD, directory, file, by_path, kept, of_script, of_link, plain_file, 99, -1 };
    static const char *const names[] = { "cwd", "dir", "file", "by-path", "script", "script-cloexec", "link", "plain", "99", "-1" };
    int path = which % 9, flag = which / 9 % 6, fd = which / 54;
    line(" execveat %s '%s' %#x", names[fd], paths[path] ? paths[path] : "null", flags[flag]);
    char *argv[] = { "zero", NULL };
    syscall(SYS_execveat, fds[fd], paths[path], argv, s_env, flags[flag]);
    line("  %s", text(-1));
    return 99;
}

static int from_memory(void *sealed)
{
    int memory = memfd_create("program", (*(int *)sealed ? MFD_ALLOW_SEALING : 0) | MFD_CLOEXEC), in = open("prog", O_RDONLY | O_CLOEXEC);
    char *argv[] = { "zero", NULL };
    while (sendfile(memory, in, NULL, 1 << 20) > 0)
        ;
    syscall(SYS_execveat, memory, "", argv, s_env, AT_EMPTY_PATH);
    line("  while it is open for writing: %s", text(-1));
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", memory);
    int again = open(link, O_RDONLY | O_CLOEXEC);
    close(memory);
    syscall(SYS_execveat, again, "", argv, s_env, AT_EMPTY_PATH);
    line("  %s", text(-1));
    return 99;
}

static int busy(void *unused)
{
    char *argv[] = { "zero", NULL };
    (void)unused;
    copy_self("busy");
    int fd = open("busy", O_WRONLY | O_CLOEXEC);
    syscall(SYS_execve, "./busy", argv, s_env);
    line("  open for writing: %s", text(-1));
    close(fd);
    return run(&(struct start){ "./busy", argv });
}

static int running(void *unused)
{
    int ends[2];
    (void)unused;
    if (pipe(ends) < 0)
        broken("pipe");
    int read_end = ends[0];
    line("  the running program: write %s truncate %s unlink %s", text(open("/proc/self/exe", O_WRONLY)), text(open("/proc/self/exe", O_RDWR | O_TRUNC)), "-");
    (void)read_end;
    return 0;
}

static int big(void *size)
{
    size_t length = *(size_t *)size;
    char *word = malloc(length + 1);
    memset(word, 'x', length);
    word[length] = 0;
    char *argv[] = { "/bin/true", word, NULL };
    syscall(SYS_execve, "/bin/true", argv, s_env);
    line("  %zu: %s", length, text(-1));
    return 99;
}

static int many(void *count)
{
    size_t words = *(size_t *)count;
    char **argv = calloc(words + 1, sizeof *argv);
    for (size_t i = 0; i < words; i++)
        argv[i] = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";
    syscall(SYS_execve, "/bin/true", argv, s_env);
    line("  %zu words: %s", words, text(-1));
    return 99;
}

static void none(int signal) { (void)signal; }

static int inherits(void *unused)
{
    sigset_t set;
    char *argv[] = { "zero", NULL };
    (void)unused;
    for (int fd = 3; fd < 30; fd++)
        close(fd);
    open("plain", O_RDONLY);
    open("plain", O_RDONLY | O_CLOEXEC);
    lseek(open("plain", O_RDWR | O_APPEND), 3, SEEK_SET);
    fcntl(open("plain", O_RDONLY), F_SETFD, FD_CLOEXEC);
    fcntl(open("plain", O_RDONLY | O_CLOEXEC), F_SETFD, 0);
    open("sub", O_PATH);
    install(SIGUSR1, none, 0);
    signal(SIGUSR2, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (chdir("sub") < 0)
        return 98;
    return run(&(struct start){ "../prog", argv });
}

static void *from_thread(void *unused)
{
    char *argv[] = { "zero", "from a thread", NULL };
    (void)unused;
    syscall(SYS_execve, "./missing", argv, s_env);
    line("  missing: %s", text(-1));
    syscall(SYS_execve, "./prog", argv, s_env);
    line("  %s", text(-1));
    return NULL;
}

static void *idle(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static int threaded(void *unused)
{
    pthread_t others[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&others[i], NULL, i < 2 ? idle : from_thread, NULL);
    pthread_join(others[2], NULL);
    return (int)(intptr_t)unused;
}

static void *racer(void *unused)
{
    char *argv[] = { "zero", "from a thread", NULL };
    syscall(SYS_execve, "./prog", argv, s_env);
    line("  %s", text(-1));
    return unused;
}

// Several threads at once: one wins, and the program starts once.
static int racing(void *unused)
{
    pthread_t others[8];
    for (int i = 0; i < 8; i++)
        pthread_create(&others[i], NULL, racer, NULL);
    for (int i = 0; i < 8; i++)
        pthread_join(others[i], NULL);
    return (int)(intptr_t)unused;
}

static int vforks(void *unused)
{
    char *argv[] = { "zero", "by vfork", NULL };
    int status;
    (void)unused;
    volatile int error = 0;
    pid_t child = vfork();
    if (child == 0) {
        syscall(SYS_execve, "./missing", argv, s_env);
        error = errno;
        syscall(SYS_execve, "./prog", argv, s_env);
        _exit(9);
    }
    waitpid(child, &status, 0);
    errno = error;
    line("  missing: %s; %s", text(-1), status_text(status));
    return 0;
}

static int ends(void *how)
{
    switch (*(int *)how) {
    case 0: return 0;
    case 1: return 255;
    case 2: abort();
    case 3: kill(getpid(), SIGKILL); return 0;
    case 4: kill(getpid(), SIGTERM); return 0;
    case 5: *(volatile int *)8 = 1; return 0;
    case 6: raise(SIGPIPE); return 0;
    default: syscall(SYS_exit, 3); return 0;
    }
}

void run_exec(void)
{
    struct rlimit cores = { 0, 0 };
    snprintf(s_where, sizeof s_where, "HERE=%s", here);
    setrlimit(RLIMIT_CORE, &cores);
    copy_self("prog");
    copy_self("prog-unreadable");
    chmod("prog-unreadable", 0111);
    mkdir("sub", 0755);
    mkdir("closed", 0755);
    copy_self("closed/prog");
    chmod("closed", 0600);
    if (symlink("prog", "link") < 0 || symlink("../prog", "sub/up") < 0 || symlink("loop", "loop") < 0 || symlink("none", "dangling") < 0 || symlink("script", "script-link") < 0)
        broken("symlink");
    mkfifo("fifo", 0755);
    char first[600];
    script("plain", "0123456789\n", 0644);
    script("group-only", "#!/bin/sh\n", 0010);
    script("garbage", "\x01\x02\x03 not a program", 0755);
    script("nothing", "", 0755);
    script("short", "\x7f" "ELF\x02\x01\x01", 0755);
    script("foreign", "\x7f" "ELF\x01\x02\x01", 0755);
    snprintf(first, sizeof first, "#!%s/prog\nrest\n", here);
    script("script", first, 0755);
    script("script-unreadable", first, 0311);
    snprintf(first, sizeof first, "#!%s/prog an argument with spaces \nrest\n", here);
    script("script-argument", first, 0755);
    snprintf(first, sizeof first, "#!%s/prog %0300d\nrest\n", here, 7);
    script("script-long", first, 0755);
    snprintf(first, sizeof first, "#!  \t %s/prog   \t\nrest\n", here);
    script("script-spaces", first, 0755);
    snprintf(first, sizeof first, "#!%s/prog", here);
    script("script-open", first, 0755);
    script("script-none", "#!\n", 0755);
    script("script-missing", "#!/no/such/interpreter\n", 0755);
    script("script-directory", "#!/etc\n", 0755);
    script("script-relative", "#!./prog\n", 0755);
    script("script-bare", "exit 0\n", 0755);
    snprintf(first, sizeof first, "#!%s/plain\n", here);
    script("script-plain", first, 0755);
    snprintf(first, sizeof first, "#!%s/script nested\n", here);
    script("script-nested", first, 0755);
    snprintf(first, sizeof first, "#!%s/script-self\n", here);
    script("script-self", first, 0755);
    for (int i = 1; i <= 6; i++) {
        char name[32], before[32] = "prog";
        if (i > 1)
            snprintf(before, sizeof before, "script-%d", i - 1);
        snprintf(name, sizeof name, "script-%d", i);
        snprintf(first, sizeof first, "#!%s/%s\n", here, before);
        script(name, first, 0755);
    }

    paths();
    scripts();
    for (int which = 0; which < 540; which++)
        line("%s", status_text(child_status(at, &which)));
    int no = 0, yes = 1;
    in_child("from memory", from_memory, &no);
    in_child("from sealable memory", from_memory, &yes);
    in_child("busy", busy, NULL);
    in_child("running", running, NULL);
    static size_t lengths[] = { 1000, 131071, 131072, 200000, 3000000 }, counts[] = { 1000, 15000, 30000, 100000 };
    for (size_t i = 0; i < COUNT(lengths); i++)
        in_child("one long word", big, &lengths[i]);
    for (size_t i = 0; i < COUNT(counts); i++)
        in_child("many words", many, &counts[i]);
    in_child("what comes over", inherits, NULL);
    in_child("from a thread", threaded, NULL);
    line("racing: %s", status_text(child_status(racing, NULL)));
    in_child("vfork", vforks, NULL);
    for (int how = 0; how < 8; how++)
        line("ends %d: %s", how, status_text(child_status(ends, &how)));
}
