// Two hundred threads at once: nothing is done twice, nothing is left out, every descriptor is another.
#include "fidelity.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { THREADS = 200, ROUNDS = 10 };

static pthread_barrier_t s_barrier;
static int s_fds[THREADS], s_good[THREADS], s_first[THREADS];

static void *opens(void *argument)
{
    int me = (int)(intptr_t)argument;
    char name[32], room[32] = "", mine[32];
    pthread_barrier_wait(&s_barrier);
    snprintf(name, sizeof name, "t%d", me);
    snprintf(mine, sizeof mine, "thread %d", me);
    s_fds[me] = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (write(s_fds[me], mine, strlen(mine)) == (ssize_t)strlen(mine) && pread(s_fds[me], room, sizeof room - 1, 0) > 0)
        s_good[me] = strcmp(room, mine) == 0;
    return NULL;
}

// Only one can be the first.
static void *races(void *unused)
{
    int me = (int)(intptr_t)unused;
    pthread_barrier_wait(&s_barrier);
    for (int i = 0; i < ROUNDS; i++) {
        char name[32];
        snprintf(name, sizeof name, "r%d", i);
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        s_first[me] += fd >= 0;
        if (fd >= 0)
            close(fd);
        snprintf(name, sizeof name, "d%d", i);
        s_first[me] += mkdir(name, 0700) == 0;
        snprintf(name, sizeof name, "l%d", i);
        s_first[me] += symlink("x", name) == 0;
        snprintf(name, sizeof name, "u%d", i);
        s_good[me] += unlink(name) == 0;
    }
    return NULL;
}

static void *all(void *argument)
{
    int me = (int)(intptr_t)argument;
    char name[32], other[32];
    struct stat st;
    pthread_barrier_wait(&s_barrier);
    s_good[me] = 0;
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(name, sizeof name, "a%d-%d", me, i);
        snprintf(other, sizeof other, "b%d-%d", me, i);
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        s_good[me] += fd >= 0 && write(fd, name, strlen(name)) > 0 && close(fd) == 0 && rename(name, other) == 0 && stat(other, &st) == 0 && st.st_size == (off_t)strlen(name) && chmod(other, 0400) == 0 &&
                      access(name, F_OK) == -1 && errno == ENOENT && (i % 2 || unlink(other) == 0);
    }
    return NULL;
}

static void together(void *(*run)(void *))
{
    pthread_t threads[THREADS];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 512 * 1024);
    pthread_barrier_init(&s_barrier, NULL, THREADS);
    for (intptr_t i = 0; i < THREADS; i++)
        if ((errno = pthread_create(&threads[i], &attributes, run, (void *)i)) != 0)
            broken("pthread_create");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&s_barrier);
}

static int sum(const int *numbers)
{
    int total = 0;
    for (int i = 0; i < THREADS; i++)
        total += numbers[i];
    return total;
}

static long count_names(char first)
{
    char room[65536], *at = room;
    long found = 0;
    FILE *list = popen("/bin/ls -f", "r");
    size_t length = fread(room, 1, sizeof room - 1, list);
    pclose(list);
    room[length] = 0;
    for (; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        found += *at == first;
    return found;
}

void run_threads(void)
{
    struct rlimit files = { 512, 512 };
    int seen[600] = { 0 }, distinct = 0;
    setrlimit(RLIMIT_NOFILE, &files);
    for (int fd = 3; fd < 30; fd++)
        close(fd);
    together(opens);
    for (int i = 0; i < THREADS; i++)
        if (s_fds[i] >= 0 && s_fds[i] < 600)
            distinct += !seen[s_fds[i]]++;
    int dense = 1;
    for (int fd = 3; fd < 3 + THREADS; fd++)
        dense &= seen[fd] == 1;
    line("opened %d distinct %d without gaps %d own contents %d files %ld", THREADS, distinct, dense, sum(s_good), count_names('t'));
    for (int fd = 3; fd < 512; fd++)
        close(fd);

    memset(s_good, 0, sizeof s_good);
    for (int i = 0; i < ROUNDS; i++) {
        char name[32];
        snprintf(name, sizeof name, "u%d", i);
        write_file(name, "", 0600);
    }
    together(races);
    line("first: %d of %d, removed %d; files %ld directories %ld links %ld left %ld", sum(s_first), 3 * ROUNDS, sum(s_good), count_names('r'), count_names('d'), count_names('l'), count_names('u'));

    together(all);
    line("rounds done: %d of %d; left %ld, not moved %ld", sum(s_good), THREADS * ROUNDS, count_names('b'), count_names('a'));
    line("descriptor after all: %d", open("t0", O_RDONLY));
}
