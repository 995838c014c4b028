using System.Collections.Concurrent;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>Tells files whose opening may wait: FIFOs, devices, and whatever lies on a file system that somebody else serves.</summary>
internal static class SlowFiles
{
    private const uint MemoryDevices = 1, Terminals = 5;
    private const long LongTruncation = 16 << 20;

    // File systems that this kernel serves by itself, from memory or a local disk (statfs(2), linux/magic.h).
    private static readonly long[] s_local =
    [
        0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x9fa0, 0x62656572, 0x1cd1, 0x858458f6, 0x73717368, 0x27e0eb, 0x63677270,
        0x50495045, 0x534f434b, 0x09041934, 0x6e736673, 0x2fc12fc1, 0xf2f52010, 0x19800202, 0x4d44, 0x9660, 0xe0f5e1e2, 0xca451a4e,
    ];

    private static readonly ConcurrentDictionary<ulong, bool> s_known = new();

    /// <summary>True when opening this file is no matter for a thread that must not wait.</summary>
    public static bool MayWait(int descriptor, in FileIdentity file, bool truncates) =>
        !IsLocal(descriptor, file.Device) || (!file.IsDirectory && !file.IsLink
        && (file.IsPlain ? truncates && file.Size > LongTruncation : !file.IsCharacterDevice || Major(file.SpecialDevice) != MemoryDevices));

    /// <summary>True when what is held lies on a file system of this kernel's own.</summary>
    public static bool IsLocal(HeldPath held) =>
        held.Object >= 0 ? IsLocal(held.Object, held.Identity.Device)
        : held.Parent < 0 || (Files.Stat(held.Parent, out FileIdentity directory) && IsLocal(held.Parent, directory.Device));

    /// <summary>True for /dev/null and its kin, which never make anybody wait.</summary>
    public static bool IsMemoryDevice(in FileIdentity file) => file.IsCharacterDevice && Major(file.SpecialDevice) == MemoryDevices;

    /// <summary>True for a terminal's device, or for /dev/tty, which stands for the caller's.</summary>
    public static bool IsTerminal(in FileIdentity file) =>
        file.IsCharacterDevice && (Major(file.SpecialDevice) is 4 or >= 136 and <= 143 || file.SpecialDevice >> 8 == Terminals);

    /// <summary>True for a file that shows or changes the network, IPC, host name or control groups of whoever opened it.</summary>
    public static bool IsOfNamespaces(string? name) => name is not null && (name is "/dev/net/tun" or "/dev/ppp" or "/dev/vhost-net"
        || name.StartsWith("/proc/sys/", StringComparison.Ordinal) || name.StartsWith("/proc/sysvipc/", StringComparison.Ordinal) || name.StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal));

    /// <summary>
    /// True for a file that asks, when it is written to, for the effective ids, or for the user namespace, of whoever opened it: rights on files are not all then
    /// (cgroups(7), sysctl(2), user_namespaces(7)).
    /// </summary>
    public static bool AsksWhoOpened(int descriptor, string? name)
    {
        const long CGROUP_SUPER_MAGIC = 0x27e0eb, CGROUP2_SUPER_MAGIC = 0x63677270, PROC_SUPER_MAGIC = 0x9fa0;
        return Files.FileSystemType(descriptor) switch
        {
            CGROUP_SUPER_MAGIC or CGROUP2_SUPER_MAGIC => true,
            PROC_SUPER_MAGIC => name is null || name.StartsWith("/proc/sys/", StringComparison.Ordinal) || !name.StartsWith("/proc/", StringComparison.Ordinal)
                || name[(name.LastIndexOf('/') + 1)..] is "uid_map" or "gid_map" or "projid_map" or "setgroups",
            _ => false,
        };
    }

    /// <summary>True for /dev/tty.</summary>
    public static bool IsOwnTerminal(in FileIdentity file) => file.IsCharacterDevice && file.SpecialDevice == Terminals << 8;

    /// <summary>True when the file lies on a file system of this kernel's own.</summary>
    public static bool IsLocal(int descriptor, ulong device)
    {
        if (s_known.TryGetValue(device, out bool local))
            return local;
        return s_known[device] = Array.IndexOf(s_local, Files.FileSystemType(descriptor)) >= 0;
    }

    private static uint Major(ulong device) => (uint)(device >> 8 & 0xfff);
}
