using System.Runtime.InteropServices;

namespace Sandgate.Linux.Interop;

/// <summary>
/// ptrace(2) as far as the supervisor uses it: to hold a thread for a moment. All requests but <see cref="Seize"/> and <see cref="Wait"/>
/// must come from the thread that seized. Results are 0 or negative errnos.
/// </summary>
internal static unsafe class Ptrace
{
    public const int O_TRACESYSGOOD = 1, O_TRACEEXEC = 0x10, O_TRACEEXIT = 0x40, O_EXITKILL = 0x100000;
    public const int EVENT_EXEC = 4, EVENT_EXIT = 6, EVENT_STOP = 128;

    /// <summary>What <see cref="ChildReport.Code"/> can be (sigaction(2)).</summary>
    public const int CLD_EXITED = 1, CLD_KILLED = 2, CLD_DUMPED = 3, CLD_TRAPPED = 4, CLD_STOPPED = 5;

    public const int P_ALL = 0, P_PID = 1;
    public const int WNOHANG = 1, WSTOPPED = 2, WEXITED = 4, WNOWAIT = 0x1000000, __WNOTHREAD = 0x20000000, __WALL = 0x40000000;

    private const int CONT = 7, DETACH = 17, SYSCALL = 24;
    private const int GETEVENTMSG = 0x4201, GETREGSET = 0x4204, SETREGSET = 0x4205, SEIZE = 0x4206, INTERRUPT = 0x4207, LISTEN = 0x4208;
    private const int NT_PRSTATUS = 1;

    /// <summary>struct user_regs_struct of x86-64 (sys/user.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Registers
    {
        public ulong R15, R14, R13, R12, Rbp, Rbx, R11, R10, R9, R8, Rax, Rcx, Rdx, Rsi, Rdi;

        /// <summary>The number of the call that the thread is in; -1 when it is in none.</summary>
        public ulong OrigRax;
        public ulong Rip, Cs, Eflags, Rsp, Ss, FsBase, GsBase, Ds, Es, Fs, Gs;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public nint Base, Length;
    }

    /// <summary>Becomes the tracer of a running thread without stopping it. It waits while another thread of that process is within execve.</summary>
    public static int Seize(int threadId, int options) => (int)Libc.CallBlocking(SyscallNumbers.ptrace, SEIZE, threadId, 0, options);

    /// <summary>Makes the thread stop (<see cref="EVENT_STOP"/>) before it next runs the program's own instructions; a call that it is in is not cut short unless it can be interrupted.</summary>
    public static int Interrupt(int threadId) => Request(INTERRUPT, threadId, 0, 0);

    /// <summary>Lets a stopped thread go on, still traced.</summary>
    public static int Continue(int threadId, int signal) => Request(CONT, threadId, 0, signal);

    /// <summary>Lets a stopped thread go on until its next system call begins or ends.</summary>
    public static int ContinueToSyscall(int threadId, int signal) => Request(SYSCALL, threadId, 0, signal);

    /// <summary>Leaves a thread stopped by job control as it is, and tells of it again when that changes.</summary>
    public static int Listen(int threadId) => Request(LISTEN, threadId, 0, 0);

    /// <summary>Lets a stopped thread go on untraced.</summary>
    public static int Detach(int threadId, int signal) => Request(DETACH, threadId, 0, signal);

    /// <summary>The message of the event that the thread stopped for: of <see cref="EVENT_EXEC"/>, the id that it had before.</summary>
    public static int EventMessage(int threadId, out ulong message)
    {
        ulong value = 0;

        // SAFETY: value lives on this stack for the whole call.
        int result = Request(GETEVENTMSG, threadId, 0, (long)(&value));
        message = value;
        return result;
    }

    /// <summary>The registers of a stopped thread.</summary>
    public static int GetRegisters(int threadId, out Registers registers)
    {
        fixed (Registers* room = &registers)
        {
            *room = default;
            Vector vector = new() { Base = (nint)room, Length = sizeof(Registers) };

            // SAFETY: the vector describes exactly the struct; both live for the whole call.
            int result = Request(GETREGSET, threadId, NT_PRSTATUS, (long)(&vector));
            return result == 0 && vector.Length != sizeof(Registers) ? -EINVAL : result;
        }
    }

    /// <summary>Sets the registers of a stopped thread.</summary>
    public static int SetRegisters(int threadId, in Registers registers)
    {
        fixed (Registers* room = &registers)
        {
            Vector vector = new() { Base = (nint)room, Length = sizeof(Registers) };

            // SAFETY: as above; the kernel only reads.
            return Request(SETREGSET, threadId, NT_PRSTATUS, (long)(&vector));
        }
    }

    /// <summary>waitid(2). The report's <see cref="ChildReport.ProcessId"/> is 0 when WNOHANG was given and there is nothing to tell.</summary>
    public static int Wait(int idType, int id, int options, out ChildReport report)
    {
        // siginfo_t is 128 bytes. Of SIGCHLD's, si_signo, si_errno, si_code, padding, si_pid, si_uid and si_status stand in this order.
        int* info = stackalloc int[32];
        new Span<int>(info, 32).Clear();

        // SAFETY: info is as long as siginfo_t and lives on this stack for the whole call.
        int result = (int)((options & WNOHANG) != 0
            ? Libc.Call(SyscallNumbers.waitid, idType, id, (long)info, options, 0)
            : Libc.CallBlocking(SyscallNumbers.waitid, idType, id, (long)info, options, 0));
        report = new(info[4], info[2], info[6]);
        return result;
    }

    private const int EINVAL = 22;

    private static int Request(int request, int threadId, long address, long data) =>
        (int)Libc.Call(SyscallNumbers.ptrace, request, threadId, address, data);
}

/// <summary>What waitid(2) tells of a child or a traced thread.</summary>
/// <param name="ProcessId">Its id.</param>
/// <param name="Code">Why there is something to tell: a CLD_ constant.</param>
/// <param name="Status">The exit status, or the signal; for a traced thread with the event above its lowest eight bits.</param>
internal readonly record struct ChildReport(int ProcessId, int Code, int Status)
{
    /// <summary>True when nothing more will come.</summary>
    public bool HasEnded => Code is Ptrace.CLD_EXITED or Ptrace.CLD_KILLED or Ptrace.CLD_DUMPED;

    /// <summary>The ptrace event that a traced thread stopped for; 0 when it is none.</summary>
    public int Event => Code == Ptrace.CLD_TRAPPED ? Status >> 8 : 0;
}
