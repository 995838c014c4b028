using Sandgate.Core.Confine;
using System.Text;
using Sandgate.Linux.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Tests.Launch;

/// <summary>Plans to look at or to carry out.</summary>
internal static class TestPlans
{
    private static readonly KernelFeatures s_kernel = KernelFeatures.Probe();
    private static readonly Inherited s_inherited = new(0, 0, null);

    /// <summary>The sandbox's own plan; its filter lets no execve pass but the plan's.</summary>
    public static LaunchPlan Sandboxed(string file, Inherited? inherited = null, bool keepCapabilities = false) => SandboxPlan.Build(
        Encoding.UTF8.GetBytes(file), [Encoding.UTF8.GetBytes(file)], ["PATH=/usr/bin:/bin"u8.ToArray()], inherited ?? s_inherited, RefuseExec, s_kernel, keepCapabilities, new Mechanisms([], Demand.Equivalent));

    /// <summary>A plan of these steps before an execve of /bin/true.</summary>
    public static LaunchPlan Of(Action<LaunchPlan> addSteps, params string[] command)
    {
        LaunchPlan plan = new();
        byte[][] arguments = [.. (command is [] ? ["/bin/true"] : command).Select(Encoding.UTF8.GetBytes)];
        ExecCall exec = ExecCall.Prepare(plan.Memory, arguments[0], arguments, CommandLine.Environment());
        SandboxPlan.AddSignals(plan, s_inherited);
        addSteps(plan);
        plan.Add(StepScope.Spawn, SandboxPlan.ExecuteProgram, SyscallNumbers.execve, exec.File, exec.Arguments, exec.Environment, 0, 0, exec.Cookie);
        return plan;
    }

    /// <summary>Appends a filter.</summary>
    public static unsafe void AddFilter(LaunchPlan plan, bool listener, params (int Number, FilterCase[] Cases)[] cases)
    {
        FilterCase[]?[] all = new FilterCase[]?[cases.Max(c => c.Number) + 2];
        foreach ((int number, FilterCase[] own) in cases)
            all[number] = own;
        FilterInstruction[] filter = SeccompFilter.Compile(all, FilterAction.Allow);
        FilterInstruction* instructions = plan.Memory.Copy<FilterInstruction>(filter);
        Seccomp.Program* program = plan.Memory.Copy<Seccomp.Program>([new() { Length = (ushort)filter.Length, Instructions = (nint)instructions }]);
        plan.Add(StepScope.Thread, "give up gaining privileges", SyscallNumbers.prctl, 38, 1);
        if (listener)
            plan.AddListener("install the filter", SyscallNumbers.seccomp, Seccomp.SET_MODE_FILTER, Seccomp.FILTER_FLAG_NEW_LISTENER, (long)program);
        else
            plan.Add(StepScope.Thread, "install the filter", SyscallNumbers.seccomp, Seccomp.SET_MODE_FILTER, 0, (long)program);
    }

    private static FilterInstruction[] RefuseExec(ExecCall exec)
    {
        FilterCase[]?[] cases = new FilterCase[]?[SyscallNumbers.execve + 2];
        cases[SyscallNumbers.execve] = [.. exec.Passes, new([], FilterAction.Fail(1))];
        return SeccompFilter.Compile(cases, FilterAction.Allow);
    }
}
