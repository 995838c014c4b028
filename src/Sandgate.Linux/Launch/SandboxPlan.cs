using Sandgate.Linux.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Launch;

/// <summary>Builds the plan that turns a fresh child into the sandboxed program.</summary>
internal static unsafe class SandboxPlan
{
    private const int PR_SET_PDEATHSIG = 1, PR_SET_NO_NEW_PRIVS = 38;
    private const int SIGKILL = 9, SIG_SETMASK = 2, SIG_IGN = 1, SIGSTOP = 19, RLIMIT_NOFILE = 7;

    /// <summary>The purpose of the last step, after which the program itself is at fault.</summary>
    public const string ExecuteProgram = "execute the program";

    private const string StillItsChild = "have it for a parent still";

    /// <summary>Makes the plan.</summary>
    /// <param name="file">The file to execute.</param>
    /// <param name="arguments">argv.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="inherited">What the program would have inherited without the supervisor between.</param>
    /// <param name="filterFor">Makes the filter, which must let this execve pass.</param>
    /// <param name="kernel">What the kernel offers.</param>
    /// <param name="keepCapabilities">True when the floor rule on the supervisor's memory is lifted.</param>
    /// <param name="mechanisms">What stands around the gate.</param>
    public static LaunchPlan Build(
        byte[] file, IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> environment, Inherited inherited,
        Func<ExecCall, FilterInstruction[]> filterFor, KernelFeatures kernel, bool keepCapabilities, Mechanisms mechanisms)
    {
        LaunchPlan plan = new();
        NativeArena memory = plan.Memory;
        ExecCall exec = ExecCall.Prepare(memory, file, arguments, environment);
        FilterInstruction[] filter = filterFor(exec);
        AddSignals(plan, inherited);
        plan.Add(StepScope.Child, "die with the supervisor", SyscallNumbers.prctl, PR_SET_PDEATHSIG, SIGKILL);

        // It may have died before that. Whose child this is then has no thread of the supervisor's number: the call fails.
        plan.Add(StepScope.Child, StillItsChild, SyscallNumbers.getppid);
        plan.AddOnResult(1, StillItsChild, SyscallNumbers.tgkill, Environment.ProcessId, 0);
        if (inherited.OpenFilesLimit is { } limit)
        {
            plan.TryAdd(StepScope.Child, "restore the limit of open files",
                SyscallNumbers.prlimit64, 0, RLIMIT_NOFILE, (long)memory.Copy([limit.Soft, limit.Hard]));
        }

        if (!keepCapabilities && mechanisms.Find<Capabilities>() is null)
            Capabilities.AddPtraceDrop(plan);
        plan.Add(StepScope.Thread, "give up gaining privileges", SyscallNumbers.prctl, PR_SET_NO_NEW_PRIVS, 1);
        mechanisms.AddSteps(plan);

        FilterInstruction* instructions = memory.Copy<FilterInstruction>(filter);
        Seccomp.Program* program = memory.Copy<Seccomp.Program>([new() { Length = (ushort)filter.Length, Instructions = (nint)instructions }]);
        long flags = Seccomp.FILTER_FLAG_NEW_LISTENER | (kernel.WaitKillable ? Seccomp.FILTER_FLAG_WAIT_KILLABLE_RECV : 0);
        plan.AddListener("install the filter", SyscallNumbers.seccomp, Seccomp.SET_MODE_FILTER, flags, (long)program);

        plan.Add(StepScope.Spawn, ExecuteProgram, SyscallNumbers.execve, exec.File, exec.Arguments, exec.Environment, 0, 0, exec.Cookie);
        return plan;
    }

    /// <summary>Appends what resets the signals: the runtime catches some, and the program must find them as its parent's parent left them.</summary>
    public static void AddSignals(LaunchPlan plan, Inherited inherited)
    {
        // struct sigaction of the kernel: handler, flags, restorer, mask.
        ulong* byDefault = plan.Memory.Allocate<ulong>(4);
        ulong* ignored = plan.Memory.Copy<ulong>([SIG_IGN, 0, 0, 0]);
        for (int signal = 1; signal <= 64; signal++)
        {
            if (signal is SIGKILL or SIGSTOP)
                continue;
            bool ignore = (inherited.IgnoredSignals >> (signal - 1) & 1) != 0;
            plan.Add(StepScope.Spawn, "reset signal " + signal.ToString(System.Globalization.CultureInfo.InvariantCulture),
                SyscallNumbers.rt_sigaction, signal, (long)(ignore ? ignored : byDefault), 0, sizeof(ulong));
        }

        plan.Add(StepScope.Spawn, "restore the signal mask",
            SyscallNumbers.rt_sigprocmask, SIG_SETMASK, (long)plan.Memory.Copy([inherited.BlockedSignals]), 0, sizeof(ulong));
        plan.Signals = new(~inherited.IgnoredSignals, inherited.BlockedSignals);
    }
}
