using Sandgate.Core.Doctor;
using Sandgate.Linux.Doctor.Trials;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Mechanisms;

/// <summary>How the supervisor reaches into a program: its memory, its descriptors, its next step; and the files that its paths mean.</summary>
internal static unsafe class ReachTrials
{
    public const string Trace = "ptrace", ReadMemory = "process_vm_readv", MemoryFile = "/proc/PID/mem", CopyDescriptor = "pidfd_getfd", OpenAt2 = "openat2";

    private const long Pattern = 0x5a4e_4447_4154_4531;
    private const string Yama = "/proc/sys/kernel/yama/ptrace_scope";

    /// <summary>Tries.</summary>
    public static IEnumerable<MechanismFinding> Examine(Reasons reasons)
    {
        using NativeArena memory = new();

        // The child has a copy of it at the same address.
        long address = Keep(memory, Pattern);
        int root = Files.Open(Files.AT_FDCWD, "/\0"u8, Files.O_PATH | Files.O_CLOEXEC);
        using TrialChild child = new(sharesDescriptors: false, new TrialCall(SyscallNumbers.pause));
        int read = Vector(child.Pid, address), file = ThroughFile(child.Pid, address), copied = Copied(child.Pid, root), traced = Ptrace.Seize(child.Pid, 0);
        Files.Close(root);

        yield return Finding(Trace, traced, "rules on exec and chdir refuse what they restrict: what it really did could not be looked at",
            SyscallNumbers.ptrace, Reasons.CAP_SYS_PTRACE, Machine.Setting(Yama) is "2" or "3" ? $"kernel.yama.ptrace_scope is {Machine.Setting(Yama)}" : null);
        yield return Finding(ReadMemory, read, MemoryFile, SyscallNumbers.process_vm_readv, Reasons.CAP_SYS_PTRACE);
        yield return Finding(MemoryFile, file, ReadMemory, SyscallNumbers.openat, Reasons.CAP_SYS_PTRACE);
        yield return Finding(CopyDescriptor, copied, "the program is made to hand its sockets over, by ptrace", SyscallNumbers.pidfd_getfd, Reasons.CAP_SYS_PTRACE);
        int opened = Files.OpenAt2(Files.AT_FDCWD, "/\0"u8, Files.O_PATH | Files.O_CLOEXEC, Files.RESOLVE_NO_MAGICLINKS, mayBlock: true);
        if (opened >= 0)
            Files.Close(opened);
        yield return Finding(OpenAt2, opened, "nothing: no path can be judged, and rules on paths refuse every call", SyscallNumbers.openat2);

        MechanismFinding Finding(string name, int result, string instead, int number, int? capability = null, string? setting = null) => result >= 0
            ? MechanismFinding.Works(name)
            : MechanismFinding.Lacking(name, reasons.For(-result, number, capability, setting), instead);
    }

    private static long Keep(NativeArena memory, long value) => (long)memory.Copy<long>([value]);

    private static int Vector(int process, long address)
    {
        long value = 0;
        long* local = stackalloc long[2] { (long)(&value), sizeof(long) }, remote = stackalloc long[2] { address, sizeof(long) };

        // SAFETY: struct iovec is an address and a length; all live on this stack for the whole call.
        long count = Libc.Call(SyscallNumbers.process_vm_readv, process, (long)local, 1, (long)remote, 1, 0);
        return Judge(count, value);
    }

    private static int ThroughFile(int process, long address)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(process).Add("/mem"u8);
        int descriptor = Files.Open(Files.AT_FDCWD, path, Files.O_RDONLY | Files.O_CLOEXEC);
        if (descriptor < 0)
            return descriptor;
        long value = 0;

        // SAFETY: value lives on this stack for the whole call.
        long count = Libc.Call(SyscallNumbers.pread64, descriptor, (long)(&value), sizeof(long), address);
        Files.Close(descriptor);
        return Judge(count, value);
    }

    // EIO when something else stands there.
    private static int Judge(long count, long value) => count < 0 ? (int)count : count == sizeof(long) && value == Pattern ? 0 : -5;

    private static int Copied(int process, int descriptor)
    {
        int handle = (int)Libc.Call(SyscallNumbers.pidfd_open, process, 0);
        if (handle < 0)
            return handle;
        int copy = (int)Libc.Call(SyscallNumbers.pidfd_getfd, handle, descriptor, 0);
        Files.Close(handle);
        if (copy >= 0)
            Files.Close(copy);
        return copy;
    }
}
