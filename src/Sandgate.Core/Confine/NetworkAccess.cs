namespace Sandgate.Core.Confine;

/// <summary>What of the network a program can reach at all, before any rule.</summary>
public enum NetworkAccess
{
    /// <summary>The supervisor's own network.</summary>
    Host,

    /// <summary>A loopback interface of its own, and nothing else.</summary>
    Loopback,

    /// <summary>Nothing, not even a loopback interface.</summary>
    None,
}
