// Children, waiting, files.
#include "fidelity.h"

void broken(const char *what)
{
    fprintf(stderr, "fidelity: %s: %s\n", what, strerror(errno));
    exit(2);
}

int child_status(int (*run)(void *), void *argument)
{
    int status;
    pid_t child = fork();
    if (child < 0)
        broken("fork");
    if (child == 0) {
        alarm(60);
        _exit(run(argument));
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            broken("waitpid");
    return status;
}

void in_child(const char *name, int (*run)(void *), void *argument)
{
    line("%s: %s", name, status_text(child_status(run, argument)));
}

int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

void nap(int milliseconds)
{
    struct timespec rest = { milliseconds / 1000, milliseconds % 1000 * 1000000L };
    while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
        ;
}

// A thread that waits for its supervisor sleeps, too. So it must have slept, without a switch between,
// for a while: then it waits for what nobody answers yet.
static long switches(int pid, int tid, char *state)
{
    char name[64], room[4096];
    long count = 0;
    snprintf(name, sizeof name, "/proc/%d/task/%d/status", pid, tid);
    read_whole(name, room, sizeof room);
    char *found = strstr(room, "State:\t");
    *state = found ? found[7] : '?';
    if ((found = strstr(room, "\nvoluntary_ctxt_switches:")))
        count = atol(found + 25);
    return count;
}

int asleep(int pid, int tid)
{
    int64_t end = now_ms() + 5000;
    char before, after;
    do {
        long first = switches(pid, tid, &before);
        nap(30);
        long second = switches(pid, tid, &after);
        if (first == second && before == 'S' && after == 'S')
            return 1;
    } while (now_ms() < end);
    return 0;
}

void write_file(const char *name, const char *contents, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t length = strlen(contents);
    if (fd < 0 || write(fd, contents, length) != (ssize_t)length || fchmod(fd, mode) < 0)
        broken(name);
    close(fd);
}

char *read_whole(const char *name, char *room, size_t size)
{
    size_t length = 0;
    ssize_t now = 0;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && length < size - 1 && (now = read(fd, room + length, size - 1 - length)) > 0)
        length += (size_t)now;
    room[length] = 0;
    if (fd >= 0)
        close(fd);
    return room;
}

void install(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    if (sigaction(signal, &action, NULL) < 0)
        broken("sigaction");
}
