namespace Sandgate.Linux.Decode;

/// <summary>What mount(2) does, which its flags alone say.</summary>
internal enum MountKind : byte
{
    /// <summary>Changes a mount that is there.</summary>
    Change,

    /// <summary>Shows a directory or file in a second place.</summary>
    Bind,

    /// <summary>Moves a mount.</summary>
    Move,

    /// <summary>Mounts a file system.</summary>
    New,
}

/// <summary>The flags and types of mount(2).</summary>
internal static class Mounts
{
    private const uint MS_REMOUNT = 0x20, MS_BIND = 0x1000, MS_MOVE = 0x2000, MS_REC = 0x4000, Propagation = 0x20000 | 0x40000 | 0x80000 | 0x100000;
    private const uint Magic = 0xc0ed0000, MagicMask = 0xffff0000;

    // File systems that show the same wherever they are mounted, and where rules expect them.
    private static readonly Dictionary<string, string> s_usual = new(StringComparer.Ordinal)
    {
        ["sysfs"] = "/sys",
        ["devtmpfs"] = "/dev",
        ["devpts"] = "/dev/pts",
        ["mqueue"] = "/dev/mqueue",
        ["hugetlbfs"] = "/dev/hugepages",
        ["cgroup"] = "/sys/fs/cgroup",
        ["cgroup2"] = "/sys/fs/cgroup",
        ["bpf"] = "/sys/fs/bpf",
        ["debugfs"] = "/sys/kernel/debug",
        ["tracefs"] = "/sys/kernel/tracing",
        ["securityfs"] = "/sys/kernel/security",
        ["configfs"] = "/sys/kernel/config",
    };

    /// <summary>What a call with these flags does, in the kernel's own order.</summary>
    public static MountKind KindOf(ulong flags)
    {
        uint bits = (uint)flags;
        if ((bits & MagicMask) == Magic)
            bits &= ~MagicMask;
        return (bits & MS_REMOUNT) != 0 ? MountKind.Change
            : (bits & MS_BIND) != 0 ? MountKind.Bind
            : (bits & Propagation) != 0 ? MountKind.Change
            : (bits & MS_MOVE) != 0 ? MountKind.Move : MountKind.New;
    }

    /// <summary>True when mounts below the source come along.</summary>
    public static bool IsRecursive(ulong flags) => (flags & MS_REC) != 0;

    /// <summary>True for a type that shows nothing at first.</summary>
    public static bool IsEmpty(string type) => type is "tmpfs" or "ramfs";

    /// <summary>Where a file system of this type usually shows the same; null when that can't be told.</summary>
    public static string? UsualPlaceOf(string type) => s_usual.GetValueOrDefault(type);
}
