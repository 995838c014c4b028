// The least that a supervisor can do, as a yardstick: the named system calls of the command (openat
// by default) stop at a seccomp user notification and are told to continue, unread and unjudged.
// What `sandgate` costs above this is its own; what this costs is the kernel's.
//
//   floor [-n NUMBER,NUMBER...] COMMAND [ARGUMENT...]
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS _IOW('!', 4, __u64)
#endif
#define SYNC_WAKE_UP 1UL
#define MARK 0x5a4d6a7eL  // in execve's unused sixth argument: our own exec is not to be stopped

static char **command;
static char program[4096];
static struct sock_filter code[1024];
static struct sock_fprog filter = { .filter = code };
static volatile int listener = -1, failed;
static pid_t child;
static int result;

static void die(const char *what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  exit(125);
}

static void add(unsigned short op, unsigned k, unsigned char yes, unsigned char no) {
  code[filter.len++] = (struct sock_filter){ op, yes, no, k };
}

// Runs in the parent's memory and descriptor table until the exec.
static int launch(void *unused) {
  (void)unused;
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                     SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &filter);
  if (listener >= 0) syscall(SYS_execve, program, command, environ, 0, 0, MARK);
  failed = errno;
  _exit(127);
}

static void find(const char *name) {
  if (strchr(name, '/')) { snprintf(program, sizeof program, "%s", name); return; }
  char *path = strdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
  for (char *dir = strtok(path, ":"); dir; dir = strtok(NULL, ":")) {
    snprintf(program, sizeof program, "%s/%s", dir, name);
    if (!access(program, X_OK)) return;
  }
  errno = ENOENT;
  fprintf(stderr, "floor: %s: %s\n", name, strerror(errno));
  exit(127);
}

static void forward(int sig) { kill(child, sig); }
static void nothing(int sig) { (void)sig; }

static int reap(int flags) {
  int status;
  pid_t pid = waitpid(-1, &status, flags);
  if (pid <= 0) return 0;
  if (pid == child && WIFSTOPPED(status)) {
    raise(SIGSTOP);
    kill(child, SIGCONT);
  } else if (pid == child) {
    result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return 1;
}

int main(int argc, char **argv) {
  int numbers[400] = { SYS_openat }, count = 1, at = 1;
  if (argc > 2 && !strcmp(argv[1], "-n")) {
    count = 0;
    for (char *s = strtok(argv[2], ","); s && count < 400; s = strtok(NULL, ",")) numbers[count++] = atoi(s);
    at = 3;
  }
  if (at >= argc) return fprintf(stderr, "floor: no command\n"), 125;
  command = argv + at;
  find(command[0]);

  // Only a stopped call looks beyond the number: the kernel keeps a bitmap of the numbers that a
  // filter allows whatever their arguments, and doesn't run the filter for those.
  add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
  for (int i = 0; i < count; i++) {
    int exec = numbers[i] == SYS_execve;
    add(BPF_JMP | BPF_JEQ | BPF_K, numbers[i], 0, exec ? 4 : 1);
    if (exec) {
      add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5]), 0, 0);
      add(BPF_JMP | BPF_JEQ | BPF_K, MARK, 0, 1);
      add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    }
    add(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF, 0, 0);
  }
  add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);

  static char stack[65536] __attribute__((aligned(16)));
  child = clone(launch, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, NULL);
  if (child < 0) die("clone");
  if (failed) { errno = failed; perror("floor"); return listener < 0 ? 125 : failed == ENOENT ? 127 : 126; }
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  signal(SIGTERM, forward);
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP);

  // A signal ends the wait in RECV; so does, on kernels since 6.11, the end of the last process.
  struct sigaction wake = { .sa_handler = nothing };
  sigaction(SIGCHLD, &wake, NULL);
  struct seccomp_notif stop;
  for (;;) {
    memset(&stop, 0, sizeof stop);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &stop) == 0) {
      struct seccomp_notif_resp answer = { .id = stop.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
      ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
      continue;
    }
    struct pollfd end = { .fd = listener };
    int gone = poll(&end, 1, 0) == 1;
    while (reap(gone ? 0 : WNOHANG | WUNTRACED)) {}
    if (gone) return result;
  }
}
