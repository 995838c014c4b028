#include "race.h"

#include <pthread.h>
#include <sys/prctl.h>

struct word word;
char *path;

struct control { volatile int stop; volatile unsigned shots; };
struct flipper { struct control *control; void (*set)(int); bool waits; int cpu; };

enum { PHASE = 32, LONGEST = 1200 };       // shots that one flipper has for itself; of about 40 ns each

static unsigned next(unsigned *state) { return *state = *state * 1664525 + 1013904223; }

static void pin(int index)
{
    cpu_set_t all, one;
    if (sched_getaffinity(0, sizeof all, &all) < 0 || CPU_COUNT(&all) < 2)
        return;
    index %= CPU_COUNT(&all);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &all) && index-- == 0) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            sched_setaffinity(0, sizeof one, &one);
            return;
        }
    }
}

static void *flip(void *argument)
{
    const struct flipper *self = argument;
    struct control *control = self->control;
    unsigned seen = 0, state = (unsigned)getpid() + (unsigned)self->cpu, delay = 0, rounds = 0;
    pin(self->cpu);
    while (!control->stop) {
        unsigned shots = control->shots;
        if ((shots / PHASE & 1) != self->waits) {
            sched_yield();
        } else if (!self->waits) {
            self->set(1);
            spin((next(&state) >> 16) % 300);
            self->set(0);
            spin((next(&state) >> 16) % 300);
            if ((++rounds & 7) == 0)
                sched_yield();
        } else if (shots == seen) {
            spin(1);
        } else {
            seen = shots;
            spin(delay);
            self->set(1);
            delay = (delay + 37) % LONGEST;
            if ((++rounds & 7) == 0)
                sched_yield();
        }
    }
    return NULL;
}

int race(int tries, enum by who, void (*set)(int side), bool (*shot)(void))
{
    struct control *control = shared_page();
    struct flipper flippers[2] = { { control, set, false, 1 }, { control, set, true, 1 } };
    pthread_t threads[2];
    pid_t children[2];
    int through = 0;
    set(0);
    for (int i = 0; i < 2; i++) {
        if (who == THREAD) {
            if (pthread_create(&threads[i], NULL, flip, &flippers[i]) != 0)
                broken("pthread_create");
        } else if ((children[i] = start_child()) == 0) {
            flip(&flippers[i]);
            _exit(0);
        }
    }
    for (int i = 0; i < tries; i++) {
        if (i / PHASE & 1)
            set(i & 1 && i % 4 == 1 ? 1 : 0);       // mostly what may be done first, sometimes what may not
        control->shots = (unsigned)i;
        through += shot();
    }
    control->stop = 1;
    for (int i = 0; i < 2; i++) {
        if (who == THREAD)
            pthread_join(threads[i], NULL);
        else
            status_of(children[i]);
    }
    return through;
}

void set_word(int side) { __atomic_store_n(word.at, word.sides[side], __ATOMIC_SEQ_CST); }

void flip_word(volatile void *at, const void *allowed, const void *refused)
{
    word.at = at;
    memcpy(&word.sides[0], allowed, 4);
    memcpy(&word.sides[1], refused, 4);
}

void flip_path(const char *rest)
{
    static char room[256] __attribute__((aligned(64)));
    snprintf(room, sizeof room, "open/%s", rest);
    path = room;
    flip_word(path, "open", "shut");
}
