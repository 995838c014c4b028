using static Sandgate.Core.Decode.Operation;
using static Sandgate.Linux.Decode.Role;

namespace Sandgate.Linux.Decode;

/// <summary>Calls on open descriptors.</summary>
internal static partial class Signatures
{
    private static Signature[] Descriptors() =>
    [
        // Contents
        new("read", Read, ReadFd, Hex, Size),
        new("pread64", Read, ReadFd, Hex, Size, Long),
        new("readv", Read, ReadFd, Hex, Count),
        new("preadv", Read, ReadFd, Hex, Count, Long, Long),
        new("preadv2", Read, ReadFd, Hex, Count, Long, Long, Hex),
        new("write", Write, WriteFd, InData, Size),
        new("pwrite64", Write, WriteFd, InData, Size, Long),
        new("writev", Write, WriteFd, InVector, Count),
        new("pwritev", Write, WriteFd, InVector, Count, Long, Long),
        new("pwritev2", Write, WriteFd, InVector, Count, Long, Long, Hex),
        new("vmsplice", [Read, Write], [WriteFd, InVector, Count, Hex]),

        // From descriptor to descriptor
        new("sendfile", [Read, Write], [WriteFd, ReadFd, Hex, Size]),
        new("copy_file_range", [Read, Write], [ReadFd, Hex, WriteFd, Hex, Size, Hex]),
        new("splice", [Read, Write], [ReadFd, Hex, WriteFd, Hex, Size, Hex]),
        new("tee", [Read, Write], [ReadFd, WriteFd, Size, Hex]),

        // Asynchronous contents: the descriptors stand in memory that the kernel reads on its own.
        new("io_setup", UInt, Hex),
        new("io_submit", [Read, Write], [Hex, Long, Opaque]),
        new("io_cancel", Hex, Hex, Hex),
        new("io_getevents", Hex, Long, Long, Hex, Hex),
        new("io_pgetevents", Hex, Long, Long, Hex, Hex, Hex),
        new("io_destroy", Hex),
        new("io_uring_setup", UInt, Hex),
        new("io_uring_enter", Fd, UInt, UInt, Hex, Hex, Size),
        new("io_uring_register", Fd, UInt, Hex, UInt),

        // Position, cache, durability
        new("lseek", Fd, Long, Whence),
        new("readahead", Fd, Long, Size),
        new("fadvise64", Fd, Long, Size, Int),
        new("sync_file_range", Fd, Long, Long, Hex),
        new("fsync", Fd),
        new("fdatasync", Fd),
        new("syncfs", Fd),
        new("flock", Fd, Hex),

        // Control. The device's name says what an ioctl command means. Some share a file's blocks with another: they write it.
        new("ioctl", Write, WriteFd, IoctlCommand, Hex),
        new("fcntl", Fd, FcntlCommand, Hex),

        // The descriptor table
        new("close", Fd),
        new("close_range", UInt, UInt, Hex),
        new("dup", Fd),
        new("dup2", Fd, Fd),
        new("dup3", Fd, Fd, Hex),
        new("pipe", Hex),
        new("pipe2", Hex, Hex),
        new("memfd_create", Text, Hex),
        new("memfd_secret", Hex),
        new("eventfd", UInt),
        new("eventfd2", UInt, Hex),
        new("signalfd", Fd, Hex, Size),
        new("signalfd4", Fd, Hex, Size, Hex),
    ];
}
