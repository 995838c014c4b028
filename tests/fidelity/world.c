// One of everything that a path can mean.
#include "fidelity.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

static char s_here[4096], s_path[8192];
const char *const here = s_here;
static const char *s_set;                      // the path, when a kind's `make` says it
static int s_home = -1;                        // the theme's directory
static char s_before[16384];

static const struct timespec s_old[2] = { { 1000000000, 0 }, { 1000000000, 0 } };

static void directory(const char *name, mode_t mode)
{
    if (mkdir(name, 0700) < 0 || chmod(name, mode) < 0)
        broken(name);
}

static void link_to(const char *target, const char *name)
{
    if (symlink(target, name) < 0)
        broken(name);
}

static void nothing(void) {}
static void file(void) { write_file("t", "hello\n", 0644); }
static void empty_file(void) { write_file("t", "", 0600); }
static void unreadable(void) { write_file("t", "hello\n", 0); }
static void set_user_id(void) { write_file("t", "hello\n", 06755); }
static void executable(void) { write_file("t", "#!/bin/sh\nexit 5\n", 0755); }
static void two_names(void) { file(); if (link("t", "t2") < 0) broken("link"); }
static void dir(void) { directory("t", 0755); }
static void full_dir(void) { dir(); write_file("t/x", "inside\n", 0644); }
static void link_file(void) { write_file("f", "hello\n", 0644); link_to("f", "t"); }
static void link_dir(void) { directory("d", 0755); write_file("d/x", "inside\n", 0644); link_to("d", "t"); }
static void dangling(void) { link_to("none", "t"); }
static void dangling_far(void) { directory("d", 0755); link_to("d/none", "t"); }
static void dangling_lost(void) { link_to("lost/none", "t"); }
static void loop(void) { link_to("t", "t"); }
static void up(void) { write_file("f", "hello\n", 0644); link_to("../in/f", "t"); }
static void fifo(void) { if (mkfifo("t", 0644) < 0) broken("mkfifo"); }

static void absolute(void)
{
    write_file("f", "hello\n", 0644);
    snprintf(s_path, sizeof s_path, "%s/case/in/f", here);
    link_to(s_path, "t");
}

static void chain(int links)
{
    char from[16], to[16];
    write_file("c0", "hello\n", 0644);
    for (int i = 1; i <= links; i++) {
        snprintf(to, sizeof to, "c%d", i - 1);
        snprintf(from, sizeof from, "c%d", i);
        link_to(to, from);
    }
    snprintf(s_path, sizeof s_path, "c%d", links);
    s_set = s_path;
}

static void chain40(void) { chain(40); }
static void chain41(void) { chain(41); }

static void socket_file(void)
{
    struct sockaddr_un name = { AF_UNIX, "t" };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof name) < 0)
        broken("bind");
    close(fd);
    chmod("t", 0755);
}

static void read_only_dir(void) { directory("r", 0700); write_file("r/f", "hello\n", 0644); chmod("r", 0555); }
static void closed_dir(void) { directory("r", 0700); write_file("r/f", "hello\n", 0644); chmod("r", 0600); }
static void group_dir(void) { directory("r", 0755); if (getuid() == 0 && chown("r", 0, 12) < 0) broken("chown"); chmod("r", 02777); }

// A default ACL takes the umask's place.
static void acl_dir(void)
{
    struct { uint16_t tag, perm; uint32_t id; } entries[] = { { 1, 7, ~0u }, { 4, 7, ~0u }, { 0x20, 6, ~0u } };
    unsigned char value[4 + sizeof entries] = { 2 };
    memcpy(value + 4, entries, sizeof entries);
    directory("r", 0755);
    setxattr("r", "system.posix_acl_default", value, sizeof value, 0);
}

static void long_name(int length)
{
    memset(s_path, 'n', (size_t)length);
    s_path[length] = 0;
    s_set = s_path;
}

static void name255(void) { long_name(255); write_file(s_path, "hello\n", 0644); }
static void name255_missing(void) { long_name(255); }
static void name256(void) { long_name(256); }

// ./././…/t, of so many bytes with its zero.
static void long_path(int bytes)
{
    int at = 0;
    file();
    while (at < bytes - 3) {
        s_path[at++] = '.';
        s_path[at++] = '/';
    }
    if (at < bytes - 2)
        s_path[at++] = '/';
    strcpy(s_path + at, "t");
    s_set = s_path;
}

static void path4096(void) { long_path(4096); }
static void path4097(void) { long_path(4097); }

// A page with none after it.
static char *edge(void)
{
    static char *page;
    if (!page) {
        page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED || munmap(page + 4096, 4096) < 0)
            broken("mmap");
    }
    return page + 4096;
}

static void at_edge(void) { file(); s_set = strcpy(edge() - 2, "t"); }
static void over_edge(void) { file(); s_set = memset(edge() - 5, 'n', 5); }
static void two_pages(void)
{
    static char *pages;
    if (!pages && (pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED)
        broken("mmap");
    file();
    s_set = strcpy(pages + 4094, "././t");
}

static void null_path(void) { file(); s_set = NULL; }
static void bad_path(void) { file(); s_set = (char *)1; }
static void kernel_path(void) { file(); s_set = (char *)0xffffffff81000000; }
static void device(void) { mknod("t", S_IFCHR | 0666, makedev(1, 3)); chmod("t", 0666); }
static void whole(void) { file(); snprintf(s_path, sizeof s_path, "%s/case/in/t", here); s_set = s_path; }
static void doubled(void) { file(); snprintf(s_path, sizeof s_path, "/%s//case/./in/../in///t", here); s_set = s_path; }
static void bytes(void) { s_set = "\xff\xfe\n\x1b[31m'\""; write_file(s_set, "hello\n", 0644); }

const struct kind kinds[] = {
    { "file", "t", 0, file },
    { "empty-file", "t", 0, empty_file },
    { "missing", "t", 0, nothing },
    { "missing-parent", "no/t", 0, nothing },
    { "below-file", "t/x", 0, file },
    { "file-slash", "t/", 0, file },
    { "file-dot", "t/.", 0, file },
    { "missing-slash", "t/", 0, nothing },
    { "whole", NULL, 0, whole },
    { "doubled", NULL, 0, doubled },
    { "bytes", NULL, 0, bytes },
    { "unreadable", "t", 0, unreadable },
    { "set-user-id", "t", 0, set_user_id },
    { "executable", "t", 0, executable },
    { "two-names", "t", 0, two_names },
    { "dir", "t", 0, dir },
    { "dir-slash", "t/", 0, dir },
    { "dir-dot", "t/.", 0, dir },
    { "dir-dotdot", "t/..", 0, dir },
    { "full-dir", "t", 0, full_dir },
    { "in-dir", "t/x", 0, full_dir },
    { "in-dir-dotdot", "t/../t/x", 0, full_dir },
    { "dot", ".", 0, file },
    { "dotdot", "..", 0, file },
    { "root", "/", OUTSIDE | ROOTDIR, nothing },
    { "root-dotdot", "/..", OUTSIDE | ROOTDIR, nothing },
    { "link-file", "t", 0, link_file },
    { "link-file-slash", "t/", 0, link_file },
    { "link-dir", "t", 0, link_dir },
    { "link-dir-slash", "t/", 0, link_dir },
    { "in-link-dir", "t/x", 0, link_dir },
    { "new-in-link-dir", "t/y", 0, link_dir },
    { "link-dir-dotdot", "t/../d/x", 0, link_dir },
    { "dangling", "t", 0, dangling },
    { "dangling-slash", "t/", 0, dangling },
    { "dangling-far", "t", 0, dangling_far },
    { "dangling-lost", "t", 0, dangling_lost },
    { "loop", "t", 0, loop },
    { "below-loop", "t/x", 0, loop },
    { "link-absolute", "t", 0, absolute },
    { "link-up", "t", 0, up },
    { "chain-40", NULL, 0, chain40 },
    { "chain-41", NULL, 0, chain41 },
    { "fifo", "t", BLOCKS, fifo },
    { "socket", "t", 0, socket_file },
    { "device", "t", 0, device },
    { "read-only-dir-new", "r/t", 0, read_only_dir },
    { "read-only-dir-file", "r/f", 0, read_only_dir },
    { "closed-dir-new", "r/t", 0, closed_dir },
    { "closed-dir-file", "r/f", 0, closed_dir },
    { "group-dir-new", "r/t", 0, group_dir },
    { "acl-dir-new", "r/t", 0, acl_dir },
    { "name-255", NULL, 0, name255 },
    { "name-255-missing", NULL, 0, name255_missing },
    { "name-256", NULL, 0, name256 },
    { "path-4096", NULL, 0, path4096 },
    { "path-4097", NULL, 0, path4097 },
    { "at-edge", NULL, 0, at_edge },
    { "over-edge", NULL, 0, over_edge },
    { "two-pages", NULL, 0, two_pages },
    { "empty", "", 0, nothing },
    { "null", NULL, 0, null_path },
    { "bad-pointer", NULL, 0, bad_path },
    { "kernel-pointer", NULL, 0, kernel_path },
    { "/dev/null", "/dev/null", OUTSIDE, nothing },
    { "/dev/zero", "/dev/zero", OUTSIDE, nothing },
    { "/dev/full", "/dev/full", OUTSIDE, nothing },
    { "/proc/version", "/proc/version", OUTSIDE, nothing },
    { "/proc/self/status", "/proc/self/status", OUTSIDE, nothing },
    { "/proc/self/cwd", "/proc/self/cwd", OUTSIDE, nothing },
    { "/proc/self/cwd/t", "/proc/self/cwd/t", 0, file },
    { "/proc/self/missing", "/proc/self/missing", OUTSIDE, nothing },
};
const size_t kind_count = COUNT(kinds);

const struct kind *kind_named(const char *name)
{
    for (size_t i = 0; i < kind_count; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    errno = EINVAL;
    broken(name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// One directory and what is below it; times only as changed or not.
static char *list(const char *prefix, char *out, char *end)
{
    char *names[64], path[512], target[512];
    size_t count = 0;
    DIR *stream = opendir(*prefix ? prefix : ".");
    if (!stream)
        return out + snprintf(out, (size_t)(end - out), " %s(%s)", prefix, text(-1));
    for (struct dirent *one; (one = readdir(stream)) && count < COUNT(names);)
        if (strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0)
            names[count++] = strdup(one->d_name);
    closedir(stream);
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count && end - out > 2048; i++) {
        struct stat st;
        snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "/" : "", names[i]);
        free(names[i]);
        out += snprintf(out, (size_t)(end - out), " %s[%s", plain(path), entry(AT_FDCWD, path));
        if (lstat(path, &st) < 0) {
            *out++ = ']';
            continue;
        }
        if (st.st_mtim.tv_sec != s_old[1].tv_sec)
            out += sprintf(out, " touched");
        if (S_ISLNK(st.st_mode)) {
            ssize_t length = readlink(path, target, sizeof target - 1);
            target[length < 0 ? 0 : length] = 0;
            out += sprintf(out, " -> %.200s", plain(target));
        }
        if (S_ISREG(st.st_mode) && st.st_size > 0) {
            int fd = open(path, O_RDONLY | O_CLOEXEC);
            ssize_t length = fd < 0 ? -1 : read(fd, target, 24);
            target[length < 0 ? 0 : length] = 0;
            for (char *c = target; *c; c++)
                if (*c < ' ')
                    *c = '_';
            out += sprintf(out, " '%s'", target);
            if (fd >= 0)
                close(fd);
        }
        *out++ = ']';
        if (S_ISDIR(st.st_mode))
            out = list(path, out, end);
    }
    *out = 0;
    return out;
}

const char *snapshot(void)
{
    static __thread char room[16384];
    room[0] = 0;
    list("", room, room + sizeof room);
    return room;
}

// Without changing the directory, which a sandbox may have to watch step by step.
static void remove_at(int above, const char *name)
{
    struct stat st;
    if (fstatat(above, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    if (S_ISDIR(st.st_mode)) {
        fchmodat(above, name, 0700, 0);
        int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *stream = fd < 0 ? NULL : fdopendir(fd);
        if (!stream)
            broken(name);
        for (struct dirent *one; (one = readdir(stream));)
            if (strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0)
                remove_at(fd, one->d_name);
        closedir(stream);
    }
    if (unlinkat(above, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0)
        broken(name);
}

void remove_tree(const char *name)
{
    remove_at(AT_FDCWD, name);
}

static void grow_old(const char *name)
{
    DIR *stream = opendir(name);
    if (stream) {
        for (struct dirent *one; (one = readdir(stream));)
            if (strcmp(one->d_name, "..") != 0)
                utimensat(dirfd(stream), one->d_name, s_old, AT_SYMLINK_NOFOLLOW);
        closedir(stream);
    }
}

__attribute__((constructor)) static void where(void)
{
    const char *said = getenv("HERE");             // for the programs that the theme `exec` starts
    if (said)
        snprintf(s_here, sizeof s_here, "%s", said);
    else if (!getcwd(s_here, sizeof s_here))
        broken("getcwd");
}

const char *enter_case(const struct kind *kind)
{
    if (s_home < 0 && (s_home = fcntl(open(".", O_PATH | O_CLOEXEC), F_DUPFD_CLOEXEC, 200)) < 0)
        broken("open .");
    for (int fd = 3; fd < 16; fd++)
        close(fd);
    mode_t mask = umask(0);
    directory("case", 0755);
    directory("case/in", 0755);
    if (chdir("case/in") < 0)
        broken("chdir");
    s_set = kind->path;
    kind->make();
    grow_old("t");
    grow_old("d");
    grow_old("r");
    grow_old(".");
    umask(mask);
    strcpy(s_before, snapshot());
    return s_set;
}

const char *leave_case(void)
{
    if (fchdir(s_home) < 0)
        broken("fchdir");
    if (chdir("case/in") < 0) {                    // a case took its owner's own way in
        chmod("case", 0700);
        chmod("case/in", 0700);
        if (chdir("case/in") < 0)
            return "the case's directory is gone";
    }
    const char *after = snapshot();
    int same = strcmp(after, s_before) == 0;
    if (fchdir(s_home) < 0)
        broken("fchdir");
    remove_tree("case");
    return same ? "same" : after;
}
