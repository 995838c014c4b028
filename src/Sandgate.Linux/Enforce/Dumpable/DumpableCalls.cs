using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Dumpable;

/// <summary>
/// Calls that would close a process to a blind supervisor, and calls by which others could look into a process that believes it is closed.
/// Belongs to one decoder.
/// </summary>
internal sealed class DumpableCalls(TargetRoots roots, Escort? escort)
{
    /// <summary>prctl(2)'s options.</summary>
    public const int PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4;

    /// <summary>
    /// By this third argument, which the kernel doesn't look at, the filter tells the supervisor's own call from the program's, and lets it pass. A
    /// program that guesses it has gained nothing.
    /// </summary>
    public static uint Password { get; } = unchecked((uint)Random.Shared.Next(1 << 16, int.MaxValue));

    private readonly TargetCredentials _credentials = roots.Credentials;

    private const ulong PTRACE_ATTACH = 16, PTRACE_SEIZE = 0x4206;

    // credentials(7): what the kernel takes the dumpable flag away for (kernel/cred.c, commit_creds).
    private static readonly int[] s_changes =
    [
        SyscallNumbers.setuid, SyscallNumbers.setgid, SyscallNumbers.setreuid, SyscallNumbers.setregid, SyscallNumbers.setresuid, SyscallNumbers.setresgid,
        SyscallNumbers.setfsuid, SyscallNumbers.setfsgid,
    ];

    /// <summary>The supervisor's own call.</summary>
    public static CallCase Own { get; } =
        new(SyscallNumbers.prctl, new([ArgumentTest.Is(0, PR_SET_DUMPABLE), ArgumentTest.Is(1, 1), ArgumentTest.Is(2, Password)], FilterAction.Allow));

    /// <summary>The cases by which these calls stop. What changes ids stops wherever something is done for the program.</summary>
    public static IReadOnlyList<CallCase> Stopped { get; } =
    [
        Stops(SyscallNumbers.prctl, ArgumentTest.Is(0, PR_SET_DUMPABLE), ArgumentTest.Is(1, 0)),
        Stops(SyscallNumbers.prctl, ArgumentTest.Is(0, PR_SET_DUMPABLE), ArgumentTest.Is(1, 1)),
        Stops(SyscallNumbers.prctl, ArgumentTest.Is(0, PR_GET_DUMPABLE)),
        Stops(SyscallNumbers.ptrace, ArgumentTest.Is(0, (uint)PTRACE_ATTACH)),
        Stops(SyscallNumbers.ptrace, ArgumentTest.Is(0, (uint)PTRACE_SEIZE)),
        Stops(SyscallNumbers.process_vm_readv),
        Stops(SyscallNumbers.process_vm_writev),
        Stops(SyscallNumbers.pidfd_getfd),
        Stops(SyscallNumbers.execve),
        Stops(SyscallNumbers.execveat),
    ];

    /// <summary>True when the call is carried out by a thread that may wait.</summary>
    public static bool Waits(Stop stop) => TargetCredentials.IsBlind && Array.IndexOf(s_changes, stop.Number) >= 0;

    private static bool Executes(Stop stop) => stop.Number is SyscallNumbers.execve or SyscallNumbers.execveat;

    /// <summary>How the supervisor does the call; null when the kernel goes on with it.</summary>
    public IEmulation? For(Stop stop)
    {
        if (!TargetCredentials.IsBlind)
            return null;
        if (Waits(stop))
            return escort is null ? null : new ChangeOfIds(escort, _credentials);
        if (Executes(stop))
            return escort is null || !ExecOfClosed.MayBe(stop, roots) ? null : new ExecOfClosed(escort, _credentials);
        int thread = stop.ThreadId;
        return stop.Number switch
        {
            SyscallNumbers.prctl => ForOption(thread, (int)stop.Register(0), stop.Register(1)),
            SyscallNumbers.ptrace when stop.Register(0) is PTRACE_ATTACH or PTRACE_SEIZE => RefusalOf((int)stop.Register(1), thread),
            SyscallNumbers.process_vm_readv or SyscallNumbers.process_vm_writev => RefusalOf((int)stop.Register(0), thread),
            SyscallNumbers.pidfd_getfd => RefusalOf(ProcessHandle.Read(thread, (int)stop.Register(0)).Process, thread),
            _ => null,
        };
    }

    private static CallCase Stops(int number, params ArgumentTest[] tests) => new(number, new(tests, FilterAction.Notify));

    private Answer? ForOption(int thread, int option, ulong value)
    {
        int process = ProcessFacts.ProcessOf(thread);
        switch (option)
        {
            case PR_SET_DUMPABLE when value == 0:
                return new(() =>
                {
                    _credentials.Dumpable.Set(process, 0, keepsMemory: true);
                    return 0;
                });

            // The kernel is told, too: what can't be read is not dumpable whoever asked for it.
            case PR_SET_DUMPABLE when value == 1:
                return new(() =>
                {
                    if (_credentials.Dumpable.Of(process) is not null)
                        _credentials.Dumpable.Set(process, 1);
                    return null;
                });
            case PR_GET_DUMPABLE when _credentials.Dumpable.Of(process) is { } told and not 1:
                return new(() => told);
            default:
                return null;
        }
    }

    private Refusal? RefusalOf(int process, int thread) =>
        ProcessFacts.SharesPids(thread) && _credentials.Dumpable.Closes(process, thread) ? Refusal.ByPermission : null;

    // A result, or null for the kernel's own.
    private sealed class Answer(Func<int?> result) : IEmulation
    {
        public Outcome Carry(Stop stop) => result() is { } value ? ((SeccompStop)stop).Return(value) : ((SeccompStop)stop).Continue();
    }
}
