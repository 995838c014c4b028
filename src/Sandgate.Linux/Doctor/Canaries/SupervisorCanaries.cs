using System.Globalization;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>Attacks on the process that answers.</summary>
internal static unsafe class SupervisorCanaries
{
    private const int RLIMIT_NOFILE = 7, SIGKILL = 9, EFAULT = 14, O_RDWR = 2;
    private const long NoAddress = 0x1000;

    /// <summary>All of them. The last one ends it, if it can.</summary>
    public static IReadOnlyList<Canary> All { get; } =
    [
        new("trace", "ptrace(2) of the supervisor", s => Ptrace.Seize(s.Parent, 0)),
        new("read-memory", "process_vm_readv(2) of the supervisor", ReadMemory),
        new("memory-file", "opening the supervisor's /proc/PID/mem for writing", s => Open(s, "mem", O_RDWR)),
        new("environment", "opening the supervisor's /proc/PID/environ", s => Open(s, "environ", Files.O_RDONLY)),
        new("descriptor", "pidfd_getfd(2) from the supervisor", Descriptor),
        new("limits", "prlimit(2) of the supervisor", s => Libc.Call(SyscallNumbers.prlimit64, s.Parent, RLIMIT_NOFILE, 0, (long)Scene.Room<ulong>(2))),
        new("kill", "kill(2) of the supervisor", s => Libc.CallBlocking(SyscallNumbers.kill, s.Parent, SIGKILL)),
    ];

    // Where nothing is, EFAULT tells that looking was permitted.
    private static long ReadMemory(Scene scene)
    {
        long* local = Scene.Room<long>(2), remote = Scene.Room<long>(2);
        (local[0], local[1], remote[0], remote[1]) = ((long)Scene.Room<long>(), sizeof(long), NoAddress, sizeof(long));
        long count = Libc.Call(SyscallNumbers.process_vm_readv, scene.Parent, (long)local, 1, (long)remote, 1, 0);
        return count == -EFAULT ? 0 : count;
    }

    private static long Open(Scene scene, string entry, int flags) =>
        Libc.CallBlocking(SyscallNumbers.open, Scene.Text($"/proc/{scene.Parent.ToString(CultureInfo.InvariantCulture)}/{entry}"), flags);

    private static long Descriptor(Scene scene)
    {
        long handle = Libc.Call(SyscallNumbers.pidfd_open, scene.Parent, 0);
        return handle < 0 ? handle : Libc.Call(SyscallNumbers.pidfd_getfd, handle, 2, 0);
    }
}
