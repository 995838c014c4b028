using Sandgate.Core.Confine;
using Sandgate.Linux;
using Sandgate.Linux.Confine;
using Sandgate.Linux.Confine.Unshare;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;

namespace Sandgate.SpawnStress;

/// <summary>The plans that are carried out: a bare one, the sandbox's own, and that in a PID namespace.</summary>
internal sealed class Plans
{
    private const int EPERM = 1;

    private readonly KernelFeatures _kernel = KernelFeatures.Probe();
    private readonly Inherited _inherited = Inherited.Read();
    private readonly byte[][] _environment = ["PATH=/usr/bin:/bin"u8.ToArray()];

    /// <summary>Signals reset, no new privileges, execve.</summary>
    public LaunchPlan Bare()
    {
        LaunchPlan plan = new();
        ExecCall exec = ExecCall.Prepare(plan.Memory, "/bin/true"u8.ToArray(), ["true"u8.ToArray()], _environment);
        SandboxPlan.AddSignals(plan, _inherited);
        plan.Add(StepScope.Thread, "give up gaining privileges", SyscallNumbers.prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1);
        plan.Add(StepScope.Spawn, SandboxPlan.ExecuteProgram, SyscallNumbers.execve, exec.File, exec.Arguments, exec.Environment, 0, 0, exec.Cookie);
        return plan;
    }

    /// <summary>The sandbox's plan, with a filter that refuses every execve but the plan's own, and a listener.</summary>
    public LaunchPlan Sandboxed() =>
        SandboxPlan.Build("/bin/true"u8.ToArray(), ["true"u8.ToArray()], _environment, _inherited, Filter, _kernel, keepCapabilities: false, new Mechanisms([], Demand.Equivalent));

    /// <summary>The same in a PID namespace: an usher starts process 1, and then the program. Nothing more may be mounted for it than /proc.</summary>
    public LaunchPlan Behind(Mechanisms namespaces) =>
        SandboxPlan.Build("/bin/true"u8.ToArray(), ["true"u8.ToArray()], _environment, _inherited, Filter, _kernel, keepCapabilities: false, namespaces);

    /// <summary>What a PID namespace is made of.</summary>
    public static Mechanisms PidNamespace() => new(NamespaceParts.Of(new() { Namespaces = Namespaces.Pid }, "/"), Demand.Equivalent);

    private static FilterInstruction[] Filter(ExecCall exec)
    {
        FilterCase[]?[] cases = new FilterCase[]?[SyscallNumbers.execve + 2];
        cases[SyscallNumbers.execve] = [.. exec.Passes, new([], FilterAction.Fail(EPERM))];
        return SeccompFilter.Compile(cases, FilterAction.Allow);
    }
}
