using static Sandgate.Linux.Decode.Role;

namespace Sandgate.Linux.Decode;

/// <summary>Waiting, clocks and timers.</summary>
internal static partial class Signatures
{
    private static Signature[] Waiting() =>
    [
        // Events
        new("poll", Hex, UInt, Int),
        new("ppoll", Hex, UInt, Hex, Hex, Size),
        new("select", Int, Hex, Hex, Hex, Hex),
        new("pselect6", Int, Hex, Hex, Hex, Hex, Hex),
        new("epoll_create", Int),
        new("epoll_create1", Hex),
        new("epoll_ctl", Fd, Int, Fd, Hex),
        new("epoll_wait", Fd, Hex, Int, Int),
        new("epoll_pwait", Fd, Hex, Int, Int, Hex, Size),
        new("epoll_pwait2", Fd, Hex, Int, Hex, Hex, Size),

        // Clocks
        new("time", Hex),
        new("times", Hex),
        new("gettimeofday", Hex, Hex),
        new("clock_gettime", Clock, Hex),
        new("clock_getres", Clock, Hex),
        new("nanosleep", Hex, Hex),
        new("clock_nanosleep", Clock, Hex, Hex, Hex),

        // Timers
        new("alarm", UInt),
        new("getitimer", Int, Hex),
        new("setitimer", Int, Hex, Hex),
        new("timer_create", Clock, Hex, Hex),
        new("timer_settime", Int, Hex, Hex, Hex),
        new("timer_gettime", Int, Hex),
        new("timer_getoverrun", Int),
        new("timer_delete", Int),
        new("timerfd_create", Clock, Hex),
        new("timerfd_settime", Fd, Hex, Hex, Hex),
        new("timerfd_gettime", Fd, Hex),
    ];
}
