// What a process finds of itself and of its children below /proc.
#include "fidelity.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>

static const char *link_of(const char *name)
{
    static char room[12][4096];
    static int next;
    char *out = room[next++ % 12];
    ssize_t length = readlink(name, out, 4095);
    if (length < 0)
        return text(-1);
    out[length] = 0;
    return plain(out);
}

// The numbers of this process by name, all others as n.
static const char *known(const char *given)
{
    static char room[12][4096];
    static int next;
    char *out = room[next++ % 12], *at = out;
    while (*given && at < out + 4000) {
        if (*given >= '0' && *given <= '9') {
            char *end;
            long number = strtol(given, &end, 10);
            at += sprintf(at, "%s", number == getpid() ? "PID" : number == gettid() ? "TID" : number == getppid() ? "PARENT" : number < 64 ? "few" : "n");
            given = end;
        } else {
            *at++ = *given++;
        }
    }
    *at = 0;
    return out;
}

static const char *field(const char *file, const char *name)
{
    static char whole[16384];
    static char room[16][200];
    static int next;
    char *out = room[next++ % 16];
    read_whole(file, whole, sizeof whole);
    size_t length = strlen(name);
    for (char *at = whole; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (strncmp(at, name, length) == 0 && at[length] == ':') {
            snprintf(out, 200, "%.*s", (int)strcspn(at + length + 1, "\n"), at + length + 1);
            for (char *c = out; *c; c++)
                if (*c == '\t')
                    *c = ' ';
            return out;
        }
    return "(none)";
}

static void own(void)
{
    static const char *const roots[] = { "/proc/self", "/proc/thread-self", "/proc/self/task/../../self" };
    char name[200], room[4096];
    line("self %s thread-self %s", known(link_of("/proc/self")), known(link_of("/proc/thread-self")));
    line("cwd %s root %s", link_of("/proc/self/cwd"), link_of("/proc/self/root"));
    line("exe ends in fidelity: %d", strcmp(strrchr(link_of("/proc/self/exe"), '/'), "/fidelity") == 0);
    for (size_t i = 0; i < COUNT(roots); i++) {
        snprintf(name, sizeof name, "%s/status", roots[i]);
        line("%s: name%s pid %s parent %s thread %s umask%s fds%s", roots[i], field(name, "Name"), known(field(name, "Tgid")), known(field(name, "PPid")), known(field(name, "Pid")), field(name, "Umask"),
             field(name, "FDSize"));
    }
    snprintf(name, sizeof name, "/proc/%d/status", getpid());
    line("by number: pid %s uid %s groups%s signals%s ignored%s caught%s", known(field(name, "Tgid")), field(name, "Uid"), field(name, "Groups"), field(name, "SigBlk"), field(name, "SigIgn"), field(name, "SigCgt"));
    line("threads%s", field("/proc/self/status", "Threads"));
    prctl(PR_SET_NAME, "renamed");
    line("comm %.7s, status%s", read_whole("/proc/self/comm", room, sizeof room), field("/proc/self/status", "Name"));
    int fd = open("/proc/self/comm", O_WRONLY | O_TRUNC);
    line("comm written %s: %.6s", text(write(fd, "by-fd\n", 6)), read_whole("/proc/self/comm", room, sizeof room));
    close(fd);
    read_whole("/proc/self/cmdline", room, sizeof room);
    line("cmdline: second word %s", room + strlen(room) + 1);
    line("environ readable: %d", read_whole("/proc/self/environ", room, sizeof room)[0] != 0);
    read_whole("/proc/self/maps", room, sizeof room);
    line("maps: the program is in it %d", strstr(room, "/fidelity\n") != NULL);
    snprintf(name, sizeof name, "/proc/self/map_files/%.*s", (int)strcspn(room, " "), room);
    line("map_files: %s", ok(open(name, O_RDONLY)));
    fd = open("/proc/self/mem", O_RDWR);
    int word = 5, six = 6, seen = 0;
    line("mem: read %s wrote %s now %d", text(pread(fd, &seen, 4, (off_t)&word)), text(pwrite(fd, &six, 4, (off_t)&word)), word);
    close(fd);
    line("stat's state %c", strrchr(read_whole("/proc/self/stat", room, sizeof room), ')')[2]);
    line("auxv %s", ok(open("/proc/self/auxv", O_RDONLY)));
    line("oom_score_adj written %s", text((fd = open("/proc/self/oom_score_adj", O_WRONLY)) < 0 ? -1 : write(fd, "500\n", 4)));
    line("oom_score_adj %.3s", read_whole("/proc/self/oom_score_adj", room, sizeof room));
    line("attributes: status %s fd %s", ok(open("/proc/self/status", O_WRONLY)), ok(open("/proc/self/fd", O_RDONLY | O_DIRECTORY)));
    line("made below: %s %s %s", text(open("/proc/self/new", O_CREAT | O_WRONLY, 0600)), text(mkdir("/proc/self/new", 0700)), text(unlink("/proc/self/status")));
    for (int n = 3; n < 30; n++)
        close(n);
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void list_fds(const char *name)
{
    int numbers[64], count = 0;
    char room[200] = "", *at = room;
    DIR *stream = opendir(name);
    if (!stream) {
        line("%s: %s", name, text(-1));
        return;
    }
    for (struct dirent *one; (one = readdir(stream)) && count < 64;)
        if (one->d_name[0] != '.')
            numbers[count++] = atoi(one->d_name);
    closedir(stream);
    qsort(numbers, (size_t)count, sizeof *numbers, by_number);
    for (int i = 0; i < count; i++)
        if (numbers[i] < 200)
            at += sprintf(at, " %d", numbers[i]);
    line("%s:%s", name, room);
}

static void descriptors(void)
{
    char room[4096], name[64];
    int ends[2], fd = open("f", O_RDWR | O_CLOEXEC), by_path = open("f", O_PATH), directory = open(".", O_RDONLY | O_DIRECTORY), memory = memfd_create("mem", 0);
    if (pipe(ends) < 0)
        broken("pipe");
    list_fds("/proc/self/fd");
    list_fds("/dev/fd");
    list_fds("/proc/thread-self/fd");
    list_fds("/proc/self/fdinfo");
    for (int n = fd; n <= ends[1]; n++) {
        snprintf(name, sizeof name, "/proc/self/fd/%d", n);
        const char *target = link_of(name);
        snprintf(name, sizeof name, "/proc/self/fdinfo/%d", n);
        line("fd %d: %s flags %s pos %s", n, target, field(name, "flags"), field(name, "pos"));
    }
    line("read 3 %s", text(read(fd, room, 3)));
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    int again = open(name, O_RDONLY);
    line("opened again: %s", describe(again));
    line("opened with nofollow: %s, to create: %s", text(open(name, O_RDONLY | O_NOFOLLOW)), text(open(name, O_RDWR | O_CREAT | O_EXCL, 0600)));
    close(again);
    snprintf(name, sizeof name, "/dev/fd/%d", by_path);
    line("by path, opened for reading: %s", describe(open(name, O_RDWR | O_APPEND)));
    close(again);
    snprintf(name, sizeof name, "/proc/self/fd/%d/f", directory);
    line("below a directory: %s", describe(open(name, O_RDONLY)));
    close(again);
    snprintf(name, sizeof name, "/proc/self/fd/%d/../../no", directory);
    line("above a directory: %s", text(open(name, O_RDONLY)));
    snprintf(name, sizeof name, "/proc/self/fd/%d", memory);
    line("memory written %s", text(write(memory, "memory", 6)));
    again = open(name, O_RDONLY);
    line("memory again: %s read %s '%.6s'", describe(again), text(read(again, room, 6)), room);
    close(again);
    snprintf(name, sizeof name, "/proc/self/fd/%d", ends[1]);
    again = open(name, O_WRONLY | O_NONBLOCK);
    line("pipe again: %s", describe(again));
    close(again);
    again = open(name, O_RDONLY | O_NONBLOCK);
    line("pipe's other end: %s, wrote %s read %s", describe(again), text(write(ends[1], "x", 1)), text(read(again, room, 4)));
    close(again);
    line("no such: %s", text(open("/proc/self/fd/99", O_RDONLY)));
    unlink("f");
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    again = open(name, O_RDWR);
    line("of a deleted file: %s", describe(again));
    close(again);
    line("stat of it: %s link %s chmod %s truncate %s", ok(access(name, R_OK)), text(linkat(AT_FDCWD, name, AT_FDCWD, "back", AT_SYMLINK_FOLLOW)), text(chmod(name, 0640)), text(truncate(name, 1)));
    line("%s", describe(fd));
    for (int n = 3; n < 30; n++)
        close(n);
    write_file("f", "0123456789", 0644);
}

static int standard(void *how)
{
    char room[64] = "";
    int ends[2], source;
    if (*(int *)how == 0) {
        if (pipe(ends) < 0 || write(ends[1], "from a pipe", 11) != 11)
            broken("pipe");
        close(ends[1]);
        source = ends[0];
    } else {
        source = open("f", O_RDONLY);
        lseek(source, 2, SEEK_SET);
    }
    dup2(source, 0);
    close(source);
    int fd = open("/dev/stdin", O_RDONLY);
    line("  /dev/stdin: %s", describe(fd));
    line("  read %s '%s'", text(read(fd, room, 4)), room);
    line("  rest of stdin %s", text(read(0, room, sizeof room)));
    line("  for writing: %s", text(open("/dev/stdin", O_WRONLY | O_NONBLOCK)));
    line("  /proc/self/fd/0: %s", link_of("/proc/self/fd/0"));
    return 0;
}

static void *second_thread(void *unused)
{
    char name[64], room[4096];
    line("  thread-self %s", known(link_of("/proc/thread-self")));
    line("  status: thread %s process %s", known(field("/proc/thread-self/status", "Pid")), known(field("/proc/thread-self/status", "Tgid")));
    line("  self/status: thread %s", known(field("/proc/self/status", "Pid")));
    prctl(PR_SET_NAME, "second");
    line("  comm: own %.6s leader's is own %d", read_whole("/proc/thread-self/comm", room, sizeof room), strcmp(field("/proc/self/status", "Name"), field("/proc/thread-self/status", "Name")) == 0);
    snprintf(name, sizeof name, "/proc/self/task/%d/comm", gettid());
    line("  by number %.6s", read_whole(name, room, sizeof room));
    snprintf(name, sizeof name, "/proc/%d/comm", gettid());
    line("  as a process %.6s", read_whole(name, room, sizeof room));
    line("  cwd %s", link_of("/proc/thread-self/cwd"));

    // A directory of its own.
    line("  unshare %s", text(syscall(SYS_unshare, 0x200)));
    line("  chdir %s", text(chdir("sub")));
    line("  open below: %s, cwd %s, leader's cwd %s", describe(open("inner", O_RDONLY)), link_of("/proc/thread-self/cwd"), link_of("/proc/self/cwd"));
    close(3);
    line("  leader's file: %s", text(open("f", O_RDONLY)));
    line("  umask of its own: %04o", umask(077));
    line("  created: %s", (close(open("made", O_CREAT | O_WRONLY, 0666)), entry(AT_FDCWD, "made")));
    return unused;
}

static void *third_thread(void *unused)
{
    // A table of descriptors of its own.
    line("  unshare files %s", text(syscall(SYS_unshare, 0x400)));
    line("  opened %s", describe(open("f", O_RDONLY)));
    line("  in thread-self: %s in self: %s", link_of("/proc/thread-self/fd/3"), link_of("/proc/self/fd/3"));
    return unused;
}

static int child(void *unused)
{
    (void)unused;
    int ends[2], status;
    char name[64], go;
    if (pipe(ends) < 0)
        broken("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        if (chdir("sub") < 0)
            _exit(1);
        dup2(ends[0], 3);
        _exit(read(3, &go, 1) != 0);
    }
    close(ends[0]);
    if (!asleep(pid, pid))
        line("  never waits");
    snprintf(name, sizeof name, "/proc/%d/cwd", pid);
    line("  cwd %s", link_of(name));
    snprintf(name, sizeof name, "/proc/%d/cwd/inner", pid);
    line("  below its cwd: %s", describe(open(name, O_RDONLY)));
    snprintf(name, sizeof name, "/proc/%d/status", pid);
    line("  parent %s", getpid() == atoi(field(name, "PPid")) ? "self" : "another");
    snprintf(name, sizeof name, "/proc/%d/fd/3", pid);
    line("  its descriptor: %s", link_of(name));
    snprintf(name, sizeof name, "/proc/%d/root", pid);
    line("  root %s", link_of(name));
    snprintf(name, sizeof name, "/proc/%d/mem", pid);
    line("  mem %s", ok(open(name, O_RDONLY)));
    close(ends[1]);
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    snprintf(name, sizeof name, "/proc/%d/cwd", pid);
    line("  of a zombie: cwd %s", link_of(name));
    snprintf(name, sizeof name, "/proc/%d/status", pid);
    line("  of a zombie: state%s", field(name, "State"));
    waitpid(pid, &status, 0);
    line("  %s; gone: %s", status_text(status), text(access(name, F_OK)));
    return 0;
}

// What a process that gave up being readable can't see of itself.
static int not_dumpable(void *unused)
{
    (void)unused;
    prctl(PR_SET_DUMPABLE, 0);
    line("  fd %s mem %s maps %s exe %s status %s", ok(open("/proc/self/fd", O_RDONLY)), ok(open("/proc/self/mem", O_RDONLY)), ok(open("/proc/self/maps", O_RDONLY)), ok(access("/proc/self/exe", F_OK)),
         ok(open("/proc/self/status", O_RDONLY)));
    line("  open %s create %s", ok(open("f", O_RDONLY)), ok(open("made-by-it", O_WRONLY | O_CREAT, 0600)));
    line("  chdir %s mkdir %s cwd %s", text(chdir("sub")), text(mkdir("there", 0700)), ok(access("/proc/self/cwd/there", F_OK)));
    return 0;
}

void run_proc(void)
{
    int which = 0;
    pthread_t thread;
    for (int n = 3; n < 100; n++)
        close(n);
    write_file("f", "0123456789", 0644);
    mkdir("sub", 0755);
    write_file("sub/inner", "inner\n", 0644);
    own();
    descriptors();
    in_child("stdin is a pipe", standard, &which);
    which = 1;
    in_child("stdin is a file", standard, &which);
    line("second thread:");
    pthread_create(&thread, NULL, second_thread, NULL);
    pthread_join(thread, NULL);
    line("third thread:");
    pthread_create(&thread, NULL, third_thread, NULL);
    pthread_join(thread, NULL);
    line("leader: %s %s", text(access("f", F_OK)), describe(open("f", O_RDONLY)));
    close(3);
    in_child("child", child, NULL);
    in_child("not dumpable", not_dumpable, NULL);
    line("%s", snapshot());
}
