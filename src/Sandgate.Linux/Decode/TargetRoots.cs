using Sandgate.Linux.Enforce;
using Sandgate.Linux.Enforce.Sockets;

namespace Sandgate.Linux.Decode;

/// <summary>
/// Whether some process of the tree may see another root or other mounts than the supervisor.
/// Until one of them makes a call that can change that (all such calls stop), paths can be resolved
/// as the supervisor's own, which is faster.
/// </summary>
internal sealed class TargetRoots
{
    private volatile bool _mayDiffer;

    /// <summary>Whether some process may have other rights than the supervisor, and how to take them over.</summary>
    public TargetCredentials Credentials { get; } = new();

    /// <summary>The connections that the supervisor made for programs.</summary>
    public ConnectionBook Connections { get; } = new();

    /// <summary>What the supervisor did to names for the program.</summary>
    public NameChanges Changes { get; } = new();

    /// <summary>Once true, it stays true.</summary>
    public bool MayDiffer
    {
        get => _mayDiffer;
        set => _mayDiffer |= value;
    }
}
