// Programs that change what an exec or chdir means between the verdict and the kernel's own look.
// Each try is a child of its own: GOOD ends with status 0, BAD with another; `leaks` counts the latter.
#include "victim.h"

#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>

extern char **environ;

static volatile int stop_flipping, flips;

// What flips, and between what.
static struct {
    void (*flip)(int bad);
    char path[2][PATH_MAX], link[PATH_MAX], argument[64];
    int fd[2], moving;
    const char *content[2];
    size_t size[2];
    char *shared;
} race;
static char text[PATH_MAX];

static void flip_path(int bad)
{
    strcpy(text, race.path[bad]);
}

static void flip_argument(int bad)
{
    race.argument[5] = bad ? '7' : '0';
}

static void flip_link(int bad)
{
    char other[PATH_MAX + 32];
    snprintf(other, sizeof other, "%s.%d.%d", race.link, (int)getpid(), bad);
    unlink(other);
    if (symlink(race.path[bad], other) == 0)
        rename(other, race.link);
}

static void flip_file(int bad)
{
    // The file itself is replaced by another one of that name.
    char other[PATH_MAX + 32];
    snprintf(other, sizeof other, "%s.%d.%d", race.link, (int)getpid(), bad);
    unlink(other);
    if (link(race.path[bad], other) == 0)
        rename(other, race.link);
}

static void flip_fd(int bad)
{
    dup2(race.fd[bad], race.moving);
}

static void flip_content(int bad)
{
    int fd = open(race.link, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (pwrite(fd, race.content[bad], race.size[bad], 0) < 0)
        return;
    close(fd);
    usleep(300);
}

static void *flipper(void *argument)
{
    for (int bad = 1; !stop_flipping; bad = !bad, flips = flips + 1)
        race.flip(bad);
    return argument;
}

// One child after the other; returns how often BAD ran.
static int tries(int count, void (*exec)(void))
{
    int leaks = 0;
    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        if (child < 0)
            setup_failed("fork");
        if (child == 0) {
            pthread_t thread;
            race.flip(0);
            if (pthread_create(&thread, NULL, flipper, NULL) != 0)
                _exit(0);
            for (volatile int spin = 0; spin < 20000; spin++)
                ;
            // The other thread is killed by a successful exec. A refused one is no leak.
            exec();
            _exit(0);
        }
        int status = 0;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        // Said at once: whoever kills this program later must not hide it.
        if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && leaks++ == 0)
            say(1, "leaked\n");
    }
    return leaks;
}

static int told(const char *name, int leaks, int count)
{
    say(1, "%s = %d leaks of %d\n", name, leaks, count);
    return leaks ? 1 : 0;
}

static void exec_text(void)
{
    execve(text, (char *[]){ "x", NULL }, environ);
}

static void exec_link(void)
{
    execve(race.link, (char *[]){ "x", NULL }, environ);
}

static void exec_argument(void)
{
    execve(race.path[0], (char *[]){ "sh", "-c", race.argument, NULL }, environ);
}

static void exec_fd(void)
{
    syscall(SYS_execveat, race.moving, "", (char *[]){ "x", NULL }, environ, AT_EMPTY_PATH);
}

static void exec_directory(void)
{
    syscall(SYS_execveat, race.moving, "prog", (char *[]){ "x", NULL }, environ, 0);
}

static void set_paths(char **argv)
{
    snprintf(race.path[0], PATH_MAX, "%s", argv[0]);
    snprintf(race.path[1], PATH_MAX, "%s", argv[1]);
}

static void set_descriptors(int flags)
{
    for (int i = 0; i < 2; i++)
        if ((race.fd[i] = open(race.path[i], flags)) < 0)
            setup_failed("open");
    race.moving = dup(race.fd[0]);
}

static int do_race_exec_path(int argc, char **argv)
{
    (void)argc;
    set_paths(argv + 1);
    race.flip = flip_path;
    return told(argv[0], tries((int)number(argv[3]), exec_text), (int)number(argv[3]));
}

static int do_race_exec_argv(int argc, char **argv)
{
    (void)argc;
    set_paths((char *[]){ argv[1], argv[1] });
    strcpy(race.argument, "exit 0");
    race.flip = flip_argument;
    return told(argv[0], tries((int)number(argv[2]), exec_argument), (int)number(argv[2]));
}

static int do_race_exec_link(int argc, char **argv)
{
    (void)argc;
    snprintf(race.link, PATH_MAX, "%s", argv[1]);
    set_paths(argv + 2);
    race.flip = flip_link;
    return told(argv[0], tries((int)number(argv[4]), exec_link), (int)number(argv[4]));
}

static int do_race_exec_file(int argc, char **argv)
{
    (void)argc;
    snprintf(race.link, PATH_MAX, "%s", argv[1]);
    set_paths(argv + 2);
    race.flip = flip_file;
    return told(argv[0], tries((int)number(argv[4]), exec_link), (int)number(argv[4]));
}

static int do_race_exec_fd(int argc, char **argv)
{
    (void)argc;
    set_paths(argv + 1);
    set_descriptors(O_PATH);
    race.flip = flip_fd;
    return told(argv[0], tries((int)number(argv[3]), exec_fd), (int)number(argv[3]));
}

static int do_race_exec_dirfd(int argc, char **argv)
{
    (void)argc;
    set_paths(argv + 1);
    set_descriptors(O_PATH | O_DIRECTORY);
    race.flip = flip_fd;
    return told(argv[0], tries((int)number(argv[3]), exec_directory), (int)number(argv[3]));
}

static int do_race_exec_content(int argc, char **argv)
{
    (void)argc;
    snprintf(race.link, PATH_MAX, "%s", argv[1]);
    set_paths(argv + 2);
    for (int i = 0; i < 2; i++) {
        struct stat facts;
        int fd = open(race.path[i], O_RDONLY);
        if (fd < 0 || fstat(fd, &facts) < 0)
            setup_failed("open");
        race.size[i] = (size_t)facts.st_size;
        race.content[i] = mmap(NULL, race.size[i], PROT_READ, MAP_PRIVATE, fd, 0);
        close(fd);
    }
    race.flip = flip_content;
    return told(argv[0], tries((int)number(argv[4]), exec_link), (int)number(argv[4]));
}

// Not a child each: the directory is the process's own.
static int do_race_chdir(int argc, char **argv)
{
    pthread_t thread;
    char here[PATH_MAX];
    int leaks = 0, count = (int)number(argv[3]);
    (void)argc;
    set_paths(argv + 1);
    race.flip = flip_path;
    race.flip(0);
    pthread_create(&thread, NULL, flipper, NULL);
    while (flips < 100)
        usleep(100);
    for (int i = 0; i < count; i++)
        if (chdir(text) == 0 && syscall(SYS_getcwd, here, sizeof here) > 0 && strcmp(here, race.path[1]) == 0 && leaks++ == 0)
            say(1, "leaked\n");
    stop_flipping = 1;
    pthread_join(thread, NULL);
    return told(argv[0], leaks, count);
}

static int do_race_fchdir(int argc, char **argv)
{
    pthread_t thread;
    char here[PATH_MAX];
    int leaks = 0, count = (int)number(argv[3]);
    (void)argc;
    set_paths(argv + 1);
    set_descriptors(O_RDONLY | O_DIRECTORY);
    race.flip = flip_fd;
    pthread_create(&thread, NULL, flipper, NULL);
    while (flips < 100)
        usleep(100);
    for (int i = 0; i < count; i++)
        if (fchdir(race.moving) == 0 && syscall(SYS_getcwd, here, sizeof here) > 0 && strcmp(here, race.path[1]) == 0 && leaks++ == 0)
            say(1, "leaked\n");
    stop_flipping = 1;
    pthread_join(thread, NULL);
    return told(argv[0], leaks, count);
}

static void *exec_thread(void *argument)
{
    char **argv = argument;
    execve(argv[0], argv, environ);
    _exit(99);
}

// execve by a thread that isn't the first one.
static int do_exec_in_thread(int argc, char **argv)
{
    pthread_t thread;
    (void)argc;
    pthread_create(&thread, NULL, exec_thread, argv + 1);
    pthread_join(thread, NULL);
    return report(argv[0], -1);
}

// All threads at once: one of them wins, the others end.
static int do_exec_in_threads(int argc, char **argv)
{
    pthread_t thread;
    (void)argc;
    for (long i = number(argv[1]); i > 0; i--)
        pthread_create(&thread, NULL, exec_thread, argv + 2);
    exec_thread(argv + 2);
    return 2;
}

// N processes that execve at the same time; succeeds when all of them did.
static int do_exec_many(int argc, char **argv)
{
    int count = (int)number(argv[1]), failed = 0, gate[2];
    (void)argc;
    if (pipe(gate) < 0)
        setup_failed("pipe");
    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        if (child < 0)
            setup_failed("fork");
        if (child == 0) {
            char one;
            close(gate[1]);
            if (read(gate[0], &one, 1) < 0)
                _exit(98);
            execve(argv[2], argv + 2, environ);
            _exit(99);
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < count; i++) {
        int status = -1;
        while (wait(&status) < 0 && errno == EINTR)
            ;
        failed += status != 0;
    }
    say(1, "%s = %d failed of %d\n", argv[0], failed, count);
    return failed ? 1 : 0;
}

// Forks and executes one after the other, for measuring: prints microseconds for each.
static int do_exec_loop(int argc, char **argv)
{
    int count = (int)number(argv[1]);
    (void)argc;
    int64_t begin = now_ns();
    for (int i = 0; i < count; i++) {
        pid_t child = vfork();
        if (child == 0) {
            execve(argv[2], argv + 2, environ);
            _exit(99);
        }
        int status;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    }
    say(1, "%s = %lld us\n", argv[0], (long long)((now_ns() - begin) / 1000 / count));
    return 0;
}

const struct command race_commands[] = {
    { "race-exec-path", 3, "GOOD BAD N (the path in memory)", do_race_exec_path },
    { "race-exec-argv", 2, "SHELL N (argv in memory)", do_race_exec_argv },
    { "race-exec-link", 4, "LINK GOOD BAD N (a symbolic link)", do_race_exec_link },
    { "race-exec-file", 4, "NAME GOOD BAD N (the file under a name)", do_race_exec_file },
    { "race-exec-fd", 3, "GOOD BAD N (the descriptor)", do_race_exec_fd },
    { "race-exec-dirfd", 3, "GOOD-DIR BAD-DIR N (the directory's descriptor; DIR/prog is executed)", do_race_exec_dirfd },
    { "race-exec-content", 4, "NAME GOOD BAD N (the file's bytes)", do_race_exec_content },
    { "race-chdir", 3, "GOOD BAD N", do_race_chdir },
    { "race-fchdir", 3, "GOOD BAD N", do_race_fchdir },
    { "exec-in-thread", 1, "PATH ARGS…", do_exec_in_thread },
    { "exec-in-threads", 2, "N PATH ARGS…", do_exec_in_threads },
    { "exec-many", 2, "N PATH ARGS…", do_exec_many },
    { "exec-loop", 2, "N PATH ARGS… (prints the time of each)", do_exec_loop },
    { NULL, 0, NULL, NULL },
};
