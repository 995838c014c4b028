using System.Collections.Immutable;

namespace Sandgate.Core.Confine;

/// <summary>What a program is shut off from, whatever the rules say: the configuration's <c>isolation</c>.</summary>
public sealed record Isolation
{
    /// <summary>Nothing.</summary>
    public static Isolation None { get; } = new();

    /// <summary>The namespaces that the program gets of its own.</summary>
    public Namespaces Namespaces { get; init; }

    /// <summary>What of the network it can reach; null when nobody said.</summary>
    public NetworkAccess? Network { get; init; }

    /// <summary>Which files it finds.</summary>
    public FileSystemView Files { get; init; } = new();

    /// <summary>The host name it sees; null for the host's own.</summary>
    public string? HostName { get; init; }

    /// <summary>
    /// Capabilities (capabilities(7)) that it keeps, as <c>net_bind_service</c>; null when nobody said: then it keeps all when nothing is
    /// isolated, and none when anything is.
    /// </summary>
    public ImmutableArray<string>? Capabilities { get; init; }

    /// <summary>Globs of environment variables that it doesn't get.</summary>
    public ImmutableArray<string> ScrubbedVariables { get; init; } = [];

    /// <summary>The file mode creation mask it begins with; null for the inherited one.</summary>
    public int? Umask { get; init; }

    /// <summary>Allow-lists that the kernel itself enforces.</summary>
    public KernelPaths Paths { get; init; } = new();

    /// <summary>Where machine code may come from.</summary>
    public CodeLoading Code { get; init; } = new();

    /// <summary>True when nothing is asked for.</summary>
    public bool IsEmpty => Namespaces == Namespaces.None && Network is null or NetworkAccess.Host && Files.IsEmpty && HostName is null
        && Capabilities is null && ScrubbedVariables.IsEmpty && Umask is null && Paths.IsEmpty && Code.IsEmpty;

    /// <summary>This with something later laid over it.</summary>
    public Isolation Then(Isolation later) => new()
    {
        Namespaces = Namespaces | later.Namespaces,
        Network = later.Network ?? Network,
        Files = Files.Then(later.Files),
        HostName = later.HostName ?? HostName,
        Capabilities = later.Capabilities ?? Capabilities,
        ScrubbedVariables = [.. ScrubbedVariables.Union(later.ScrubbedVariables)],
        Umask = later.Umask ?? Umask,
        Paths = Paths.Then(later.Paths),
        Code = Code.Then(later.Code),
    };
}
