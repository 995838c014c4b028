using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine;

/// <summary>Code only from files: the filter and the rules see to it (<see cref="Trap.WritableCode"/>), here is what is left.</summary>
internal sealed class OnlyReadableCode : IMechanism
{
    private const long AskOnly = 0xffffffff, READ_IMPLIES_EXEC = 0x0400000;

    /// <inheritdoc/>
    public string Name => "code";

    /// <inheritdoc/>
    public Grant Prepare() => Grant.Given(Name, "by the filter: no memory is writable and executable, or becomes executable");

    /// <summary>With the inherited personality(2), every readable mapping might be executable.</summary>
    public void AddSteps(LaunchPlan plan)
    {
        long now = Libc.Call(SyscallNumbers.personality, AskOnly);
        if (now > 0 && (now & READ_IMPLIES_EXEC) != 0)
            plan.Add(StepScope.Thread, "keep what is readable from being executable", SyscallNumbers.personality, now & ~READ_IMPLIES_EXEC);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
