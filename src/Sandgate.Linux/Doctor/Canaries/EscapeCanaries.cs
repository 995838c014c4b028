using System.Globalization;
using Sandgate.Linux.Doctor.Mechanisms;
using Sandgate.Linux.Doctor.Trials;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>Ways past the filter, or out of the place that rules speak of.</summary>
internal static unsafe class EscapeCanaries
{
    private const int EFAULT = 14, EPERM = 1, SIGCHLD = 17, ParametersLength = 120, O_RDWR = 2;
    private const long CLONE_NEWNS = 0x20000, CLONE_UNTRACED = 0x800000, CLONE_NEWUSER = 0x10000000;
    private const long TIOCSTI = 0x5412, TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Canary> All { get; } =
    [
        new("io_uring", "io_uring_setup(2), whose rings make calls that no filter sees", _ => Made(new(SyscallNumbers.io_uring_setup, 1, (long)Scene.Room<byte>(ParametersLength)))),
        new("int80", "a call of the 32-bit ABI (int 0x80)", _ => Foreign()),
        new("untraced", "clone(2) of a process that can't be traced (CLONE_UNTRACED)", _ => Made(new(SyscallNumbers.clone, CLONE_UNTRACED | SIGCHLD))),
        new("listener", "a seccomp listener of its own", _ => Listener()),
        new("mounts", "unshare(2) of a mount namespace while rules name files", _ => Mounts()),
        new("typing", "typing into a terminal (TIOCSTI)", _ => Typed()),
    ];

    private static long Result(TrialOutcome tried) => tried.All ? 0 : -(tried.Errno == 0 ? EFAULT : tried.Errno);

    private static long Made(TrialCall call) => Result(TrialChild.Try(call));

    private static long Foreign()
    {
        using ForeignCall call = new();
        return Result(call.Try());
    }

    private static long Listener()
    {
        using NativeArena memory = new();
        return Result(TrialChild.Try(NotificationTrials.Installation(memory, 0)));
    }

    private static long Mounts()
    {
        long direct = Made(new(SyscallNumbers.unshare, CLONE_NEWNS));
        return direct == -EPERM ? Made(new(SyscallNumbers.unshare, CLONE_NEWUSER | CLONE_NEWNS)) : direct;
    }

    private static long Typed()
    {
        // A new session, whose first terminal is its own: into others only root may type.
        Libc.Call(SyscallNumbers.setsid);
        long master = Libc.CallBlocking(SyscallNumbers.open, Scene.Text("/dev/ptmx"), O_RDWR);
        if (master < 0)
            return master;
        int* number = Scene.Room<int>();
        Libc.Call(SyscallNumbers.ioctl, master, TIOCSPTLCK, (long)number);
        long named = Libc.Call(SyscallNumbers.ioctl, master, TIOCGPTN, (long)number);
        if (named < 0)
            return named;
        long terminal = Libc.CallBlocking(SyscallNumbers.open, Scene.Text("/dev/pts/" + number->ToString(CultureInfo.InvariantCulture)), O_RDWR);
        return terminal < 0 ? terminal : Libc.Call(SyscallNumbers.ioctl, terminal, TIOCSTI, Scene.Text("x"));
    }
}
