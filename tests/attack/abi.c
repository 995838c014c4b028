// The same calls by other doors: 32-bit numbers, x32, numbers that nobody knows, io_uring.
#include "attack.h"

#include <linux/io_uring.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <sys/personality.h>

static long int80(long nr, long a, long b, long c)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
    return (int)result;
}

static char *low;
static char *low_text(const char *text)
{
    if (!low) {
        low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
        if (low == MAP_FAILED)
            broken("mmap");
    }
    return strcpy(low, text);
}

static int open_32(int tries) { (void)tries; return is_shut(int80(5, (long)low_text("shut/key"), O_RDONLY, 0)); }
static int openat_32(int tries) { (void)tries; return is_shut(int80(295, AT_FDCWD, (long)low_text("shut/key"), O_RDONLY)); }
static int unlink_32(int tries) { (void)tries; return int80(10, (long)low_text("shut/key"), 0, 0) == 0; }
static int chmod_32(int tries) { (void)tries; return int80(15, (long)low_text("shut/key"), 0700, 0) == 0; }

static int execve_32(int tries)
{
    (void)tries;
    low_text("shut/prog");
    uint32_t *argv = (uint32_t *)(low + 64);
    argv[0] = (uint32_t)(uintptr_t)low;
    argv[1] = 0;
    pid_t child = start_child();
    if (child == 0) {
        int80(11, (long)low, (long)argv, (long)&argv[1]);
        _exit(1);
    }
    return status_of(child) == 42;
}

static struct sockaddr_in refused(void)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port()), .sin_addr = { htonl(0x7f000002) } };
}

// socketcall(SYS_CONNECT, {fd, address, length})
static int connect_32(int tries)
{
    struct sockaddr_in peer, address = refused();
    socklen_t length = sizeof peer;
    (void)tries;
    int fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    low_text("");
    memcpy(low + 64, &address, sizeof address);
    uint32_t *arguments = (uint32_t *)low;
    arguments[0] = (uint32_t)fd;
    arguments[1] = (uint32_t)(uintptr_t)(low + 64);
    arguments[2] = sizeof address;
    int80(102, 3, (long)low, 0);
    return getpeername(fd, (struct sockaddr *)&peer, &length) == 0;
}

// x32 and numbers past the table, and the one that this kernel does know under another spelling: the upper half is ignored.
static int odd_numbers(int tries)
{
    (void)tries;
    int through = 0;
    through += is_shut(syscall(0x40000000 | SYS_open, "shut/key", O_RDONLY));
    through += is_shut(syscall(0x40000000 | SYS_openat, AT_FDCWD, "shut/key", O_RDONLY));
    through += is_shut(syscall(0x100000000L | SYS_open, "shut/key", O_RDONLY));
    through += is_shut(syscall((long)0xffffffff00000000UL | SYS_openat, AT_FDCWD, "shut/key", O_RDONLY));
    for (long nr = 470; nr < 600; nr++)
        through += is_shut(syscall(nr, AT_FDCWD, "shut/key", O_RDONLY, 0, 0, 0));
    return through > 0;
}

// One entry through a ring; the answer, or -1 when there is no ring.
static int ring(struct io_uring_sqe wanted)
{
    struct io_uring_params p = { 0 };
    long fd = syscall(SYS_io_uring_setup, 4, &p);
    if (fd < 0)
        return -1;
    size_t sq_size = p.sq_off.array + p.sq_entries * sizeof(unsigned), cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    char *sq = mmap(NULL, sq_size, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, IORING_OFF_SQ_RING);
    char *cq = mmap(NULL, cq_size, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, IORING_OFF_CQ_RING);
    struct io_uring_sqe *entry = mmap(NULL, p.sq_entries * sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, IORING_OFF_SQES);
    if (sq == MAP_FAILED || cq == MAP_FAILED || entry == MAP_FAILED)
        broken("mmap");
    *entry = wanted;
    unsigned *tail = (unsigned *)(sq + p.sq_off.tail);
    ((unsigned *)(sq + p.sq_off.array))[*tail & *(unsigned *)(sq + p.sq_off.ring_mask)] = 0;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
        return -1;
    unsigned head = __atomic_load_n((unsigned *)(cq + p.cq_off.head), __ATOMIC_ACQUIRE);
    return ((struct io_uring_cqe *)(cq + p.cq_off.cqes))[head & *(unsigned *)(cq + p.cq_off.ring_mask)].res;
}

static int ring_open(int tries)
{
    (void)tries;
    return is_shut(ring((struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)"shut/key" }));
}

static int ring_unlink(int tries)
{
    (void)tries;
    return ring((struct io_uring_sqe){ .opcode = IORING_OP_UNLINKAT, .fd = AT_FDCWD, .addr = (uintptr_t)"shut/key" }) == 0;
}

static int ring_rename(int tries)
{
    (void)tries;
    return ring((struct io_uring_sqe){ .opcode = IORING_OP_RENAMEAT, .fd = AT_FDCWD, .addr = (uintptr_t)"shut/key",
                                       .len = (uint32_t)AT_FDCWD, .addr2 = (uintptr_t)"open/new" }) == 0;
}

static int ring_connect(int tries)
{
    struct sockaddr_in address = refused();
    (void)tries;
    int fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    return ring((struct io_uring_sqe){ .opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)&address, .off = sizeof address }) == 0;
}

static int ring_write(int tries)
{
    (void)tries;
    int fd = (int)must(open("shut/key", O_RDWR), "shut/key");
    return ring((struct io_uring_sqe){ .opcode = IORING_OP_WRITE, .fd = fd, .addr = (uintptr_t)"mine", .len = 4 }) == 4;
}

// The kernel takes 32 bits of this argument, whatever stands above.
static int high_bits(int tries)
{
    (void)tries;
    syscall(SYS_personality, 0xdead00000000 | ADDR_NO_RANDOMIZE);
    return (syscall(SYS_personality, 0xffffffff) & ADDR_NO_RANDOMIZE) != 0;
}

const struct attack abi_attacks[] = {
    { "abi-high-bits", high_bits, "a word with garbage above its 32 bits" },
    { "abi-32-open", open_32, "int 0x80: open" },
    { "abi-32-openat", openat_32, "int 0x80: openat" },
    { "abi-32-unlink", unlink_32, "int 0x80: unlink" },
    { "abi-32-chmod", chmod_32, "int 0x80: chmod" },
    { "abi-32-execve", execve_32, "int 0x80: execve" },
    { "abi-32-connect", connect_32, "int 0x80: socketcall connect" },
    { "abi-numbers", odd_numbers, "x32, unknown numbers, numbers with an upper half" },
    { "uring-open", ring_open, "io_uring: openat" },
    { "uring-unlink", ring_unlink, "io_uring: unlinkat" },
    { "uring-rename", ring_rename, "io_uring: renameat" },
    { "uring-connect", ring_connect, "io_uring: connect" },
    { "uring-write", ring_write, "io_uring: write" },
    { 0 },
};
