using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Confine;

/// <summary>One thing around the gate that shuts the program off from something or limits it.</summary>
internal interface IMechanism : IDisposable
{
    /// <summary>Its name in reports: <c>namespace pid</c>, <c>limit memory</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Looks at what this machine offers, makes ready what lies outside the child, and says how it will be done, or why it can't be.
    /// A step of it that fails later makes it unavailable, too.
    /// </summary>
    Grant Prepare();

    /// <summary>What stands in for it where it can't be had; null for nothing.</summary>
    IMechanism? Substitute => null;

    /// <summary>True when nobody asked for it and it is there only so that others can be had: without it, those tell what is lacking.</summary>
    bool IsImplied => false;

    /// <summary>The mechanisms without which its steps would do something else, perhaps to the host.</summary>
    IReadOnlyList<string> Needs => [];

    /// <summary>Calls that the filter refuses for it, in front of everything else.</summary>
    IReadOnlyList<CallCase> RefusedCalls => [];

    /// <summary>Appends what the child does to itself.</summary>
    void AddSteps(LaunchPlan plan);

    /// <summary>Called when the program runs.</summary>
    /// <param name="program">Its process id.</param>
    void Started(int program)
    {
    }

    /// <summary>Called when nobody is left whose calls are judged.</summary>
    void TreeHasEnded()
    {
    }
}
