// Descriptors that come another way than by open.
#include "attack.h"

#include <sys/fanotify.h>
#include <sys/prctl.h>

static int channel[2];

static void send_fd(int fd)
{
    char room[CMSG_SPACE(sizeof fd)] __attribute__((aligned(8))) = { 0 }, byte = 'x';
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    must(sendmsg(channel[0], &message, 0), "sendmsg");
}

static int receive_fd(void)
{
    int fd = -1;
    char room[CMSG_SPACE(sizeof fd)] __attribute__((aligned(8))), byte;
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
    must(recvmsg(channel[1], &message, 0), "recvmsg");
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header)
        memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

// A child that runs no rule's risk, holding `fd` until it is killed.
static pid_t holder(int fd)
{
    (void)fd;
    pid_t child = start_child();
    if (child == 0) {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
        for (;;)
            pause();
    }
    return child;
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    status_of(child);
}

// The child opens by path alone, which the rule lets pass, and hands that over; it is opened again here.
static int passed(int tries)
{
    char name[64];
    (void)tries;
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, channel), "socketpair");
    pid_t child = start_child();
    if (child == 0) {
        int fd = open("shut/key", O_PATH);
        send_fd(fd < 0 ? 0 : fd);
        _exit(0);
    }
    int fd = receive_fd();
    status_of(child);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return reads_shut(name);
}

// A directory handed over is a starting point that no path of ours names.
static int passed_directory(int tries)
{
    (void)tries;
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, channel), "socketpair");
    pid_t child = start_child();
    if (child == 0) {
        send_fd((int)must(open("shut", O_PATH | O_DIRECTORY), "shut"));
        _exit(0);
    }
    int fd = receive_fd();
    status_of(child);
    return is_shut(openat(fd, "key", O_RDONLY));
}

static int taken(int tries)
{
    char name[64];
    (void)tries;
    int fd = open("shut/key", O_PATH);
    if (fd < 0)
        return 0;
    pid_t child = holder(fd);
    close(fd);
    int pidfd = (int)must(syscall(SYS_pidfd_open, child, 0), "pidfd_open");
    int own = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
    snprintf(name, sizeof name, "/proc/self/fd/%d", own);
    int through = own >= 0 && reads_shut(name);
    end(child);
    return through;
}

static int taken_directory(int tries)
{
    (void)tries;
    int fd = (int)must(open("shut", O_PATH | O_DIRECTORY), "shut");
    pid_t child = holder(fd);
    close(fd);
    int pidfd = (int)must(syscall(SYS_pidfd_open, child, 0), "pidfd_open");
    int own = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
    int through = own >= 0 && is_shut(openat(own, "key", O_RDONLY));
    end(child);
    return through;
}

static int proc_fd(int tries)
{
    char name[64];
    (void)tries;
    int fd = open("shut/key", O_PATH);
    if (fd < 0)
        return 0;
    pid_t child = holder(fd);
    close(fd);
    snprintf(name, sizeof name, "/proc/%d/fd/%d", child, fd);
    int through = reads_shut(name);
    end(child);
    return through;
}

static int proc_fd_directory(int tries)
{
    char name[64];
    (void)tries;
    int fd = (int)must(open("shut", O_PATH | O_DIRECTORY), "shut");
    pid_t child = holder(fd);
    close(fd);
    snprintf(name, sizeof name, "/proc/%d/fd/%d/key", child, fd);
    int through = reads_shut(name);
    end(child);
    return through;
}

// A program that inherits a directory, and starts in it.
static int inherited(int tries)
{
    char number[16], binary[4096];
    (void)tries;
    if (getenv("ATTACK_INHERITED"))
        return is_shut(openat(atoi(getenv("ATTACK_INHERITED")), "key", O_RDONLY));
    int fd = (int)must(open("shut", O_PATH | O_DIRECTORY), "shut");
    snprintf(number, sizeof number, "%d", fd);
    setenv("ATTACK_INHERITED", number, 1);
    ssize_t length = must(readlink("/proc/self/exe", binary, sizeof binary - 1), "readlink");
    binary[length] = 0;
    char *argv[] = { "attack", "fd-inherited", NULL };
    pid_t child = start_child();
    if (child == 0) {
        close(1);
        open("/dev/null", O_WRONLY);
        execv(binary, argv);
        _exit(3);
    }
    int status = status_of(child);
    if (status > 1)
        broken("the inheriting program");
    return status == 0;
}

// Opened for reading, the file is opened again for writing.
static int upgraded(int tries)
{
    char name[64];
    (void)tries;
    int fd = (int)must(open("shut/key", O_RDONLY), "shut/key");
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return open(name, O_WRONLY) >= 0;
}

// The kernel tells of an open, also one of its own, by a descriptor of what was opened.
static int by_event(int tries)
{
    char *argv[] = { "prog", NULL };
    union { struct fanotify_event_metadata event; char room[4096]; } told;
    int events = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY), through = 0;
    (void)tries;
    fanotify_mark(events, FAN_MARK_ADD, FAN_OPEN | FAN_OPEN_EXEC, AT_FDCWD, "shut/prog");
    run_program("shut/prog", argv);
    ssize_t length = read(events, told.room, sizeof told.room);
    for (struct fanotify_event_metadata *event = &told.event; length > 0 && FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length)) {
        char text[4] = "";
        through |= event->fd >= 0 && pread(event->fd, text, 4, 0) == 4 && memcmp(text, "\177ELF", 4) == 0;
    }
    return through;
}

const struct attack fd_attacks[] = {
    { "fd-passed", passed, "an O_PATH descriptor by SCM_RIGHTS, opened again" },
    { "fd-passed-directory", passed_directory, "a directory by SCM_RIGHTS" },
    { "fd-fanotify", by_event, "fanotify's events" },
    { "fd-getfd", taken, "an O_PATH descriptor by pidfd_getfd, opened again" },
    { "fd-getfd-directory", taken_directory, "a directory by pidfd_getfd" },
    { "fd-proc", proc_fd, "/proc/PID/fd of another process" },
    { "fd-proc-directory", proc_fd_directory, "a path through /proc/PID/fd of another process" },
    { "fd-inherited", inherited, "an inherited directory" },
    { "fd-upgraded", upgraded, "a file open for reading, opened again for writing" },
    { 0 },
};
