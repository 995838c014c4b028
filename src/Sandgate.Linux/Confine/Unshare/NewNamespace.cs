using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Unshare;

/// <summary>A namespace of the program's own, entered by unshare(2).</summary>
/// <param name="kind">Which.</param>
/// <param name="flag">unshare(2)'s flag for it.</param>
/// <param name="why">Why it is there if nobody asked for it by name; null when somebody did.</param>
/// <param name="substitute">What stands in for it; null for nothing.</param>
internal class NewNamespace(Core.Confine.Namespaces kind, long flag, string? why, IMechanism? substitute = null) : IMechanism
{
    /// <inheritdoc/>
    public IMechanism? Substitute => substitute;

    /// <inheritdoc/>
    public virtual bool IsImplied => false;

    /// <inheritdoc/>
    public string Name { get; } = "namespace " + NamespaceNames.Of(kind).First();

    /// <inheritdoc/>
    public virtual Grant Prepare() => Grant.Given(Name, why ?? "of its own");

    /// <inheritdoc/>
    public virtual void AddSteps(LaunchPlan plan) =>
        plan.Add(StepScope.Child, $"enter its own {NamespaceNames.Of(kind).First()} namespace", SyscallNumbers.unshare, flag);

    /// <inheritdoc/>
    public virtual void Started(int program)
    {
    }

    /// <inheritdoc/>
    public virtual void TreeHasEnded()
    {
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        IsGone = true;
        GC.SuppressFinalize(this);
    }

    /// <summary>True when it can't be had, after all.</summary>
    public bool IsGone { get; private set; }
}
