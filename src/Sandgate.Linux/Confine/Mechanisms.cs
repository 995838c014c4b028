using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine;

/// <summary>Everything around the gate that one run asks for, in the order in which the child does it to itself.</summary>
internal sealed class Mechanisms : IDisposable
{
    private readonly Demand _demand;
    private readonly List<IMechanism> _mechanisms;
    private readonly List<Grant> _grants = [];

    /// <summary>Prepares them.</summary>
    /// <param name="all">The mechanisms that were asked for, in their order.</param>
    /// <param name="demand">What is done about what can't be had.</param>
    /// <exception cref="SandboxException">Something can't be had that may not be gone without.</exception>
    public Mechanisms(IEnumerable<IMechanism> all, Demand demand)
    {
        _demand = demand;
        _mechanisms = [.. all];
        foreach (IMechanism mechanism in (IMechanism[])[.. _mechanisms])
            Take(mechanism, mechanism.Prepare());
        Refuse();
    }

    /// <summary>What became of each.</summary>
    public IReadOnlyList<Grant> Grants => _grants;

    /// <summary>A mechanism that is in force; null when it isn't.</summary>
    public T? Find<T>()
        where T : class, IMechanism => _mechanisms.OfType<T>().FirstOrDefault();

    /// <summary>Appends the steps of all that can be had.</summary>
    public void AddSteps(LaunchPlan plan)
    {
        foreach (IMechanism mechanism in _mechanisms)
        {
            plan.Mechanism = mechanism.Name;
            mechanism.AddSteps(plan);
        }

        plan.Mechanism = null;
    }

    /// <summary>Goes without a mechanism whose step has failed.</summary>
    /// <exception cref="SandboxException">It may not be gone without.</exception>
    public void Drop(string name, string why)
    {
        int at = _mechanisms.FindIndex(m => m.Name == name);
        IMechanism dropped = _mechanisms[at];
        _grants.RemoveAll(g => g.Mechanism == name);
        Take(dropped, Grant.Unavailable(name, why));
        Refuse();
    }

    /// <summary>Called when the program runs.</summary>
    public void Started(int program)
    {
        foreach (IMechanism mechanism in _mechanisms)
            mechanism.Started(program);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = _mechanisms.Count - 1; i >= 0; i--)
            _mechanisms[i].Dispose();
    }

    private void Take(IMechanism mechanism, Grant grant)
    {
        _grants.Add(grant);
        if (grant.Kind != GrantKind.Unavailable)
            return;
        _mechanisms.Remove(mechanism);
        mechanism.Dispose();
    }

    private void Refuse()
    {
        List<Grant> lacking = _grants.FindAll(g => g.Kind == GrantKind.Unavailable ? _demand != Demand.BestEffort : g.Kind == GrantKind.Substituted && _demand == Demand.Strict);
        if (lacking.Count == 0)
            return;
        Dispose();
        string all = string.Join("; ", lacking.Select(g => $"{g.Mechanism}: {g.How}"));
        string advice = _demand == Demand.Strict ? "without --strict, substitutes are taken" : "--best-effort goes on without what can't be had";
        throw new SandboxException($"asked for, and not to be had here: {all}; {advice}; nothing was run");
    }
}
