// A file that may be opened for writing, but not written, by every call that changes it.
#include "attack.h"

#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/xattr.h>

static int target(void) { return (int)must(open("shut/key", O_RDWR), "shut/key"); }

// Whether the file isn't what it was.
static int changed(void)
{
    char text[5] = { 0 };
    struct stat size;
    int fd = target();
    must(pread(fd, text, 4, 0), "pread");
    must(fstat(fd, &size), "fstat");
    close(fd);
    return memcmp(text, "shut", 4) != 0 || size.st_size != 25;
}

#define WRITES(function, call) static int function(int tries) { int fd = target(); (void)tries; (void)!(call); close(fd); return changed(); }
static struct iovec part = { "mine", 4 };
WRITES(by_write, syscall(SYS_write, fd, "mine", 4))
WRITES(by_pwrite, syscall(SYS_pwrite64, fd, "mine", 4, 0L))
WRITES(by_writev, syscall(SYS_writev, fd, &part, 1))
WRITES(by_pwritev, syscall(SYS_pwritev, fd, &part, 1, 0L, 0L))
WRITES(by_pwritev2, syscall(SYS_pwritev2, fd, &part, 1, 0L, 0L, 0))
WRITES(by_ftruncate, ftruncate(fd, 0))
WRITES(by_fallocate, fallocate(fd, 0, 0, 9000))
WRITES(by_punch, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4))
// fallocate, as it was before there was such a call (linux/falloc.h).
static struct { int16_t type, whence; int64_t start, length; int32_t system; uint32_t pid; int32_t pad[4]; } hole = { .length = 4 };
WRITES(by_unreserve, ioctl(fd, _IOW('X', 43, hole), &hole))
WRITES(by_zero_range, ioctl(fd, _IOW('X', 57, hole), &hole))

static int by_flags(int tries)
{
    int flags = 0, fd = target();
    (void)tries;
    must(ioctl(fd, FS_IOC_GETFLAGS, &flags), "FS_IOC_GETFLAGS");
    flags ^= FS_NODUMP_FL;
    int wanted = flags;
    ioctl(fd, FS_IOC_SETFLAGS, &flags);
    must(ioctl(fd, FS_IOC_GETFLAGS, &flags), "FS_IOC_GETFLAGS");
    return ((flags ^ wanted) & FS_NODUMP_FL) == 0;
}

WRITES(by_sendfile, sendfile(fd, (int)must(open("open/key", O_RDONLY), "open/key"), NULL, 4))
WRITES(by_copy_range, copy_file_range((int)must(open("open/key", O_RDONLY), "open/key"), NULL, fd, NULL, 4, 0))
WRITES(by_truncate, truncate("shut/key", 0))
WRITES(by_open_truncate, open("shut/key", O_WRONLY | O_TRUNC))

static int filled_pipe(void)
{
    int ends[2];
    must(pipe(ends), "pipe");
    must(write(ends[1], "mine", 4), "write");
    return ends[0];
}

WRITES(by_splice, splice(filled_pipe(), NULL, fd, NULL, 4, 0))

// The pages of our own memory go into a pipe, and from there into the file.
static int by_vmsplice(int tries)
{
    int ends[2], fd = target();
    (void)tries;
    must(pipe(ends), "pipe");
    must(vmsplice(ends[1], &part, 1, 0), "vmsplice");
    (void)!splice(ends[0], NULL, fd, NULL, 4, 0);
    close(fd);
    return changed();
}

static int by_tee(int tries)
{
    int ends[2], fd = target();
    (void)tries;
    must(pipe(ends), "pipe");
    must(tee(filled_pipe(), ends[1], 4, 0), "tee");
    (void)!splice(ends[0], NULL, fd, NULL, 4, 0);
    close(fd);
    return changed();
}

static int by_mapping(int tries)
{
    int fd = target();
    (void)tries;
    char *bytes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return 0;
    memcpy(bytes, "mine", 4);
    munmap(bytes, 4096);
    close(fd);
    return changed();
}

// Mapped for reading, made writable later.
static int by_mprotect(int tries)
{
    int fd = target();
    (void)tries;
    char *bytes = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED || mprotect(bytes, 4096, PROT_READ | PROT_WRITE) < 0)
        return 0;
    memcpy(bytes, "mine", 4);
    munmap(bytes, 4096);
    close(fd);
    return changed();
}

static int by_aio(int tries)
{
    aio_context_t context = 0;
    int fd = target();
    struct iocb block = { .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = (uint32_t)fd, .aio_buf = (uintptr_t)"mine", .aio_nbytes = 4 }, *blocks[] = { &block };
    struct io_event event;
    (void)tries;
    must(syscall(SYS_io_setup, 1, &context), "io_setup");
    if (syscall(SYS_io_submit, context, 1, blocks) == 1)
        syscall(SYS_io_getevents, context, 1, 1, &event, NULL);
    close(fd);
    return changed();
}

static int by_reopening(int tries)
{
    char name[64];
    (void)tries;
    snprintf(name, sizeof name, "/proc/self/fd/%d", target());
    int again = open(name, O_WRONLY);
    (void)!write(again, "mine", 4);
    close(again);
    return changed();
}

static int by_process(int tries)
{
    int fd = target(), status;
    (void)tries;
    pid_t child = start_child();
    if (child == 0)
        _exit(write(fd, "mine", 4) != 4);
    status = status_of(child);
    close(fd);
    return status == 0 || changed();
}

static int by_direct(int tries)
{
    (void)tries;
    int fd = (int)must(open("shut/key", O_RDWR | O_APPEND), "shut/key");
    (void)!write(fd, "mine", 4);
    close(fd);
    return changed();
}

// Where a program crashes, the kernel makes a file (core(5)).
static int by_crash(int tries)
{
    struct stat found;
    char name[64];
    (void)tries;
    pid_t child = start_child();
    if (child == 0) {
        struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
        setrlimit(RLIMIT_CORE, &all);
        prctl(PR_SET_DUMPABLE, 1);
        must(chdir("shut/dir"), "shut/dir");
        abort();
    }
    status_of(child);
    snprintf(name, sizeof name, "shut/dir/core.%d", child);
    return stat("shut/dir/core", &found) == 0 || stat(name, &found) == 0;
}

// An access control list of owner, group and others is a mode.
static int by_acl(int tries)
{
    struct { uint32_t version; struct { uint16_t who, may; uint32_t id; } entries[3]; } list = { 2, { { 1, 7, ~0u }, { 4, 7, ~0u }, { 0x20, 7, ~0u } } };
    struct stat found;
    (void)tries;
    setxattr("shut/key", "system.posix_acl_access", &list, sizeof list, 0);
    must(stat("shut/key", &found), "stat");
    return (found.st_mode & 0777) == 0777;
}

const struct attack write_attacks[] = {
    { "write-plain", by_write, "write: what every rule must hold" },
    { "write-pwrite", by_pwrite, "pwrite64" },
    { "write-writev", by_writev, "writev" },
    { "write-pwritev", by_pwritev, "pwritev" },
    { "write-pwritev2", by_pwritev2, "pwritev2" },
    { "write-append", by_direct, "write at the end" },
    { "write-sendfile", by_sendfile, "sendfile" },
    { "write-copy-range", by_copy_range, "copy_file_range" },
    { "write-splice", by_splice, "splice from a pipe" },
    { "write-vmsplice", by_vmsplice, "vmsplice into a pipe, splice out of it" },
    { "write-tee", by_tee, "tee, then splice" },
    { "write-mapping", by_mapping, "a shared mapping" },
    { "write-mprotect", by_mprotect, "a shared mapping made writable later" },
    { "write-aio", by_aio, "io_submit" },
    { "write-reopened", by_reopening, "/proc/self/fd/N opened again" },
    { "write-inherited", by_process, "a child with the descriptor" },
    { "write-ftruncate", by_ftruncate, "ftruncate" },
    { "write-truncate", by_truncate, "truncate" },
    { "write-open-truncate", by_open_truncate, "open with O_TRUNC" },
    { "write-fallocate", by_fallocate, "fallocate that makes it longer" },
    { "write-punch-hole", by_punch, "fallocate that makes a hole" },
    { "write-unreserve", by_unreserve, "FS_IOC_UNRESVSP64" },
    { "write-zero-range", by_zero_range, "FS_IOC_ZERO_RANGE" },
    { "attribute-flags", by_flags, "FS_IOC_SETFLAGS" },
    { "write-core", by_crash, "a crash, whose core dump the kernel writes" },
    { "chmod-acl", by_acl, "setxattr of an access control list" },
    { 0 },
};
