using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine;

/// <summary>A mechanism that is nothing but steps of the plan.</summary>
/// <param name="name">Its name in reports.</param>
/// <param name="how">By what means it is done.</param>
/// <param name="needs">The mechanisms it stands on.</param>
/// <param name="add">Appends the steps.</param>
internal sealed class PlannedMechanism(string name, string how, string[] needs, Action<LaunchPlan> add) : IMechanism
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => needs;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public Grant Prepare() => Grant.Given(name, how);

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan) => add(plan);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
