// Terminals: which one is a process's own depends on who opens it.
#include "fidelity.h"

#include <sys/ioctl.h>
#include <termios.h>

static char s_slave[64];

static int new_terminal(void)
{
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), number, unlock = 0;
    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0)
        broken("/dev/ptmx");
    snprintf(s_slave, sizeof s_slave, "/dev/pts/%d", number);
    return master;
}

static const char *session_of(int fd)
{
    pid_t session;
    return ioctl(fd, TIOCGSID, &session) < 0 ? text(-1) : session == getsid(0) ? "own" : "another";
}

// What a descriptor on a terminal is; its number differs from run to run.
static const char *terminal(int fd)
{
    static char room[200];
    if (fd < 0)
        return text(fd);
    char name[64] = "?", link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    name[length < 0 ? 0 : length] = 0;
    snprintf(room, sizeof room, "%d flags %#o %s session %s", fd, fcntl(fd, F_GETFL), strcmp(name, s_slave) == 0 ? "the slave" : name, session_of(fd));
    return room;
}

static void show_own(void)
{
    int fd = open("/dev/tty", O_RDWR);
    line("  /dev/tty: %s", terminal(fd));
    line("  stat /dev/tty: %s", entry(AT_FDCWD, "/dev/tty"));
    if (fd >= 0)
        close(fd);
}

static int without(void *unused)
{
    (void)unused;
    setsid();
    show_own();
    line("  nonblock: %s path: %s create: %s", text(open("/dev/tty", O_RDONLY | O_NONBLOCK)), ok(open("/dev/tty", O_PATH)), text(open("/dev/tty", O_RDWR | O_CREAT, 0600)));
    return 0;
}

static int leader_opens(void *flags)
{
    setsid();
    for (int fd = 3; fd < 10; fd++)
        close(fd);
    int fd = open(s_slave, *(int *)flags);
    line("  slave: %s", terminal(fd));
    show_own();
    line("  TIOCSCTTY: %s", text(ioctl(fd, TIOCSCTTY, 0)));
    show_own();
    line("  foreground: %s", tcgetpgrp(fd) == getpgrp() ? "own" : "another");
    pid_t child = fork();
    if (child == 0) {
        show_own();                               // a child has the same one
        setsid();
        show_own();                               // and none in a session of its own
        int again = open(s_slave, O_RDWR);
        line("  slave of another session: %s", terminal(again));
        show_own();
        _exit(0);
    }
    waitpid(child, NULL, 0);
    line("  TIOCNOTTY: %s", (signal(SIGHUP, SIG_IGN), text(ioctl(fd, TIOCNOTTY))));
    show_own();
    return 0;
}

static int child_opens(void *unused)
{
    (void)unused;
    setsid();
    int status;
    pid_t child = fork();
    if (child == 0) {                             // no leader: gets none by opening
        int fd = open(s_slave, O_RDWR);
        line("  slave: %s", terminal(fd));
        show_own();
        _exit(0);
    }
    waitpid(child, &status, 0);
    show_own();
    return WEXITSTATUS(status);
}

static int talks(void *unused)
{
    char room[64] = "";
    (void)unused;
    int master = new_terminal(), slave = open(s_slave, O_RDWR | O_NOCTTY);
    line("  write to slave: %s", text(write(slave, "hi\n", 3)));
    line("  read of master: %s '%s'", text(read(master, room, sizeof room)), strcmp(room, "hi\r\n") == 0 ? "hi crlf" : room);
    line("  write to master: %s", text(write(master, "line\n", 5)));
    memset(room, 0, sizeof room);
    line("  read of slave: %s '%.4s'", text(read(slave, room, sizeof room)), room);
    line("  isatty: %d %d, stat mode %o", isatty(slave), isatty(master), (fchmod(slave, 0620), 0));
    line("  open twice: %s", ok(open(s_slave, O_RDWR | O_NOCTTY | O_NONBLOCK)));
    close(master);
    memset(room, 0, sizeof room);
    line("  after hang-up: read %s write %s open %s", text(read(slave, room, 1)), text(write(slave, "x", 1)), text(open(s_slave, O_RDWR | O_NOCTTY)));
    line("  no such terminal: %s", text(open("/dev/pts/99999", O_RDWR)));
    return 0;
}

static int peer(void *unused)
{
    (void)unused;
    int master = new_terminal(), slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    line("  peer: %s", terminal(slave));
    return 0;
}

// A command that types into its terminal is stopped for it.
static int hang_up(void *unused)
{
    (void)unused;
    setsid();
    int master = new_terminal(), slave = open(s_slave, O_RDWR), status;
    line("  slave: %s", terminal(slave));
    close(master);                                // SIGHUP to the leader
    nap(50);
    line("  not reached");
    (void)status;
    return 0;
}

void run_ttys(void)
{
    int plain = O_RDWR, noctty = O_RDWR | O_NOCTTY, read_only = O_RDONLY, nonblock = O_RDWR | O_NONBLOCK | O_CLOEXEC;
    new_terminal();
    in_child("no terminal", without, NULL);
    in_child("the leader opens", leader_opens, &plain);
    in_child("the leader opens without O_NOCTTY, for reading", leader_opens, &read_only);
    in_child("the leader opens with O_NOCTTY", leader_opens, &noctty);
    in_child("the leader opens with O_NONBLOCK", leader_opens, &nonblock);
    in_child("no leader opens", child_opens, NULL);
    in_child("both ends", talks, NULL);
    in_child("the peer", peer, NULL);
    in_child("hang-up", hang_up, NULL);
}
