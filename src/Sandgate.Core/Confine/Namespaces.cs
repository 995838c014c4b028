namespace Sandgate.Core.Confine;

/// <summary>Kinds of namespaces (namespaces(7)) that a program can be given of its own.</summary>
[Flags]
public enum Namespaces
{
    /// <summary>None: the program sees what the supervisor sees.</summary>
    None = 0,

    /// <summary>User and group ids, and the capabilities over everything else below (user_namespaces(7)).</summary>
    User = 1,

    /// <summary>Process ids: it sees and reaches its own tree only (pid_namespaces(7)).</summary>
    Pid = 2,

    /// <summary>Network interfaces, addresses, abstract Unix sockets (network_namespaces(7)).</summary>
    Net = 4,

    /// <summary>Mounts (mount_namespaces(7)).</summary>
    Mount = 8,

    /// <summary>System V and POSIX message queues, semaphores, shared memory (ipc_namespaces(7)).</summary>
    Ipc = 16,

    /// <summary>Host and domain name (uts_namespaces(7)).</summary>
    Uts = 32,

    /// <summary>The root of the control groups it sees (cgroup_namespaces(7)).</summary>
    Cgroup = 64,

    /// <summary>The boot and monotonic clocks (time_namespaces(7)).</summary>
    Time = 128,
}

/// <summary>The words for namespaces, in configurations and on the command line.</summary>
public static class NamespaceNames
{
    /// <summary>Every kind, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> All { get; } = ["user", "pid", "net", "mount", "ipc", "uts", "cgroup", "time"];

    /// <summary>The kind that a word means; null when it means none.</summary>
    public static Namespaces? Find(string word)
    {
        for (int i = 0; i < All.Count; i++)
        {
            if (All[i] == word)
                return (Namespaces)(1 << i);
        }

        return null;
    }

    /// <summary>The words for a set, in the order of the enumeration.</summary>
    public static IEnumerable<string> Of(Namespaces set) => All.Where((_, i) => (set & (Namespaces)(1 << i)) != 0);
}
