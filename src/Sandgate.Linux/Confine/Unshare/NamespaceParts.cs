using System.Text;
using Sandgate.Core.Confine;
using Sandgate.Linux.Confine.Mounts;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;
using Kinds = Sandgate.Core.Confine.Namespaces;

namespace Sandgate.Linux.Confine.Unshare;

/// <summary>The mechanisms that namespaces are made of.</summary>
internal static unsafe class NamespaceParts
{
    private const int CAP_NET_ADMIN = 12, CAP_SYS_ADMIN = 21;

    /// <summary>The mechanisms, in their order.</summary>
    public static IEnumerable<IMechanism> Of(Isolation asked, string directory)
    {
        Kinds wanted = Wanted(asked, out Dictionary<Kinds, string> reasons);
        if (wanted == Kinds.None)
            yield break;
        foreach ((Kinds kind, long flag) in NamespaceKinds.InOrder)
        {
            string? why = reasons.GetValueOrDefault(kind);
            if ((wanted & kind) == 0)
                continue;
            yield return kind switch
            {
                Kinds.User => new UserNamespace(flag, why),
                Kinds.Pid => new PidNamespace(flag, why),
                Kinds.Net => new NewNamespace(kind, flag, why, asked.Network == NetworkAccess.None ? new RefusedSockets() : null),
                _ => new NewNamespace(kind, flag, why),
            };
        }

        if ((wanted & Kinds.Mount) != 0)
        {
            foreach (IMechanism part in FileViewParts.Of(asked.Files, (wanted & Kinds.Pid) != 0, (wanted & Kinds.User) != 0, directory))
                yield return part;
        }

        if (HasLoopback(asked, wanted))
            yield return new PlannedMechanism("loopback", "up, and alone in its network namespace", ["namespace net"], NetworkSteps.AddLoopback);
        if (asked.HostName is { } name)
        {
            yield return new PlannedMechanism("host name", name, ["namespace uts"], plan => AddHostName(plan, name));
        }
    }

    private static void AddHostName(LaunchPlan plan, string name) =>
        plan.Add(StepScope.Child, "set the host name", SyscallNumbers.sethostname, (long)plan.Memory.Text(name), Encoding.UTF8.GetByteCount(name));

    // What is asked for may need more than was named.
    private static Kinds Wanted(Isolation asked, out Dictionary<Kinds, string> reasons)
    {
        Kinds wanted = asked.Namespaces;
        reasons = [];
        void Add(Kinds kind, string why, Dictionary<Kinds, string> because)
        {
            if ((wanted & kind) == 0)
                because[kind] = why;
            wanted |= kind;
        }

        if (asked.Network is NetworkAccess.None or NetworkAccess.Loopback)
            Add(Kinds.Net, "for the network", reasons);
        if (asked.HostName is not null)
            Add(Kinds.Uts, "for the host name", reasons);

        // By /proc/PID/root of somebody outside it would find the files as they are there.
        if (!asked.Files.IsEmpty)
        {
            Add(Kinds.Mount, "for its own view of files", reasons);
            Add(Kinds.Pid, "so that nobody outside shows it other files", reasons);
        }

        if ((wanted & Kinds.Pid) != 0)
            Add(Kinds.Mount, "for a /proc of its own", reasons);
        if (wanted != Kinds.None && !Has(CAP_SYS_ADMIN))
            Add(Kinds.User, "which gives it the right to the others", reasons);

        // As in a container that got the one right, but not the other. Where there are mounts, too, it would lose those: /proc, if parts of it are covered.
        if (HasLoopback(asked, wanted) && (wanted & Kinds.Mount) == 0 && !Has(CAP_NET_ADMIN))
            Add(Kinds.User, "which gives it the right to the loopback interface", reasons);
        return wanted;
    }

    private static bool HasLoopback(Isolation asked, Kinds wanted) => (wanted & Kinds.Net) != 0 && asked.Network != NetworkAccess.None;

    private static bool Has(int capability)
    {
        uint* header = stackalloc uint[2] { 0x20080522 /* _LINUX_CAPABILITY_VERSION_3 */, 0 };
        uint* sets = stackalloc uint[6];

        // SAFETY: header and sets are as long as capget(2) says for version 3.
        return Libc.Call(SyscallNumbers.capget, (long)header, (long)sets) == 0 && (sets[0] & (1u << capability)) != 0;
    }
}
