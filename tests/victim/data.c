// Moving bytes into and out of descriptors by calls that take more than one.
#include "victim.h"

#include <linux/aio_abi.h>
#include <sys/mman.h>
#include <time.h>

static int do_sendfile(int argc, char **argv)
{
    int out = fd_argument(argv[1], O_WRONLY), in = fd_argument(argv[2], O_RDONLY);
    (void)argc;
    return report(argv[0], syscall(SYS_sendfile, out, in, NULL, 65536));
}

static int do_copy_file_range(int argc, char **argv)
{
    int out = fd_argument(argv[1], O_WRONLY), in = fd_argument(argv[2], O_RDONLY);
    (void)argc;
    return report(argv[0], syscall(SYS_copy_file_range, in, NULL, out, NULL, 65536, 0));
}

// One end has to be a pipe: `printf x | victim splice FILE`, or a FIFO's path.
static int do_splice(int argc, char **argv)
{
    int out = fd_argument(argv[1], O_WRONLY), in = argc > 2 ? fd_argument(argv[2], O_RDONLY) : 0;
    return report(argv[0], syscall(SYS_splice, in, NULL, out, NULL, 65536, 0));
}

static int do_tee(int argc, char **argv)
{
    int out = fd_argument(argv[1], O_WRONLY), in = argc > 2 ? fd_argument(argv[2], O_RDONLY) : 0;
    return report(argv[0], syscall(SYS_tee, in, out, 65536, 0));
}

static int do_reflink(int argc, char **argv)
{
    int out = fd_argument(argv[1], O_WRONLY), in = fd_argument(argv[2], O_RDONLY);
    (void)argc;
    return report(argv[0], syscall(SYS_ioctl, out, 0x40049409 /* FICLONE */, in));
}

// Writing without a write: the file's own pages, shared.
static int do_mmap_shared(int argc, char **argv)
{
    int fd = fd_argument(argv[1], O_RDWR);
    (void)argc;
    char *at = (char *)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED)
        memcpy(at, argv[2], strlen(argv[2]));
    return report_ok(argv[0], at == MAP_FAILED ? -1 : 0);
}

// Mapped read-only first, made writable after.
static int do_mmap_mprotect(int argc, char **argv)
{
    int fd = fd_argument(argv[1], O_RDWR);
    (void)argc;
    char *at = (char *)syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        setup_failed("mmap");
    long result = syscall(SYS_mprotect, at, 4096, PROT_READ | PROT_WRITE);
    if (result == 0)
        memcpy(at, argv[2], strlen(argv[2]));
    return report_ok(argv[0], result);
}

static int aio(const char *name, int fd, int opcode, void *bytes, size_t length)
{
    aio_context_t context = 0;
    struct iocb block = { .aio_lio_opcode = (unsigned short)opcode, .aio_fildes = (unsigned)fd,
                          .aio_buf = (unsigned long)bytes, .aio_nbytes = length };
    struct iocb *blocks[] = { &block };
    struct io_event event;
    if (syscall(SYS_io_setup, 1, &context) < 0)
        setup_failed("io_setup");
    long result = syscall(SYS_io_submit, context, 1, blocks);
    if (result == 1 && syscall(SYS_io_getevents, context, 1, 1, &event, NULL) == 1) {
        result = event.res;
        if (result < 0) {
            errno = (int)-result;
            result = -1;
        }
    }
    return report(name, result);
}

static int do_aio_write(int argc, char **argv)
{
    (void)argc;
    return aio(argv[0], fd_argument(argv[1], O_WRONLY), IOCB_CMD_PWRITE, argv[2], strlen(argv[2]));
}

static int do_aio_read(int argc, char **argv)
{
    static char buffer[4096];
    (void)argc;
    return aio(argv[0], fd_argument(argv[1], O_RDONLY), IOCB_CMD_PREAD, buffer, sizeof buffer);
}

static int do_dup_stdout_write(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : "through a duplicate\n";
    long copy = syscall(SYS_dup, 1);
    if (copy < 0)
        setup_failed("dup");
    return report(argv[0], syscall(SYS_write, copy, text, strlen(text)));
}

static int do_reopen_stdout(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : "through a reopened stdout\n";
    long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/fd/1", O_WRONLY | O_APPEND);
    if (fd < 0)
        setup_failed("open");
    return report(argv[0], syscall(SYS_write, fd, text, strlen(text)));
}

// A file put in stdout's place: the number 1 is no longer what the user passed. Result on stderr.
static int do_write_as_stdout(int argc, char **argv)
{
    int fd = fd_argument(argv[1], O_WRONLY);
    (void)argc;
    if (syscall(SYS_dup2, fd, 1) < 0)
        setup_failed("dup2");
    long result = syscall(SYS_write, 1, argv[2], strlen(argv[2]));
    say(2, "%s = ", argv[0]);
    if (result < 0)
        say(2, "%s\n", strerrorname_np(errno));
    else
        say(2, "%ld\n", result);
    return result < 0;
}

const struct command data_commands[] = {
    { "sendfile", 2, "OUT IN", do_sendfile },
    { "copy_file_range", 2, "OUT IN", do_copy_file_range },
    { "splice", 1, "OUT [IN], one of them a pipe; IN is stdin if absent", do_splice },
    { "tee", 1, "OUT-PIPE [IN-PIPE]", do_tee },
    { "reflink", 2, "OUT IN", do_reflink },
    { "mmap-shared", 2, "PATH TEXT", do_mmap_shared },
    { "mmap-mprotect", 2, "PATH TEXT", do_mmap_mprotect },
    { "aio-write", 2, "PATH TEXT", do_aio_write },
    { "aio-read", 1, "PATH", do_aio_read },
    { "dup-stdout-write", 0, "[TEXT]", do_dup_stdout_write },
    { "reopen-stdout", 0, "[TEXT]", do_reopen_stdout },
    { "write-as-stdout", 2, "PATH TEXT (result on stderr)", do_write_as_stdout },
    { NULL, 0, NULL, NULL },
};
