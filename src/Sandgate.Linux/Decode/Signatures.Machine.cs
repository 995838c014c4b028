using static Sandgate.Linux.Decode.Role;

namespace Sandgate.Linux.Decode;

/// <summary>The machine as a whole, mostly for the administrator.</summary>
internal static partial class Signatures
{
    private static Signature[] Machine() =>
    [
        // Asking
        new("uname", Hex),
        new("sysinfo", Hex),
        new("syslog", Int, Hex, Int),
        new("getrandom", Hex, Size, Hex),

        // The kernel's code
        new("init_module", Hex, Size, Text),
        new("finit_module", FileFd, Text, Hex),
        new("delete_module", Text, Hex),
        new("kexec_load", Hex, Size, Hex, Hex),
        new("kexec_file_load", FileFd, Fd, Size, Text, Hex),
        new("bpf", Int, Hex, UInt),
        new("reboot", Hex, Hex, Hex, Hex),

        // Settings
        new("sethostname", InData, Int),
        new("setdomainname", InData, Int),
        new("settimeofday", Hex, Hex),
        new("clock_settime", Clock, Hex),
        new("clock_adjtime", Clock, Hex),
        new("adjtimex", Hex),
        new("iopl", UInt),
        new("ioperm", Size, Size, Int),
        new("sync"),
        new("vhangup"),

        // Numbers without an implementation
        new("_sysctl"),
        new("afs_syscall"),
        new("create_module"),
        new("epoll_ctl_old"),
        new("epoll_wait_old"),
        new("get_kernel_syms"),
        new("getpmsg"),
        new("nfsservctl"),
        new("putpmsg"),
        new("query_module"),
        new("security"),
        new("tuxcall"),
        new("vserver"),
    ];
}
