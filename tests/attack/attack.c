#include "attack.h"

#include <sys/prctl.h>

static const struct attack *const tables[] = {
    path_attacks, mount_attacks, name_races, net_races, fd_races, way_races, fd_attacks, process_attacks, abi_attacks, exec_attacks,
    write_attacks, socket_attacks, supervisor_attacks, outside_attacks, signal_attacks, config_attacks, wall_attacks, resource_attacks, deputy_attacks, sibling_attacks,
};

void broken(const char *what)
{
    const char *error = strerrorname_np(errno);
    printf("stage: %s: %s\n", what, error ? error : "?");
    fflush(stdout);
    _exit(2);
}

long must(long result, const char *what)
{
    if (result == -1)
        broken(what);
    return result;
}

bool is_shut(long fd)
{
    char text[4] = { 0 };
    if (fd < 0)
        return false;
    bool shut = pread((int)fd, text, 4, 0) == 4 && memcmp(text, "shut", 4) == 0;
    close((int)fd);
    return shut;
}

bool reads_shut(const char *path) { return is_shut(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY)); }

void write_text(const char *path, const char *text)
{
    int fd = (int)must(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644), path);
    must(write(fd, text, strlen(text)), "write");
    close(fd);
}

char *here(const char *rest)
{
    static char path[8192];
    if (!getcwd(path, 4096))
        broken("getcwd");
    strcat(strcat(path, "/"), rest);
    return path;
}

void read_line(const char *path, char *room, size_t size)
{
    int fd = (int)must(open(path, O_RDONLY), path);
    ssize_t length = must(read(fd, room, size - 1), path);
    close(fd);
    room[length] = 0;
    room[strcspn(room, "\n")] = 0;
}

pid_t start_child(void)
{
    fflush(stdout);
    pid_t parent = getpid(), child = (pid_t)must(fork(), "fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(3);
    }
    return child;
}

int status_of(pid_t child)
{
    int status;
    while (waitpid(child, &status, __WALL) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int in_child(int (*run)(void *), void *argument)
{
    pid_t child = start_child();
    if (child == 0) {
        int status = run(argument);
        fflush(stdout);
        _exit(status);
    }
    int status = status_of(child);
    if (status == 2)
        _exit(2);       // its stage was broken, and it has said so
    return status;
}

int run_program(const char *path, char *const argv[])
{
    pid_t child = vfork();
    if (child == 0) {
        syscall(SYS_execve, path, argv, environ);
        _exit(1);
    }
    return status_of((pid_t)must(child, "vfork"));
}

void map_user(void)
{
    char line[64];
    int uid = (int)getuid(), gid = (int)getgid();
    must(unshare(CLONE_NEWUSER), "unshare");
    write_text("/proc/self/setgroups", "deny");
    snprintf(line, sizeof line, "0 %d 1", uid);
    write_text("/proc/self/uid_map", line);
    snprintf(line, sizeof line, "0 %d 1", gid);
    write_text("/proc/self/gid_map", line);
}

void private_mounts(void)
{
    map_user();
    if (unshare(CLONE_NEWNS) == 0)
        return;
    if (errno != EPERM)
        broken("unshare");
    printf("held, no mounts of its own\n");
    exit(1);
}

void *shared_page(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        broken("mmap");
    return page;
}

int port(void)
{
    const char *text = getenv("ATTACK_PORT");
    return text ? atoi(text) : 7411;
}

void spin(unsigned times)
{
    while (times--)
        __builtin_ia32_pause();
}

static int list(void)
{
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const struct attack *a = tables[t]; a->name; a++)
            printf("%-22s %s\n", a->name, a->what);
    return 0;
}

int main(int argc, char **argv)
{
    umask(022);
    if (argc < 2 || strcmp(argv[1], "list") == 0)
        return list();
    if (strcmp(argv[1], "stage") == 0) {
        make_stage();
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    int tries = argc > 2 ? atoi(argv[2]) : 1;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        for (const struct attack *a = tables[t]; a->name; a++) {
            if (strcmp(a->name, argv[1]) != 0)
                continue;
            int through = a->run(tries);
            if (through)
                printf("got through %d of %d\n", through, tries);
            else
                printf("held, %d tries\n", tries);
            return through ? 0 : 1;
        }
    }
    printf("stage: no such attack: %s\n", argv[1]);
    return 2;
}
