using Kinds = Sandgate.Core.Confine.Namespaces;

namespace Sandgate.Linux.Confine.Unshare;

/// <summary>The flags of unshare(2) and clone(2) for namespaces.</summary>
internal static class NamespaceKinds
{
    /// <summary>The order in which a child enters them: the user namespace gives it the right to the others; what holds for children only comes last.</summary>
    public static IReadOnlyList<(Kinds Kind, long Flag)> InOrder { get; } =
    [
        (Kinds.User, 0x10000000),
        (Kinds.Mount, 0x20000),
        (Kinds.Net, 0x40000000),
        (Kinds.Ipc, 0x8000000),
        (Kinds.Uts, 0x4000000),
        (Kinds.Cgroup, 0x2000000),
        (Kinds.Time, 0x80),
        (Kinds.Pid, 0x20000000),
    ];
}
