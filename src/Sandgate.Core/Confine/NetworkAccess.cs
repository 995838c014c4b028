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

/// <summary>The words for it, in configurations and on the command line.</summary>
public static class NetworkNames
{
    /// <summary>Every word, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> All { get; } = ["host", "loopback", "none"];

    /// <summary>What a word means; null when it means nothing.</summary>
    public static NetworkAccess? Find(string? word)
    {
        for (int i = 0; i < All.Count; i++)
        {
            if (All[i] == word)
                return (NetworkAccess)i;
        }

        return null;
    }
}
