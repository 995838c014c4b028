using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using static Sandgate.Linux.Interop.Ptrace;

namespace Sandgate.Linux.Enforce.Dumpable;

/// <summary>
/// A program that may be executed but not read: the kernel closes its process to everybody but root from the execve on (kernel: would_dump, begin_new_exec).
/// </summary>
internal static class ClosedProgram
{
    private const int SIGTRAP = 5, SyscallStop = SIGTRAP | 0x80;

    /// <summary>
    /// Opens a process that is held where it has executed something (<see cref="Passage.Executed"/>), if it is closed: in place of its first call it
    /// opens itself, and makes that call afterwards. Until then it has done nothing that anybody could notice. False when it is gone or can't be opened.
    /// </summary>
    /// <param name="held">The process.</param>
    /// <param name="book">Remembers that it is to believe it is closed.</param>
    public static bool Open(int held, DumpableBook book)
    {
        if (!TargetCredentials.IsBlind || ProcessFacts.ExecutableOf(held) is not null)
            return true;
        if (!AwaitFirstCall(held, out Registers first))
            return false;
        Registers own = first with { OrigRax = SyscallNumbers.prctl, Rdi = DumpableCalls.PR_SET_DUMPABLE, Rsi = 1, Rdx = DumpableCalls.Password };
        if (SetRegisters(held, own) != 0 || !GoToSyscallStop(held) || GetRegisters(held, out Registers after) != 0 || after.Rax != 0)
            return false;
        SetRegisters(held, first with { Rip = first.Rip - 2, Rax = first.OrigRax, OrigRax = ulong.MaxValue });
        book.Set(held, DumpableBook.AfterChangeOfIds, keepsMemory: true);
        return true;
    }

    private static bool AwaitFirstCall(int held, out Registers registers)
    {
        registers = default;

        // The end of the execve, then the call.
        return GoToSyscallStop(held) && GoToSyscallStop(held) && GetRegisters(held, out registers) == 0;
    }

    private static bool GoToSyscallStop(int held)
    {
        for (int signal = 0; ;)
        {
            if (ContinueToSyscall(held, signal) != 0 || !Injection.Await(held, out ChildReport report))
                return false;
            if (report.Status == SyscallStop)
                return true;

            // Stopped by job control, it stays so until it is continued. Signals are its own: it can have no handlers yet.
            while (report.Event == EVENT_STOP && (report.Status & 0x7f) != SIGTRAP)
            {
                if (Listen(held) != 0 || !Injection.Await(held, out report))
                    return false;
            }

            signal = report.Event == 0 ? report.Status & 0x7f : 0;
        }
    }
}
