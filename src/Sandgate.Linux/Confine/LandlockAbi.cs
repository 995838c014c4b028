using System.Globalization;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine;

/// <summary>Rights over files that Landlock knows (linux/landlock.h, LANDLOCK_ACCESS_FS_*).</summary>
[Flags]
internal enum FileRights : ulong
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Execute a file.</summary>
    Execute = 1 << 0,
    /// <summary>Open a file for writing.</summary>
    WriteFile = 1 << 1,
    /// <summary>Open a file for reading.</summary>
    ReadFile = 1 << 2,
    /// <summary>Open a directory.</summary>
    ReadDirectory = 1 << 3,
    /// <summary>Remove an empty directory, or move one away.</summary>
    RemoveDirectory = 1 << 4,
    /// <summary>Remove a file, or move one away.</summary>
    RemoveFile = 1 << 5,
    /// <summary>Make a character device.</summary>
    MakeCharacterDevice = 1 << 6,
    /// <summary>Make a directory.</summary>
    MakeDirectory = 1 << 7,
    /// <summary>Make a regular file.</summary>
    MakeFile = 1 << 8,
    /// <summary>Make a unix socket.</summary>
    MakeSocket = 1 << 9,
    /// <summary>Make a FIFO.</summary>
    MakeFifo = 1 << 10,
    /// <summary>Make a block device.</summary>
    MakeBlockDevice = 1 << 11,
    /// <summary>Make a symbolic link.</summary>
    MakeLink = 1 << 12,
    /// <summary>Move or link from one directory into another.</summary>
    Refer = 1 << 13,
    /// <summary>Change a file's length.</summary>
    Truncate = 1 << 14,
    /// <summary>Device-specific ioctls.</summary>
    DeviceIoctl = 1 << 15,

    /// <summary>What a file can have; the others are a directory's.</summary>
    OfFiles = Execute | WriteFile | ReadFile | Truncate | DeviceIoctl,
    /// <summary>What <c>read</c> means.</summary>
    Reading = ReadFile | ReadDirectory,
    /// <summary>What <c>execute</c> means: the kernel reads what it executes.</summary>
    Executing = Execute | ReadFile,
    /// <summary>What <c>write</c> means.</summary>
    Writing = WriteFile | RemoveDirectory | RemoveFile | MakeCharacterDevice | MakeDirectory | MakeFile | MakeSocket | MakeFifo | MakeBlockDevice | MakeLink
        | Refer | Truncate | DeviceIoctl,
}

/// <summary>Rights over the network that Landlock knows (LANDLOCK_ACCESS_NET_*).</summary>
[Flags]
internal enum PortRights : ulong
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Bind a TCP socket to a port.</summary>
    Bind = 1 << 0,
    /// <summary>Connect a TCP socket to a port.</summary>
    Connect = 1 << 1,
}

/// <summary>One version of Landlock, and what it brings.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Kernel">The first kernel with it.</param>
/// <param name="Files">The rights over files that are new in it.</param>
/// <param name="Ports">The rights over ports that are new in it.</param>
/// <param name="AttributeSize">How long struct landlock_ruleset_attr is.</param>
/// <param name="LostBelow">What an older one can't do; null when that is nothing that is used here.</param>
internal sealed record LandlockAbi(int Version, string Kernel, FileRights Files, PortRights Ports, int AttributeSize, string? LostBelow)
{
    private const long LANDLOCK_CREATE_RULESET_VERSION = 1;

    /// <summary>Every version, the oldest first. What versions 6 (scopes for signals and abstract sockets) and 7 (audit records) bring, namespaces and records do here.</summary>
    public static IReadOnlyList<LandlockAbi> All { get; } =
    [
        new(1, "5.13", (FileRights)0x1fff, PortRights.None, 8, "files can't be restricted by the kernel"),
        new(2, "5.19", FileRights.Refer, PortRights.None, 8, "nothing can be moved or linked from one directory into another"),
        new(3, "6.2", FileRights.Truncate, PortRights.None, 8, "truncate(2) is not restricted"),
        new(4, "6.7", FileRights.None, PortRights.Bind | PortRights.Connect, 16, "TCP ports are not restricted"),
        new(5, "6.10", FileRights.DeviceIoctl, PortRights.None, 16, "ioctl(2) on devices is not restricted"),
        new(6, "6.12", FileRights.None, PortRights.None, 24, null),
        new(7, "6.15", FileRights.None, PortRights.None, 24, null),
    ];

    /// <summary>The newest version that both this kernel and this table know; 0 where there is no Landlock.</summary>
    public static int Probe() =>
        (int)Math.Clamp(Libc.Call(SyscallNumbers.landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION), 0, All.Count);

    /// <summary>All rights over files that a version knows.</summary>
    public static FileRights FilesOf(int version) => All.Take(version).Aggregate(FileRights.None, (rights, abi) => rights | abi.Files);

    /// <summary>All rights over ports that a version knows.</summary>
    public static PortRights PortsOf(int version) => All.Take(version).Aggregate(PortRights.None, (rights, abi) => rights | abi.Ports);

    /// <summary>What gets lost of these rights with a version, each with the kernel that has it.</summary>
    public static IEnumerable<string> LostAt(int version, FileRights files, PortRights ports) =>
        from abi in All.Skip(version)
        where abi.LostBelow is not null && ((abi.Files & files) != 0 || (abi.Ports & ports) != 0)
        select string.Create(CultureInfo.InvariantCulture, $"{abi.LostBelow} (Landlock {abi.Version}, Linux {abi.Kernel})");
}
