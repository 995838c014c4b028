// Ways out of a system call filter: what the floor must hold.
#include "victim.h"

#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <stddef.h>
#include <sys/prctl.h>

static int do_uring_setup(int argc, char **argv)
{
    static struct io_uring_params parameters;
    (void)argc;
    return report(argv[0], syscall(SYS_io_uring_setup, 1, &parameters));
}

// A file opened through the ring: the open itself is no system call.
static int do_uring_open(int argc, char **argv)
{
    static struct io_uring_params p;
    long ring = syscall(SYS_io_uring_setup, 4, &p);
    if (ring < 0)
        return report(argv[0], -1);
    size_t sq_size = p.sq_off.array + p.sq_entries * sizeof(unsigned);
    size_t cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    char *sq = mmap(NULL, sq_size, PROT_READ | PROT_WRITE, MAP_SHARED, (int)ring, IORING_OFF_SQ_RING);
    char *cq = mmap(NULL, cq_size, PROT_READ | PROT_WRITE, MAP_SHARED, (int)ring, IORING_OFF_CQ_RING);
    struct io_uring_sqe *entry = mmap(NULL, p.sq_entries * sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED,
                                      (int)ring, IORING_OFF_SQES);
    if (sq == MAP_FAILED || cq == MAP_FAILED || entry == MAP_FAILED)
        setup_failed("mmap");

    memset(entry, 0, sizeof *entry);
    entry->opcode = IORING_OP_OPENAT;
    entry->fd = AT_FDCWD;
    entry->addr = (uint64_t)argv[1];
    entry->open_flags = (unsigned)(argc > 2 ? open_flags(argv[2]) : O_RDONLY);
    entry->len = 0644;
    unsigned *tail = (unsigned *)(sq + p.sq_off.tail);
    ((unsigned *)(sq + p.sq_off.array))[*tail & *(unsigned *)(sq + p.sq_off.ring_mask)] = 0;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
        return report(argv[0], -1);

    unsigned head = __atomic_load_n((unsigned *)(cq + p.cq_off.head), __ATOMIC_ACQUIRE);
    unsigned mask = *(unsigned *)(cq + p.cq_off.ring_mask);
    int result = ((struct io_uring_cqe *)(cq + p.cq_off.cqes))[head & mask].res;
    errno = -result;
    return report(argv[0], result < 0 ? -1 : result);
}

static long int80(long nr, long a, long b, long c)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a), "c"(b), "d"(c)
                     : "memory", "r8", "r9", "r10", "r11");
    result = (int)result;
    if (result < 0 && result > -4096) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

// The 32-bit entry: number 5 is open there, fstat in the 64-bit table.
static int do_int80(int argc, char **argv)
{
    char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED)
        setup_failed("mmap");
    strncpy(low, argv[1], 4095);
    return report(argv[0], int80(5, (long)low, argc > 2 ? open_flags(argv[2]) : O_RDONLY, 0644));
}

static int do_int80_getpid(int argc, char **argv)
{
    (void)argc;
    return report_ok(argv[0], int80(20, 0, 0, 0));
}

static int do_x32(int argc, char **argv)
{
    return report(argv[0], syscall(0x40000000 | SYS_open, argv[1], argc > 2 ? open_flags(argv[2]) : O_RDONLY, 0644));
}

// The upper half of the number is ignored by the kernel, and must be by a filter.
static int do_high_bits(int argc, char **argv)
{
    return report(argv[0], syscall(0x100000000L | SYS_open, argv[1], argc > 2 ? open_flags(argv[2]) : O_RDONLY, 0644));
}

static int filter(const char *name, unsigned flags)
{
    struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
    struct sock_fprog program = { 1, allow };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        setup_failed("prctl");
    return report(name, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

static int do_seccomp_listener(int argc, char **argv) { (void)argc; return filter(argv[0], SECCOMP_FILTER_FLAG_NEW_LISTENER); }
static int do_seccomp_filter(int argc, char **argv) { (void)argc; return filter(argv[0], 0); }

static int do_tiocsti(int argc, char **argv)
{
    char typed = 'x';
    (void)argc;
    return report(argv[0], syscall(SYS_ioctl, 0, TIOCSTI, &typed));
}

// The request is 32 bits wide; a filter that compares 64 lets this one pass.
static int do_tiocsti_high(int argc, char **argv)
{
    char typed = 'x';
    (void)argc;
    return report(argv[0], syscall(SYS_ioctl, 0, 0xffffffff00000000UL | TIOCSTI, &typed));
}

static int do_tioclinux(int argc, char **argv)
{
    char paste = 3;
    (void)argc;
    return report(argv[0], syscall(SYS_ioctl, 0, 0x541c /* TIOCLINUX */, &paste));
}

static int do_raw(int argc, char **argv)
{
    long words[6] = { 0 };
    for (int i = 2; i < argc && i < 8; i++)
        words[i - 2] = word_argument(argv[i]);
    return report(argv[0], syscall(number(argv[1]), words[0], words[1], words[2], words[3], words[4], words[5]));
}

// As a container's own filter does.
static int do_without(int argc, char **argv)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
    (void)argc;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        return 2;
    execvp(argv[1], argv + 1);
    return report(argv[0], -1);
}

const struct command hostile_commands[] = {
    { "without-namespaces", 1, "PROGRAM [ARGUMENT]… (unshare and mount fail with EPERM)", do_without },
    { "io_uring", 0, "(set-up only)", do_uring_setup },
    { "io_uring-open", 1, "PATH [FLAGS]", do_uring_open },
    { "int80", 1, "PATH [FLAGS]", do_int80 },
    { "int80-getpid", 0, "", do_int80_getpid },
    { "x32", 1, "PATH [FLAGS]", do_x32 },
    { "high-bits", 1, "PATH [FLAGS]", do_high_bits },
    { "seccomp-listener", 0, "", do_seccomp_listener },
    { "seccomp-filter", 0, "", do_seccomp_filter },
    { "tiocsti", 0, "", do_tiocsti },
    { "tiocsti-high", 0, "", do_tiocsti_high },
    { "tioclinux", 0, "", do_tioclinux },
    { "raw", 1, "NUMBER [NUMBER|:TEXT|@null|@bad|@cwd]…", do_raw },
    { NULL, 0, NULL, NULL },
};
