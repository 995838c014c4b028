// An open that waits: for the other end of a FIFO, until a signal comes, or until nobody wants it any more.
#include "fidelity.h"

#include <pthread.h>

static void none(int signal) { (void)signal; }

static int opens(void *how)
{
    int fd = open("p", *(int *)how);
    line("  child: %s", describe(fd));
    char room[8] = "";
    if ((*(int *)how & O_ACCMODE) == O_RDONLY)
        line("  child: read %s '%s'", text(read(fd, room, sizeof room - 1)), room);
    else
        line("  child: wrote %s", text(write(fd, "hello", 5)));
    return 0;
}

static void both_ends(int own, int childs)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(opens(&childs));
    line("child waits: %d", asleep(child, child));
    int fd = open("p", own);
    char room[8] = "";
    const char *done = text((own & O_ACCMODE) == O_RDONLY ? read(fd, room, sizeof room - 1) : write(fd, "hello", 5));
    waitpid(child, &status, 0);                   // its lines first
    line("%s '%s'", done, room);
    line("child %s; %s", status_text(status), describe(fd));
    close(fd);
}

// Interrupted while it waits in open.
static int interrupted(void *argument)
{
    int restart = *(int *)argument;
    install(SIGUSR1, none, restart ? SA_RESTART : 0);
    int fd = open("p", O_RDONLY);
    line("  child: %s", fd < 0 ? text(fd) : describe(fd));
    return 0;
}

static void signals(void)
{
    for (int restart = 0; restart < 2; restart++)
        for (int times = 1; times <= 3; times += 2) {
            int status;
            pid_t child = fork();
            if (child == 0) {
                alarm(30);
                _exit(interrupted(&restart));
            }
            if (!asleep(child, child))
                line("doesn't wait");
            for (int i = 0; i < times; i++) {
                kill(child, SIGUSR1);
                if (restart)
                    line("still waits: %d", asleep(child, child));
            }
            if (restart) {
                int fd = open("p", O_WRONLY);
                waitpid(child, &status, 0);
                line("other end: %s", fd < 0 ? text(fd) : "ok");
                close(fd);
            } else {
                waitpid(child, &status, 0);
            }
            line("SA_RESTART %d, %d signals: child %s", restart, times, status_text(status));
        }

    static const int ends[] = { SIGKILL, SIGTERM, SIGSTOP };
    for (size_t i = 0; i < COUNT(ends); i++) {
        int status;
        pid_t child = fork();
        if (child == 0)
            _exit(open("p", O_RDONLY) < 0);
        line("waits: %d", asleep(child, child));
        kill(child, ends[i]);
        if (ends[i] == SIGSTOP) {
            line("stopped: %d", waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
            kill(child, SIGCONT);
            line("waits again: %d", asleep(child, child));
            kill(child, SIGKILL);
        }
        waitpid(child, &status, 0);
        line("%s: %s", sigabbrev_np(ends[i]), status_text(status));
    }

    // Nobody waits any more: the other end finds none.
    line("nobody reads: %s", text(open("p", O_WRONLY | O_NONBLOCK)));
}

// A thread that waits in open doesn't keep the process from ending, nor others from working.
static void *waiting(void *result)
{
    *(int *)result = open("p", O_RDONLY);
    return NULL;
}

static void *working(void *result)
{
    int good = 0;
    for (int i = 0; i < 50; i++) {
        int fd = open("f", O_RDONLY);
        good += fd >= 0 && close(fd) == 0;
    }
    *(int *)result = good;
    return NULL;
}

enum { WAITING = 50, WORKING = 4 };

static int crowd(void *unused)
{
    pthread_t waiters[WAITING], workers[WORKING];
    int waited[WAITING], worked[WORKING], good = 0, open_ends = 0;
    (void)unused;
    for (int i = 0; i < WAITING; i++)
        if (pthread_create(&waiters[i], NULL, waiting, &waited[i]) != 0)
            return 1;
    nap(200);
    for (int i = 0; i < WORKING; i++)
        if (pthread_create(&workers[i], NULL, working, &worked[i]) != 0)
            return 1;
    for (int i = 0; i < WORKING; i++) {
        pthread_join(workers[i], NULL);
        good += worked[i];
    }
    line("  beside %d that wait: %d files opened", WAITING, good);
    line("  stat %s rename %s", text(access("p", F_OK)), text(rename("f", "f2")));
    rename("f2", "f");
    int fd = open("p", O_WRONLY);
    int seen[256] = { 0 }, distinct = 0;
    for (int i = 0; i < WAITING; i++) {
        pthread_join(waiters[i], NULL);
        if (waited[i] >= 0 && waited[i] < 256) {
            open_ends++;
            distinct += !seen[waited[i]]++;
        }
    }
    line("  all through: %d, distinct %d, write %s", open_ends, distinct, text(write(fd, "x", 1)));
    return 0;
}

static int leaves_waiting(void *unused)
{
    pthread_t waiters[10];
    int waited[10];
    (void)unused;
    for (int i = 0; i < 10; i++)
        pthread_create(&waiters[i], NULL, waiting, &waited[i]);
    nap(100);
    return 4;
}

static int killed_waiting(void *unused)
{
    leaves_waiting(unused);
    kill(getpid(), SIGKILL);
    return 0;
}

static int execs_waiting(void *unused)
{
    leaves_waiting(unused);
    execl("/bin/true", "true", NULL);
    return 9;
}

void run_fifos(void)
{
    mkfifo("p", 0600);
    write_file("f", "x\n", 0644);
    both_ends(O_WRONLY, O_RDONLY);
    both_ends(O_RDONLY, O_WRONLY);
    both_ends(O_RDWR, O_RDONLY);
    both_ends(O_WRONLY | O_CLOEXEC, O_RDONLY | O_CREAT);
    both_ends(O_RDONLY | O_NOFOLLOW, O_WRONLY | O_TRUNC | O_APPEND);
    line("both: %s", describe(open("p", O_RDWR)));
    close(3);
    line("excl: %s", text(open("p", O_WRONLY | O_CREAT | O_EXCL, 0600)));
    line("directory: %s", text(open("p", O_RDONLY | O_DIRECTORY)));
    line("path: %s", describe(open("p", O_PATH)));
    close(3);
    signals();
    in_child("crowd", crowd, NULL);
    in_child("ends while others wait", leaves_waiting, NULL);
    in_child("killed while others wait", killed_waiting, NULL);
    in_child("execs while others wait", execs_waiting, NULL);
    line("nobody reads: %s", text(open("p", O_WRONLY | O_NONBLOCK)));
    line("%s", snapshot());
}
