using static Sandgate.Core.Decode.Operation;
using static Sandgate.Linux.Decode.Role;

namespace Sandgate.Linux.Decode;

/// <summary>Signals.</summary>
internal static partial class Signatures
{
    private static Signature[] Signals() =>
    [
        // Sending
        new("kill", Kill, Pid, Signal),
        new("tkill", Kill, Pid, Signal),
        new("tgkill", Kill, Pid, Pid, Signal),
        new("rt_sigqueueinfo", Kill, Pid, Signal, Hex),
        new("rt_tgsigqueueinfo", Kill, Pid, Pid, Signal, Hex),
        new("pidfd_send_signal", Kill, PidFd, Signal, Hex, Hex),

        // Handling
        new("rt_sigaction", Signal, Hex, Hex, Size),
        new("rt_sigprocmask", Int, Hex, Hex, Size),
        new("rt_sigpending", Hex, Size),
        new("rt_sigsuspend", Hex, Size),
        new("rt_sigtimedwait", Hex, Hex, Hex, Size),
        new("rt_sigreturn"),
        new("sigaltstack", Hex, Hex),
        new("pause"),
        new("restart_syscall"),
    ];
}
