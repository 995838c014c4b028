#include "victim.h"

#include <stdarg.h>
#include <time.h>

static const struct command *const tables[] = {
    open_commands, data_commands, exec_commands, process_commands, race_commands, signal_commands,
    net_commands, race_net_commands, hostile_commands, limits_commands, loop_commands, use_commands, channel_commands,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// One write(2), no stdio: stdio would ask fstat about the descriptor first.
int say(int fd, const char *format, ...)
{
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof line)
        length = sizeof line - 1;
    return (int)syscall(SYS_write, fd, line, (size_t)length);
}

int report(const char *name, long result)
{
    if (result == -1) {
        const char *error = strerrorname_np(errno);
        if (error)
            say(1, "%s = %s\n", name, error);
        else
            say(1, "%s = errno %d\n", name, errno);
        return 1;
    }
    say(1, "%s = %ld\n", name, result);
    return 0;
}

int report_ok(const char *name, long result)
{
    if (result == -1)
        return report(name, result);
    say(1, "%s = ok\n", name);
    return 0;
}

void setup_failed(const char *what)
{
    const char *error = strerrorname_np(errno);
    say(1, "setup: %s = %s\n", what, error ? error : "?");
    _exit(2);
}

long number(const char *text)
{
    char *end;
    errno = 0;
    long value = (long)strtoul(text, &end, 0);
    if (*text == '-')
        value = strtol(text, &end, 0);
    if (end == text || *end || errno) {
        say(2, "victim: not a number: %s\n", text);
        _exit(2);
    }
    return value;
}

char *path_argument(char *text)
{
    if (strcmp(text, "@null") == 0)
        return NULL;
    if (strcmp(text, "@bad") == 0)
        return (char *)1;
    if (strncmp(text, "@env:", 5) == 0) {
        text = getenv(text + 5);
        if (!text)
            setup_failed("getenv");
    }
    return text;
}

long word_argument(const char *text)
{
    if (text[0] == ':')
        return (long)(text + 1);
    if (strcmp(text, "@null") == 0)
        return 0;
    if (strcmp(text, "@bad") == 0)
        return 1;
    if (strcmp(text, "@cwd") == 0)
        return AT_FDCWD;
    return number(text);
}

int fd_argument(const char *text, int flags)
{
    if (strncmp(text, "fd:", 3) == 0)
        return (int)number(text + 3);
    long fd = syscall(SYS_openat, AT_FDCWD, text, flags, 0644);
    if (fd < 0)
        setup_failed("open");
    return (int)fd;
}

// r, w, rw or path, then +create, +truncate …; `creat` is w+create+truncate.
int open_flags(const char *text)
{
    static const struct { const char *name; int flags; } names[] = {
        { "r", O_RDONLY }, { "w", O_WRONLY }, { "rw", O_RDWR }, { "path", O_PATH },
        { "creat", O_WRONLY | O_CREAT | O_TRUNC }, { "create", O_CREAT }, { "truncate", O_TRUNC },
        { "trunc", O_TRUNC }, { "append", O_APPEND }, { "exclusive", O_EXCL }, { "excl", O_EXCL },
        { "directory", O_DIRECTORY }, { "nofollow", O_NOFOLLOW }, { "cloexec", O_CLOEXEC },
        { "nonblock", O_NONBLOCK }, { "tmpfile", O_TMPFILE }, { "sync", O_SYNC },
        { "noctty", O_NOCTTY }, { "noatime", O_NOATIME }, { "direct", O_DIRECT },
        { "largefile", 0100000 }, { "none", O_ACCMODE },
    };
    int flags = 0;
    while (*text) {
        size_t length = strcspn(text, "+,"), i;
        for (i = 0; i < COUNT(names); i++)
            if (strlen(names[i].name) == length && memcmp(names[i].name, text, length) == 0)
                break;
        if (i == COUNT(names)) {
            say(2, "victim: unknown open flag: %s\n", text);
            _exit(2);
        }
        flags |= names[i].flags;
        text += length + (text[length] != 0);
    }
    return flags;
}

int signal_number(const char *text)
{
    if (text[0] >= '0' && text[0] <= '9')
        return (int)number(text);
    if (strncmp(text, "SIG", 3) == 0)
        text += 3;
    for (int signal = 1; signal < 32; signal++) {
        const char *name = sigabbrev_np(signal);
        if (name && strcmp(name, text) == 0)
            return signal;
    }
    say(2, "victim: unknown signal: %s\n", text);
    _exit(2);
}

pid_t process_argument(const char *text)
{
    if (strcmp(text, "self") == 0)
        return getpid();
    if (strcmp(text, "parent") == 0)
        return getppid();
    if (strcmp(text, "group") == 0)
        return 0;
    if (strcmp(text, "all") == 0)
        return -1;
    return (pid_t)number(text);
}

int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);      // the vDSO: no system call
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int usage(void)
{
    say(1, "victim COMMAND ARGUMENTS: makes one system call and prints `COMMAND = RESULT`\n");
    for (size_t t = 0; t < COUNT(tables); t++)
        for (const struct command *c = tables[t]; c->name; c++)
            say(1, "  %s%s%s\n", c->name, *c->usage ? " " : "", c->usage);
    for (const struct row *row = rows; row->name; row++)
        print_row_usage(row);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage();
    for (size_t t = 0; t < COUNT(tables); t++) {
        for (const struct command *c = tables[t]; c->name; c++) {
            if (strcmp(c->name, argv[1]) != 0)
                continue;
            if (argc - 2 < c->least) {
                say(2, "usage: victim %s %s\n", c->name, c->usage);
                return 2;
            }
            return c->run(argc - 1, argv + 1);
        }
    }
    for (const struct row *row = rows; row->name; row++)
        if (strcmp(row->name, argv[1]) == 0)
            return run_row(row, argc - 1, argv + 1);
    say(2, "victim: unknown command: %s\n", argv[1]);
    return 2;
}
