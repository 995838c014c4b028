// Times system calls in a tight loop and prints, for each shape, nanoseconds per operation.
//
//   calls [-m MILLISECONDS] [-t THREADS] [-n COUNT] [-w] SHAPE...
//
// A shape is open:PATH (open and close, must succeed), missing:PATH (open, must fail), getppid or
// lseek. Each runs for -m milliseconds, or exactly -n times. With -t that many threads run the
// shape at once and calls per second over all of them are printed instead. With -w it prints
// "done" after the last shape and waits for end of file on stdin.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum kind { OPEN, MISSING, GETPPID, LSEEK };

struct job {
  enum kind kind;
  const char *path;
  long long until;   // ns to run for, or 0
  long count;        // operations to do, or 0
  long done;
  long long took;
};

static pthread_barrier_t gate;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what, const char *path) {
  fprintf(stderr, "calls: %s %s: %s\n", what, path, strerror(errno));
  _exit(1);
}

static void batch(const struct job *job, long n) {
  switch (job->kind) {
  case OPEN:
    for (long i = 0; i < n; i++) {
      long fd = syscall(SYS_openat, AT_FDCWD, job->path, O_RDONLY | O_CLOEXEC, 0);
      if (fd < 0) fail("open", job->path);
      syscall(SYS_close, fd);
    }
    break;
  case MISSING:
    for (long i = 0; i < n; i++)
      if (syscall(SYS_openat, AT_FDCWD, job->path, O_RDONLY | O_CLOEXEC, 0) >= 0)
        fail("should be missing:", job->path);
    break;
  case GETPPID:
    for (long i = 0; i < n; i++) syscall(SYS_getppid);
    break;
  case LSEEK:
    for (long i = 0; i < n; i++) syscall(SYS_lseek, 99, 0L, SEEK_CUR);
    break;
  }
}

static void *run(void *arg) {
  struct job *job = arg;
  long step = job->kind == OPEN || job->kind == MISSING ? 100 : 2000;
  batch(job, job->count ? 1 : step);  // warm the caches, and the supervisor's
  pthread_barrier_wait(&gate);
  long long start = now(), end = start;
  while (job->count ? job->done < job->count : end - start < job->until) {
    long n = job->count && job->count - job->done < step ? job->count - job->done : step;
    batch(job, n);
    job->done += n;
    end = now();
  }
  job->took = end - start;
  return NULL;
}

int main(int argc, char **argv) {
  long ms = 100, count = 0;
  int threads = 0, hold = 0, c;
  while ((c = getopt(argc, argv, "m:t:n:w")) != -1) {
    if (c == 'm') ms = atol(optarg);
    else if (c == 't') threads = atoi(optarg);
    else if (c == 'n') count = atol(optarg);
    else if (c == 'w') hold = 1;
    else return 2;
  }
  for (; optind < argc; optind++) {
    const char *shape = argv[optind];
    struct job model = { .until = ms * 1000000LL, .count = count };
    if (!strncmp(shape, "open:", 5)) model.kind = OPEN, model.path = shape + 5;
    else if (!strncmp(shape, "missing:", 8)) model.kind = MISSING, model.path = shape + 8;
    else if (!strcmp(shape, "getppid")) model.kind = GETPPID;
    else if (!strcmp(shape, "lseek")) model.kind = LSEEK;
    else return fprintf(stderr, "calls: no such shape: %s\n", shape), 2;

    int n = threads ? threads : 1;
    struct job jobs[n];
    pthread_t ids[n];
    pthread_barrier_init(&gate, NULL, n);
    for (int i = 0; i < n; i++) {
      jobs[i] = model;
      if (threads && pthread_create(&ids[i], NULL, run, &jobs[i])) fail("thread", "");
    }
    if (!threads) run(&jobs[0]);
    double rate = 0;
    for (int i = 0; i < n; i++) {
      if (threads) pthread_join(ids[i], NULL);
      rate += (double)jobs[i].done * 1e9 / jobs[i].took;
    }
    if (threads) printf("%.0f\n", rate);
    else printf("%.1f\n", (double)jobs[0].took / jobs[0].done);
    pthread_barrier_destroy(&gate);
  }
  if (hold) {
    char byte;
    printf("done %d\n", getppid());
    fflush(stdout);
    while (read(0, &byte, 1) > 0) {}
  }
  return 0;
}
