using Sandgate.Core.Confine;
using Sandgate.Core.Trap;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// What the filter refuses so that no memory is both writable and executable, or becomes executable later. All of it stands in registers.
/// </summary>
/// <remarks>
/// prctl(PR_SET_MDWE) would say the same in the kernel, but is a mark on the memory, which the child shares with the supervisor until its execve:
/// the supervisor's own compiler would be refused, too.
/// </remarks>
internal static class WritableCode
{
    private const int EPERM = 1, EACCES = 13;
    private const uint PROT_WRITE = 2, PROT_EXEC = 4, MAP_SHARED = 1, MAP_ANONYMOUS = 0x20, SHM_EXEC = 0x8000, READ_IMPLIES_EXEC = 0x0400000, AskOnly = 0xffffffff;
    private const uint USERFAULTFD_IOC_NEW = 0xaa00, PTRACE_POKETEXT = 4, PTRACE_POKEDATA = 5;

    /// <summary>A file is mapped as code: whether it may be is for a rule to say.</summary>
    public static ArgumentTest[][] MappingsOfFiles { get; } = [[ArgumentTest.HasAny(2, PROT_EXEC), ArgumentTest.HasNone(3, MAP_ANONYMOUS)]];

    /// <summary>True for a call that maps a file as code.</summary>
    public static bool MapsFile(Stop stop) =>
        stop.Number == SyscallNumbers.mmap && ((uint)stop.Register(2) & PROT_EXEC) != 0 && ((uint)stop.Register(3) & MAP_ANONYMOUS) == 0;

    /// <summary>Adds the cases of a call.</summary>
    public static void AddCases(List<FilterCase> own, int number, CodeLoading code)
    {
        if (!code.KeepsWritableFromRunning)
            return;
        void Refuse(int errno, params ArgumentTest[] tests) => own.Add(new(tests, FilterAction.Fail(errno)));
        switch (number)
        {
            case SyscallNumbers.mmap:
                Refuse(EACCES, ArgumentTest.HasAny(2, PROT_EXEC), ArgumentTest.HasAny(2, PROT_WRITE));
                Refuse(EACCES, ArgumentTest.HasAny(2, PROT_EXEC), ArgumentTest.HasAny(3, MAP_SHARED | MAP_ANONYMOUS));
                break;

            // Which mapping it is about doesn't stand in registers. Who loads a library maps its code executable from the beginning.
            case SyscallNumbers.mprotect or SyscallNumbers.pkey_mprotect:
                Refuse(EACCES, ArgumentTest.HasAny(2, PROT_EXEC));
                break;
            case SyscallNumbers.shmat:
                Refuse(EACCES, ArgumentTest.HasAny(2, SHM_EXEC));
                break;
            case SyscallNumbers.personality:
                Refuse(EPERM, ArgumentTest.IsNot(0, AskOnly), ArgumentTest.HasAny(0, READ_IMPLIES_EXEC));
                break;
            case SyscallNumbers.ptrace:
                Refuse(EPERM, ArgumentTest.Is(0, PTRACE_POKETEXT));
                Refuse(EPERM, ArgumentTest.Is(0, PTRACE_POKEDATA));
                break;

            // Pages of code that aren't there yet would be what the program hands over.
            case SyscallNumbers.ioctl:
                Refuse(EPERM, ArgumentTest.Is(1, USERFAULTFD_IOC_NEW));
                break;
            case SyscallNumbers.process_vm_writev or SyscallNumbers.userfaultfd:
                Refuse(EPERM);
                break;
        }
    }
}
