using Sandgate.Core.Doctor;
using Sandgate.Linux.Doctor.Trials;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Mechanisms;

/// <summary>Ways to run code, and calls, that the kernel may offer to programs: what of them is there need not be refused by a rule.</summary>
internal static unsafe class ExecutionTrials
{
    private const int MFD_CLOEXEC = 1, MFD_EXEC = 16, AT_EMPTY_PATH = 0x1000, EINVAL = 22, ParametersLength = 120;

    /// <summary>Tries.</summary>
    public static IEnumerable<MechanismFinding> Examine(Reasons reasons) => [MemoryFile(reasons), Rings(reasons), Foreign(reasons)];

    private static MechanismFinding MemoryFile(Reasons reasons)
    {
        const string Name = "programs in memory files (memfd_create, execveat)", Instead = "nothing: what isn't there need not be refused";
        using NativeArena memory = new();
        long empty = (long)memory.Text(""u8);
        int descriptor = (int)Libc.Call(SyscallNumbers.memfd_create, empty, MFD_CLOEXEC | MFD_EXEC);
        if (descriptor == -EINVAL)
            descriptor = (int)Libc.Call(SyscallNumbers.memfd_create, empty, MFD_CLOEXEC);
        string? setting = Machine.Setting("/proc/sys/vm/memfd_noexec") is "1" or "2" ? $"vm.memfd_noexec is {Machine.Setting("/proc/sys/vm/memfd_noexec")}" : null;
        if (descriptor < 0)
            return MechanismFinding.Lacking(Name, reasons.For(-descriptor, SyscallNumbers.memfd_create, null, setting), Instead);
        byte[] program = TinyProgram.Bytes();

        // SAFETY: the copy is as long as the program; the arrays hold nothing but their NULL.
        Libc.Call(SyscallNumbers.write, descriptor, (long)memory.Copy<byte>(program), program.Length);
        TrialOutcome tried = TrialChild.Try(new TrialCall(SyscallNumbers.execveat, descriptor, empty, (long)memory.Texts([[]]), (long)memory.Texts([]), AT_EMPTY_PATH));
        Files.Close(descriptor);
        return tried.ExitStatus == TinyProgram.ExitStatus
            ? MechanismFinding.Works(Name, "rules on exec judge them")
            : MechanismFinding.Lacking(Name, reasons.For(tried.Errno, SyscallNumbers.execveat, null, setting), Instead);
    }

    private static MechanismFinding Rings(Reasons reasons)
    {
        const string Name = "io_uring";
        using NativeArena memory = new();

        // SAFETY: struct io_uring_params has 120 bytes.
        TrialOutcome tried = TrialChild.Try(new TrialCall(SyscallNumbers.io_uring_setup, 1, (long)memory.Allocate<byte>(ParametersLength)));
        string? setting = Machine.Setting("/proc/sys/kernel/io_uring_disabled") is ("1" or "2") and var value ? $"kernel.io_uring_disabled is {value}" : null;
        return tried.All
            ? MechanismFinding.Works(Name, "refused inside by the floor")
            : MechanismFinding.Lacking(Name, reasons.For(tried.Errno, SyscallNumbers.io_uring_setup, null, setting), "nothing: the floor refuses it anyway");
    }

    private static MechanismFinding Foreign(Reasons reasons)
    {
        const string Name = "32-bit calls (int 0x80)", Instead = "nothing: the floor refuses them anyway";
        using ForeignCall call = new();
        TrialOutcome tried = call.Try();
        if (tried.All)
            return MechanismFinding.Works(Name, "refused inside by the floor");
        return MechanismFinding.Lacking(Name, tried.WasKilled ? "SIGSEGV: this kernel has no 32-bit calls" : reasons.For(tried.Errno, SyscallNumbers.getpid), Instead);
    }
}
