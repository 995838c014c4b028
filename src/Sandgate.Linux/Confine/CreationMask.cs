using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine;

/// <summary>The file mode creation mask (umask(2)) that the program begins with.</summary>
/// <param name="mask">The mask.</param>
internal sealed class CreationMask(int mask) : IMechanism
{
    /// <inheritdoc/>
    public string Name => "umask";

    /// <inheritdoc/>
    public Grant Prepare() => Grant.Given(Name, "0" + Convert.ToString(mask, 8));

    /// <summary>All threads of the supervisor share one mask: only a process of its own can have another.</summary>
    public void AddSteps(LaunchPlan plan) =>
        plan.Add(StepScope.Child, string.Create(CultureInfo.InvariantCulture, $"set the umask to 0{Convert.ToString(mask, 8)}"), SyscallNumbers.umask, mask);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
