// Races: while one thread makes a call again and again, others change what it is about.
#ifndef RACE_H
#define RACE_H

#include "attack.h"

// Who flips: threads; processes that share nothing; processes that share memory, descriptors and working directory.
enum by { THREAD, PROCESS, TWIN };

// Makes `tries` shots while flippers call set(0), which is what rules allow, and set(1), which they refuse.
// Half of the time one flips without pause; half of the time two others, on different processors, wait for the shot and flip
// a little later, each time by another while.
int race(int tries, enum by who, void (*set)(int side), bool (*shot)(void));

// The usual thing to flip: four bytes in memory.
struct word { volatile uint32_t *at; uint32_t sides[2]; };
extern struct word word;
void set_word(int side);
void flip_word(volatile void *at, const void *allowed, const void *refused);

// The path of all races on names: "open/…" or "shut/…", by its first four bytes.
extern char *path;
void flip_path(const char *rest);

#endif
