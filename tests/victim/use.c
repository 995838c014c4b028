// Use of the machine: memory, processors, processes, disk, as much as is asked for.
#include "victim.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

// Touches memory a mebibyte at a time.
static int do_eat_memory(int argc, char **argv)
{
    long mebibytes = number(argv[1]);
    for (long i = 0; i < mebibytes; i++) {
        char *block = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED)
            return report(argv[0], -1);
        memset(block, (int)i | 1, 1 << 20);
    }
    usleep(argc > 2 ? (useconds_t)number(argv[2]) * 1000 : 0);
    say(1, "%s = %ld\n", argv[0], mebibytes);
    return 0;
}

static long spent_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void burn(long milliseconds)
{
    while (spent_ms() < milliseconds)
        for (volatile int i = 0; i < 100000; i++) {
        }
}

// Uses that much processor time, in CHILDREN one after the other.
static int do_spin(int argc, char **argv)
{
    long milliseconds = number(argv[1]), children = argc > 2 ? number(argv[2]) : 0;
    if (children == 0)
        burn(milliseconds);
    for (long i = 0; i < children; i++) {
        pid_t child = fork();
        if (child == 0) {
            burn(milliseconds / children);
            _exit(0);
        }
        if (child < 0 || waitpid(child, NULL, 0) < 0)
            return report(argv[0], -1);
    }
    say(1, "%s = done\n", argv[0]);
    return 0;
}

// Makes N children that all live until every one is there; says how many there could be.
static int do_fork_many(int argc, char **argv)
{
    long wanted = number(argv[1]), made = 0;
    int hold[2];
    if (pipe(hold) < 0)
        setup_failed("pipe");
    for (; made < wanted; made++) {
        pid_t child = fork();
        if (child < 0)
            break;
        if (child == 0) {
            char byte;
            close(hold[1]);
            _exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
        }
    }
    int error = errno;
    usleep(argc > 2 ? (useconds_t)number(argv[2]) * 1000 : 0);
    close(hold[1]);
    while (wait(NULL) > 0) {
    }
    errno = error;
    say(1, "%s = %ld%s%s\n", argv[0], made, made < wanted ? " " : "", made < wanted ? strerrorname_np(error) : "");
    return made < wanted;
}

// Writes that many mebibytes to a file; says how many got there.
static int do_fill(int argc, char **argv)
{
    static char block[1 << 20];
    long wanted = number(argv[2]), done = 0;
    (void)argc;
    signal(SIGXFSZ, SIG_IGN);
    int file = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0)
        return report(argv[0], -1);
    memset(block, 'x', sizeof block);
    for (; done < wanted; done++)
        if (write(file, block, sizeof block) != (ssize_t)sizeof block)
            return report(argv[0], -1);
    say(1, "%s = %ld\n", argv[0], done);
    return 0;
}

// Opens until it is refused, at most N; says how many got open.
static int do_open_many(int argc, char **argv)
{
    long wanted = number(argv[1]), made = 0;
    (void)argc;
    while (made < wanted && open("/", O_PATH) >= 0)
        made++;
    say(1, "%s = %ld\n", argv[0], made);
    return made < wanted;
}

const struct command use_commands[] = {
    { "eat-memory", 1, "MEBIBYTES [MILLISECONDS] (touches them, and keeps them so long)", do_eat_memory },
    { "spin", 1, "MILLISECONDS [CHILDREN]", do_spin },
    { "fork-many", 1, "N [MILLISECONDS] (children at the same time)", do_fork_many },
    { "fill", 2, "PATH MEBIBYTES", do_fill },
    { "open-many", 1, "N", do_open_many },
    { NULL, 0, NULL, NULL },
};
