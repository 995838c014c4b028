// The fidelity suite: a program that looks, call by call, at what the kernel answers, and prints it in a
// form that is the same at every run: no process ids, times or inode numbers. Run natively and inside a
// sandbox whose rules refuse nothing of it, its output must be the same, byte for byte.
#ifndef FIDELITY_H
#define FIDELITY_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// A theme runs in an empty directory of its own.
struct theme {
    const char *name;
    void (*run)(void);
};

extern const struct theme themes[];

// Prints one line, with one write(2): processes and threads don't mix theirs. Calls among its arguments
// are made in the order that the compiler likes, which is the same in every run of one binary.
void line(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The result of a call: a number, or the errno's name. Sixteen can be in use at once.
const char *text(long result);

// The result when a success differs from run to run: `ok`, or the errno's name.
const char *ok(long result);

// A path without what differs from run to run: the theme's directory is {here}, numbers in brackets are n.
const char *plain(const char *path);

// All about a descriptor: number, flags, what it is open on and by what name. `closed` for a bad one.
const char *describe(int fd);

// What a directory entry is: type, mode, owner, size, links. `-` where there is none.
const char *entry(int dir, const char *name);

// A child that runs this and ends with its result; prints how it ended as the line `NAME: …`.
int child_status(int (*run)(void *), void *argument);
const char *status_text(int status);
void in_child(const char *name, int (*run)(void *), void *argument);

// Sleeps; only to let another thread or process get to where it blocks, never to measure.
void nap(int milliseconds);

// Waits until a thread of this or another process sleeps in a system call (its state is S), so that
// it can be interrupted there. False after five seconds.
int asleep(int pid, int tid);

// Prints the reason and ends the whole program with status 2: the suite itself doesn't work.
void broken(const char *what) __attribute__((noreturn));

int64_t now_ms(void);
void write_file(const char *name, const char *contents, mode_t mode);
char *read_whole(const char *name, char *room, size_t size);
void install(int signal, void (*handler)(int), int flags);

// world.c: one of everything that a path can mean. A case runs in a directory of its own that holds just that.
enum {
    OUTSIDE = 1,   // not in the case's directory: nothing may be changed there
    BLOCKS = 2,    // an open without O_NONBLOCK may wait for ever
    ROOTDIR = 4,   // the root directory itself
};

struct kind {
    const char *name;
    const char *path;      // NULL when `make` sets it
    int traits;
    void (*make)(void);
};

extern const struct kind kinds[];
extern const size_t kind_count;
extern const char *const here;                 // the theme's directory, absolute

const char *enter_case(const struct kind *kind);   // makes it and goes there; returns the path
const char *leave_case(void);                      // goes back; returns what had changed, `same` when nothing
const struct kind *kind_named(const char *name);
// What stands in the current directory and below.
const char *snapshot(void);
void remove_tree(const char *name);

#endif
