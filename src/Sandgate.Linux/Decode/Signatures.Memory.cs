using static Sandgate.Core.Decode.Operation;
using static Sandgate.Linux.Decode.Role;

namespace Sandgate.Linux.Decode;

/// <summary>The program's own memory.</summary>
internal static partial class Signatures
{
    private static Signature[] Memory() =>
    [
        // Mappings. That of a file can be read at any time, and a shared one of a file that is open for writing be written to, without any further call.
        new("mmap", [Read, Write], [Hex, Size, Protection, MapFlags, WriteFd, Long]),
        new("munmap", Hex, Size),
        new("mremap", Hex, Size, Size, Hex, Hex),
        new("mprotect", Hex, Size, Protection),
        new("pkey_mprotect", Hex, Size, Protection, Int),
        new("pkey_alloc", Hex, Hex),
        new("pkey_free", Int),
        new("remap_file_pages", Hex, Size, Protection, Hex, Hex),
        new("map_shadow_stack", Hex, Size, Hex),
        new("brk", Hex),
        new("msync", Hex, Size, Hex),
        new("madvise", Hex, Size, Int),
        new("mincore", Hex, Size, Hex),
        new("mseal", Hex, Size, Hex),
        new("mlock", Hex, Size),
        new("mlock2", Hex, Size, Hex),
        new("munlock", Hex, Size),
        new("mlockall", Hex),
        new("munlockall"),
        new("userfaultfd", Hex),

        // NUMA
        new("mbind", Hex, Size, Hex, Hex, Size, Hex),
        new("set_mempolicy", Int, Hex, Size),
        new("get_mempolicy", Hex, Hex, Size, Hex, Hex),
        new("set_mempolicy_home_node", Hex, Size, Size, Hex),
        new("migrate_pages", Pid, Size, Hex, Hex),
        new("move_pages", Pid, Size, Hex, Hex, Hex, Hex),

        // Threads and the processor
        new("futex", Hex, Int, UInt, Hex, Hex, UInt),
        new("futex_wake", Hex, Hex, Int, Hex),
        new("futex_wait", Hex, Hex, Hex, Hex, Hex, Clock),
        new("futex_requeue", Hex, Hex, Int, Int),
        new("futex_waitv", Hex, UInt, Hex, Hex, Clock),
        new("set_robust_list", Hex, Size),
        new("get_robust_list", Pid, Hex, Hex),
        new("membarrier", Int, Hex, Int),
        new("rseq", Hex, UInt, Hex, Hex),
        new("set_thread_area", Hex),
        new("get_thread_area", Hex),
        new("modify_ldt", Int, Hex, Size),
        new("uprobe"),
        new("uretprobe"),
    ];
}
