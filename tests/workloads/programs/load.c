// Loads for stress.py.
//   load rate CALLS_PER_SECOND SECONDS THREADS   open, read, stat and access at that pace, and try
//                                                now and then to open ./denied-by-stress
//   load block THREADS [hold]                    as many threads, each blocked in a call that stops
//   load bomb FORKS                              fork in every process until the limit or the count
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_long calls, tried, opened, arrived, left, wrong;
static double pace, length;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void *paced(void *unused) {
  (void)unused;
  double start = now(), t;
  for (long done = 0, round = 0; (t = now() - start) < length; round++) {
    if (done > t * pace) {
      usleep(200);
      continue;
    }
    for (int i = 0; i < 25; i++) {
      char byte;
      struct stat s;
      int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
      if (fd < 0 || read(fd, &byte, 1) != 1) wrong++;
      close(fd);
      if (stat("/etc/group", &s) || access("/etc/hosts-that-are-not", R_OK) != -1) wrong++;
    }
    done += 100;
    calls += 100;
    if (round % 50 == 0) {
      int fd = open("./denied-by-stress", O_RDONLY | O_CLOEXEC);
      tried++;
      if (fd >= 0) {
        opened++;
        close(fd);
      }
    }
  }
  return NULL;
}

struct seat { int kind, here, there; char name[32]; };

static void *blocked(void *arg) {
  struct seat *s = arg;
  char bytes[64];
  int ok = 0;
  arrived++;
  switch (s->kind) {
  case 0: ok = open(s->name, O_RDONLY) >= 0; break;
  case 1: ok = read(s->here, bytes, 1) == 1; break;
  case 2: ok = accept(s->here, NULL, NULL) >= 0; break;
  case 3: ok = recv(s->here, bytes, sizeof bytes, 0) == 1; break;
  case 4: ok = write(s->here, bytes, 1) == 1; break;
  }
  if (!ok) wrong++;
  left++;
  return NULL;
}

static int block(int n, int hold) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  struct seat *seats = calloc(n, sizeof *seats);
  pthread_t *ids = calloc(n, sizeof *ids);
  static char bulk[65536];
  for (int i = 0; i < n; i++) {
    struct seat *s = &seats[i];
    int pair[2];
    s->kind = i % 5;
    snprintf(s->name, sizeof s->name, "seat-%d", i);
    if (s->kind == 0 && mkfifo(s->name, 0600)) fail("mkfifo");
    if (s->kind == 1 || s->kind == 4) {
      if (pipe2(pair, O_CLOEXEC)) fail("pipe");
      s->here = pair[s->kind == 4];
      s->there = pair[s->kind == 1];
    }
    if (s->kind == 4) {
      fcntl(s->here, F_SETFL, O_NONBLOCK);
      while (write(s->here, bulk, sizeof bulk) > 0) {}
      fcntl(s->here, F_SETFL, 0);
    }
    if (s->kind == 2) {
      struct sockaddr_un at = { .sun_family = AF_UNIX };
      strcpy(at.sun_path, s->name);
      s->here = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (bind(s->here, (void *)&at, sizeof at) || listen(s->here, 1)) fail("listen");
    }
    if (s->kind == 3) {
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) fail("socketpair");
      s->here = pair[0];
      s->there = pair[1];
    }
  }
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  for (int i = 0; i < n; i++)
    if (pthread_create(&ids[i], &small, blocked, &seats[i])) fail("pthread_create");
  while (arrived < n) usleep(1000);
  usleep(500000);
  printf("blocked %ld\n", n - left);
  fflush(stdout);
  double start = now();
  for (int i = 0; i < 1000; i++) {
    int fd = open("/etc/passwd", O_RDONLY);
    if (fd < 0) fail("open beside them");
    close(fd);
  }
  printf("beside %.0f ms\n", (now() - start) * 1000);
  fflush(stdout);
  if (hold) for (;;) pause();
  for (int i = 0; i < n; i++) {
    struct seat *s = &seats[i];
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    if (s->kind == 0) s->there = open(s->name, O_WRONLY);
    if (s->kind == 1 || s->kind == 3) if (write(s->there, "x", 1) != 1) fail("release");
    if (s->kind == 4) if (read(s->there, bulk, sizeof bulk) < 1) fail("drain");
    if (s->kind == 2) {
      strcpy(at.sun_path, s->name);
      s->there = socket(AF_UNIX, SOCK_STREAM, 0);
      if (connect(s->there, (void *)&at, sizeof at)) fail("connect");
    }
  }
  for (int i = 0; i < n; i++) pthread_join(ids[i], NULL);
  printf("released %ld wrong %ld\n", (long)left, (long)wrong);
  return wrong != 0;
}

static int bomb(long most) {
  struct { atomic_long forks, refused; atomic_int stop; } *all =
      mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) fail("mmap");
  pid_t first = getpid();
  for (int round = 0; round < 5; round++) {
    all->stop = 0;
    long until = all->forks + most;
    while (!all->stop) {
      if (all->forks >= until) { all->stop = 1; break; }
      pid_t pid = fork();
      if (pid < 0) {
        all->refused++;
        all->stop = 1;
      } else if (pid > 0) {
        all->forks++;
        usleep(1000);
      }
    }
    while (wait(NULL) > 0) {}
    if (getpid() != first) _exit(0);
  }
  printf("forks %ld refused %ld\n", (long)all->forks, (long)all->refused);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 5 && !strcmp(argv[1], "rate")) {
    int n = atoi(argv[4]);
    pthread_t ids[n];
    pace = atof(argv[2]) / n;
    length = atof(argv[3]);
    double start = now();
    for (int i = 0; i < n; i++) if (pthread_create(&ids[i], NULL, paced, NULL)) fail("pthread_create");
    for (int i = 0; i < n; i++) pthread_join(ids[i], NULL);
    printf("calls %ld seconds %.3f tried %ld opened %ld wrong %ld\n", (long)calls, now() - start, (long)tried,
           (long)opened, (long)wrong);
    return wrong != 0;
  }
  if (argc >= 3 && !strcmp(argv[1], "block")) return block(atoi(argv[2]), argc > 3);
  if (argc == 3 && !strcmp(argv[1], "bomb")) return bomb(atol(argv[2]));
  fprintf(stderr, "usage: load rate CALLS SECONDS THREADS | block THREADS [hold] | bomb FORKS\n");
  return 2;
}
