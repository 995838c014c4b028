#include "race.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>

struct word word;
char *path;

struct control { volatile int stop; volatile unsigned shots, beats, reach; };
struct flipper { struct control *control; void (*set)(int); bool waits; int cpu; };

enum { FLIPPERS = 3, PHASE = 32 };      // so many shots one kind of flipper has for itself

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

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void *flip(void *argument)
{
    const struct flipper *self = argument;
    struct control *control = self->control;
    unsigned seen = 0, state = (unsigned)getpid() + (unsigned)self->cpu, rounds = 0;
    pin(self->cpu);
    while (!control->stop) {
        unsigned shots = control->shots;
        if ((shots / PHASE & 1) != self->waits) {
            usleep(50);
        } else if (!self->waits) {
            control->beats++;
            self->set(1);
            spin((next(&state) >> 16) % 400);
            self->set(0);
            spin((next(&state) >> 16) % 400);
            if ((++rounds & 63) == 0)
                sched_yield();
        } else if (shots == seen) {
            spin(1);
            if ((++rounds & 1023) == 0)
                sched_yield();
        } else {
            seen = shots;
            control->beats++;
            spin((next(&state) >> 8) % control->reach);
            self->set(1);
        }
    }
    return NULL;
}

static int flip_as_twin(void *argument)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    flip(argument);
    return 0;
}

// A shot is worth something only while a flipper is at work, which on a busy machine takes a moment.
static void await(struct control *control, unsigned beats)
{
    for (int i = 0; control->beats == beats && i < 2000; i++) {
        spin(20);
        if (i % 16 == 15)
            sched_yield();
    }
}

int race(int tries, enum by who, void (*set)(int side), bool (*shot)(void))
{
    struct control *control = shared_page();
    struct flipper flippers[FLIPPERS] = { { control, set, false, 1 }, { control, set, true, 1 }, { control, set, true, 0 } };
    pthread_t threads[FLIPPERS];
    pid_t children[FLIPPERS];
    int through = 0;
    int64_t begin = now(), usual = 20000;
    spin(4096);
    double pause = (double)(now() - begin) / 4096 + 0.1;
    control->reach = (unsigned)((double)usual / pause);
    set(0);
    for (int i = 0; i < FLIPPERS; i++) {
        if (who == THREAD) {
            if (pthread_create(&threads[i], NULL, flip, &flippers[i]) != 0)
                broken("pthread_create");
        } else if (who == TWIN) {
            static char stacks[FLIPPERS][65536] __attribute__((aligned(16)));
            children[i] = (pid_t)must(clone(flip_as_twin, stacks[i] + sizeof stacks[i], CLONE_FS | CLONE_VM | CLONE_FILES | SIGCHLD, &flippers[i]), "clone");
        } else if ((children[i] = start_child()) == 0) {
            flip(&flippers[i]);
            _exit(0);
        }
    }
    for (int i = 0; i < tries; i++) {
        if ((i + 1) / PHASE & 1)
            set(i & 1 && i % 4 == 1 ? 1 : 0);       // mostly what may be done first, sometimes what may not
        unsigned beats = control->beats;
        control->shots = (unsigned)i + 1;
        await(control, beats);
        begin = now();
        through += shot();

        // Waiting flippers reach as far as a shot usually lasts. What is put off the processor meanwhile isn't usual.
        int64_t lasted = now() - begin;
        usual += ((lasted < 4 * usual ? lasted : 4 * usual) - usual) / 16;
        control->reach = (unsigned)((double)usual / pause) + 1;
    }
    control->stop = 1;
    for (int i = 0; i < FLIPPERS; i++) {
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
