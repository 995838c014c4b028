using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;

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
        {
            if (_mechanisms.Contains(mechanism))
                Take(mechanism, mechanism.Prepare());
        }

        Refuse();
    }

    /// <summary>What became of each.</summary>
    public IReadOnlyList<Grant> Grants => _grants;

    /// <summary>Calls that the filter refuses for them, in front of everything else.</summary>
    public IReadOnlyList<CallCase> RefusedCalls => [.. _mechanisms.SelectMany(m => m.RefusedCalls)];

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

    /// <summary>Goes without a mechanism whose step has failed, or with its substitute.</summary>
    /// <exception cref="SandboxException">It may not be gone without.</exception>
    public void Drop(string name, string why)
    {
        Forget(_mechanisms.Find(m => m.Name == name)!, Grant.Unavailable(name, why));
        Refuse();
    }

    /// <summary>Called when the program runs.</summary>
    public void Started(int program)
    {
        foreach (IMechanism mechanism in _mechanisms)
            mechanism.Started(program);
    }

    /// <summary>Called when nobody is left whose calls are judged.</summary>
    public void TreeHasEnded()
    {
        foreach (IMechanism mechanism in _mechanisms)
            mechanism.TreeHasEnded();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = _mechanisms.Count - 1; i >= 0; i--)
            _mechanisms[i].Dispose();
    }

    private void Forget(IMechanism mechanism, Grant grant)
    {
        _grants.RemoveAll(g => g.Mechanism == mechanism.Name);
        Take(mechanism, grant);
    }

    private void Take(IMechanism mechanism, Grant grant)
    {
        _grants.Add(grant);
        if (grant.Kind != GrantKind.Unavailable)
            return;
        int at = _mechanisms.IndexOf(mechanism);
        _mechanisms.RemoveAt(at);
        mechanism.Dispose();
        if (mechanism.IsImplied)
            _grants.Remove(grant);
        foreach (IMechanism above in _mechanisms.FindAll(m => m.Needs.Contains(mechanism.Name)))
        {
            // One above the other: it may have gone with another that went.
            if (_mechanisms.Contains(above))
                Forget(above, Grant.Unavailable(above.Name, $"it needs {mechanism.Name}"));
        }

        if (mechanism.Substitute is not { } other)
            return;
        _grants.Remove(grant);
        _mechanisms.Insert(Math.Min(at, _mechanisms.Count), other);
        Grant instead = other.Prepare();
        Take(other, instead with { How = $"{instead.How} ({grant.How})" });
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
