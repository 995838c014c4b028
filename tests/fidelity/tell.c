// Saying what was seen, without what differs from run to run.
#include "fidelity.h"

#include <ctype.h>
#include <stdarg.h>

void line(const char *format, ...)
{
    char room[16384];
    va_list arguments;
    int error = errno;
    va_start(arguments, format);
    int length = vsnprintf(room, sizeof room - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof room - 2)
        length = sizeof room - 2;
    room[length++] = '\n';
    for (int written = 0; written < length;) {
        ssize_t now = write(1, room + written, (size_t)(length - written));
        if (now < 0 && errno != EINTR)
            _exit(3);
        written += now > 0 ? (int)now : 0;
    }
    errno = error;
}

// One of sixteen rooms, in turn, for each thread.
static char *room(void)
{
    static __thread char rooms[16][8192];
    static __thread unsigned next;
    return rooms[next++ % 16];
}

static const char *error_name(int error)
{
    const char *name = strerrorname_np(error);
    if (name)
        return name;
    char *other = room();
    snprintf(other, 64, "errno %d", error);
    return other;
}

const char *text(long result)
{
    if (result == -1)
        return error_name(errno);
    char *number = room();
    snprintf(number, 64, "%ld", result);
    return number;
}

const char *ok(long result)
{
    return result == -1 ? error_name(errno) : "ok";
}

const char *plain(const char *path)
{
    char *start = room(), *out = start, *end = start + 4000;
    size_t length = strlen(here);
    while (*path && out < end) {
        if (strncmp(path, here, length) == 0 && (path[length] == '/' || path[length] == 0 || path[length] == ' ')) {
            out = stpcpy(out, "{here}");
            path += length;
        } else if (strncmp(path, "/proc/", 6) == 0 && isdigit((unsigned char)path[6])) {
            out = stpcpy(out, "/proc/");
            out = stpcpy(out, strtol(path + 6, (char **)&path, 10) == getpid() ? "PID" : "n");
        } else if ((*path == '[' || *path == '#') && isdigit((unsigned char)path[1])) {
            *out++ = *path++;
            *out++ = 'n';
            while (isdigit((unsigned char)*path))
                path++;
        } else if (!isdigit((unsigned char)*path) && path[0] == path[1] && path[1] == path[2] && path[2] == path[3]) {
            char letter = *path;                          // a long run: its length
            int count = 0;
            for (; *path == letter; path++)
                count++;
            out += sprintf(out, "%c{%d}", letter, count);
        } else {
            *out++ = *path++;
        }
    }
    *out = 0;
    return start;
}

static char letter_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG: return '-';
    case S_IFDIR: return 'd';
    case S_IFLNK: return 'l';
    case S_IFIFO: return 'p';
    case S_IFSOCK: return 's';
    case S_IFCHR: return 'c';
    case S_IFBLK: return 'b';
    default: return '?';
    }
}

static char *stat_text(const struct stat *st)
{
    char *out = room();
    if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
        snprintf(out, 200, "%c%04o %d:%d", letter_of(st->st_mode), st->st_mode & 07777, (int)st->st_uid, (int)st->st_gid);
    else if (S_ISDIR(st->st_mode))                        // sizes and links of directories are the file system's
        snprintf(out, 200, "d%04o %d:%d", st->st_mode & 07777, (int)st->st_uid, (int)st->st_gid);
    else
        snprintf(out, 200, "%c%04o %d:%d size %ld links %d", letter_of(st->st_mode), st->st_mode & 07777,
                 (int)st->st_uid, (int)st->st_gid, (long)st->st_size, (int)st->st_nlink);
    return out;
}

const char *describe(int fd)
{
    char link[64], target[4096], *out = room();
    struct stat st;
    int flags = fcntl(fd, F_GETFL), own = fcntl(fd, F_GETFD), error = errno;
    if (flags < 0)
        return "closed";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
    const char *what = fstat(fd, &st) < 0 ? text(-1) : stat_text(&st);
    snprintf(out, 8192, "%d flags %#o own %d %s at %s pos %s", fd, flags, own, what, length < 0 ? text(-1) : plain(target), text(lseek(fd, 0, SEEK_CUR)));
    errno = error;
    return out;
}

const char *entry(int dir, const char *name)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? "-" : text(-1);
    return stat_text(&st);
}

const char *status_text(int status)
{
    char *out = room();
    if (WIFEXITED(status))
        snprintf(out, 64, "exit %d", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        snprintf(out, 64, "SIG%s", sigabbrev_np(WTERMSIG(status)));
    else
        snprintf(out, 64, "status %#x", status);
    return out;
}
