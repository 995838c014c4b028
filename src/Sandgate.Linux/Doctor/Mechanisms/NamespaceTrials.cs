using Sandgate.Core.Doctor;
using Sandgate.Linux.Doctor.Trials;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Mechanisms;

/// <summary>Namespaces of each kind, made directly or inside of a user namespace, and a /proc for processes of one's own.</summary>
internal static unsafe class NamespaceTrials
{
    /// <summary>How a namespace can be had.</summary>
    public const string Directly = "directly", InUserNamespace = "in a user namespace";

    private const long CLONE_NEWTIME = 0x80, CLONE_NEWNS = 0x20000, CLONE_NEWCGROUP = 0x2000000, CLONE_NEWUTS = 0x4000000, CLONE_NEWIPC = 0x8000000;
    private const long CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000, CLONE_NEWNET = 0x40000000, MS_REC_PRIVATE = 0x44000, MS_NOSUID_NODEV_NOEXEC = 14;
    private const int EPERM = 1, ENOSPC = 28, EUSERS = 87;

    private static readonly (string Kind, long Flag, string Instead)[] s_kinds =
    [
        ("pid", CLONE_NEWPID, "it sees the user's other processes; rules on kill and ptrace"),
        ("net", CLONE_NEWNET, "rules on connect, bind and send"),
        ("mount", CLONE_NEWNS, "rules on paths"),
        ("ipc", CLONE_NEWIPC, "rules on shmget, semget, msgget and mq_open"),
        ("uts", CLONE_NEWUTS, "rules on sethostname"),
        ("cgroup", CLONE_NEWCGROUP, "it sees the names of its control groups"),
        ("time", CLONE_NEWTIME, "it has the machine's clocks"),
    ];

    /// <summary>Tries.</summary>
    public static IEnumerable<MechanismFinding> Examine(Reasons reasons)
    {
        TrialOutcome user = TrialChild.Try(Unshare(CLONE_NEWUSER));
        yield return user.All
            ? MechanismFinding.Works("namespace user")
            : MechanismFinding.Lacking("namespace user", Why(reasons, user.Errno, "user"), "the gate needs none; other namespaces take CAP_SYS_ADMIN, then");
        foreach ((string kind, long flag, string instead) in s_kinds)
            yield return Kind(reasons, kind, flag, instead);
        yield return Proc(reasons);
    }

    private static MechanismFinding Kind(Reasons reasons, string kind, long flag, string instead)
    {
        string name = "namespace " + kind;
        TrialOutcome direct = TrialChild.Try(Unshare(flag));
        if (direct.All)
            return MechanismFinding.Works(name, Directly);
        TrialOutcome inside = TrialChild.Try(Unshare(CLONE_NEWUSER), Unshare(flag));
        if (inside.All)
            return MechanismFinding.Works(name, InUserNamespace);
        string why = Why(reasons, direct.Errno, kind), whyInside = Why(reasons, inside.Errno, inside.Made > 0 ? kind : "user");
        return MechanismFinding.Lacking(name, why == whyInside ? why : $"{why}; in a user namespace: {whyInside}", instead);
    }

    private static MechanismFinding Proc(Reasons reasons)
    {
        const string Name = "mounting /proc", Instead = "the /proc outside stays visible; rules on paths below /proc";
        using NativeArena memory = new();
        long proc = (long)memory.Text("proc"u8), place = (long)memory.Text("/proc"u8), root = (long)memory.Text("/"u8);

        // Only a process within the pid namespace can mount its /proc.
        TrialCall[] inside =
        [
            Unshare(CLONE_NEWNS | CLONE_NEWPID), new(SyscallNumbers.mount, 0, root, 0, MS_REC_PRIVATE), TrialCall.Fork,
            new(SyscallNumbers.mount, proc, place, proc, MS_NOSUID_NODEV_NOEXEC),
        ];
        if (TrialChild.Try(inside).All)
            return MechanismFinding.Works(Name, Directly);
        TrialOutcome tried = TrialChild.Try([Unshare(CLONE_NEWUSER), .. inside]);
        if (tried.All)
            return MechanismFinding.Works(Name, InUserNamespace);
        string why = tried.Made == inside.Length && tried.Errno == EPERM
            ? "EPERM: parts of /proc are covered here, as containers do, and the kernel then mounts no other"
            : tried.Made < 2 ? "takes a mount and a pid namespace" : reasons.For(tried.Errno, SyscallNumbers.mount, Reasons.CAP_SYS_ADMIN);
        return MechanismFinding.Lacking(Name, why, Instead);
    }

    private static TrialCall Unshare(long flags) => new(SyscallNumbers.unshare, flags);

    private static string Why(Reasons reasons, int errno, string kind)
    {
        string limit = kind == "mount" ? "mnt" : kind;
        string? setting = null;
        if (errno is ENOSPC or EUSERS)
            setting = $"user.max_{limit}_namespaces is {Machine.Setting($"/proc/sys/user/max_{limit}_namespaces") ?? "reached"}";
        else if (kind == "user" && Machine.Setting("/proc/sys/kernel/unprivileged_userns_clone") == "0" && !reasons.Machine.Has(Reasons.CAP_SYS_ADMIN))
            setting = "kernel.unprivileged_userns_clone is 0";
        else if (Machine.Setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" && !reasons.Machine.Has(Reasons.CAP_SYS_ADMIN))
            setting = "kernel.apparmor_restrict_unprivileged_userns is 1";
        return reasons.For(errno, SyscallNumbers.unshare, Reasons.CAP_SYS_ADMIN, setting);
    }
}
