// The victim: one system call per subcommand, so that a test can make exactly one ruled call.
// Every command prints `name = RESULT` (the return value, or the errno's name) and exits 0 when the
// call succeeded, 1 when it failed, 2 when something before the call failed.
#ifndef VICTIM_H
#define VICTIM_H

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
#include <unistd.h>

struct command {
    const char *name;
    int least;                               // arguments needed at least
    const char *usage;
    int (*run)(int argc, char **argv);       // argv[0] is the command's name
};

// A call that a row can describe: see rows.c for the letters of `spec`.
struct row {
    const char *name;
    long nr;
    const char *spec;
    long k;                                  // what the letters k and M stand for
};

extern const struct command channel_commands[], data_commands[], exec_commands[], hostile_commands[], limits_commands[],
    loop_commands[], net_commands[], open_commands[], race_commands[], race_net_commands[], process_commands[], signal_commands[], use_commands[];
extern const struct row rows[];

int run_row(const struct row *row, int argc, char **argv);
void print_row_usage(const struct row *row);

// Prints the result of the command's one call; RESULT is what syscall() returned, errno still set.
int report(const char *name, long result);
// The same for results that differ from run to run (process ids, addresses): `name = ok`.
int report_ok(const char *name, long result);
int say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
void setup_failed(const char *what) __attribute__((noreturn));

// `fd:N` is the inherited descriptor N; anything else is a path, opened with these flags.
int fd_argument(const char *text, int flags);
// `@null` and `@bad` are hostile pointers, `@cwd` is AT_FDCWD, a number is itself, `:text` a string.
// A path may also be `@env:NAME`: taken from the environment, so that it isn't in exec's arguments.
long word_argument(const char *text);
char *path_argument(char *text);
long number(const char *text);
int open_flags(const char *text);
int signal_number(const char *text);
// A number, `self`, `parent`, `group` (0) or `all` (-1).
pid_t process_argument(const char *text);
int64_t now_ns(void);

#endif
