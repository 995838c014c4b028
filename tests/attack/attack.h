// Attacks: programs that try to do what a rule refuses. One subcommand each; attacks.txt says under which rules.
// `attack stage` makes the files that all attacks know, outside of the sandbox; `attack NAME [TRIES]` then prints
// `got through K of N` or `held, N tries` and ends with 0 if it got through, 1 if it never did, 2 if it could not try.
//
// The stage, in the working directory: open/ and shut/ hold the same names, and rules are about shut/.
//   key   a text that begins with the directory's name; shut/key is executable, open/key is not
//   lnk   a symbolic link to nowhere, whose text begins with the directory's name
//   dir   an empty directory              prog  ends with status 42 in shut/, 0 in open/
// Beside them: code in both, a function that yields 0 in open/, 42 in shut/; theirs, a shut file that root alone can read, where root made it;
// bystander, the number of a process outside, and where in its memory a shut text is; dyn, a copy of the shell; echo, which ends with the first letter of its argument; conf/*.json, rules.
#ifndef ATTACK_H
#define ATTACK_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct attack {
    const char *name;
    int (*run)(int tries);      // how often it got through
    const char *what;
};

extern const struct attack path_attacks[], mount_attacks[], name_races[], net_races[], fd_races[], way_races[],
    fd_attacks[], process_attacks[], abi_attacks[], exec_attacks[], write_attacks[], socket_attacks[],
    supervisor_attacks[], outside_attacks[], signal_attacks[], config_attacks[], wall_attacks[], resource_attacks[], deputy_attacks[], sibling_attacks[];

void make_stage(void);
void leave_bystander(void);                     // a process outside of the sandbox, as long as the stage is there

// Ends with 2: what was needed for the attack isn't there. `must` does so when a call failed.
void broken(const char *what) __attribute__((noreturn));
long must(long result, const char *what);

// Whether this descriptor, or what opens by this name, is the shut file; both close.
bool is_shut(long fd);
bool reads_shut(const char *path);
void write_text(const char *path, const char *text);
char *here(const char *rest);               // an absolute path, in static memory
void read_line(const char *path, char *room, size_t size);

// The exit status of a child that does this, or 128 + signal.
int in_child(int (*run)(void *), void *argument);
int status_of(pid_t child);
pid_t start_child(void);                    // fork; the child dies with its parent
int run_program(const char *path, char *const argv[]);
void map_user(void);                        // root in a user namespace
void private_mounts(void);                      // the same with a mount namespace of its own; held where that is refused
void *shared_page(void);

int port(void);                             // the one that the rules name
void spin(unsigned times);

#endif
