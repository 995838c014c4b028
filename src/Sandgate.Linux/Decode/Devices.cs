using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>Device files: mknod(2) gives a device that has a name already one more.</summary>
internal static class Devices
{
    private const uint S_IFMT = 0xf000, S_IFBLK = 0x6000;

    /// <summary>The type of character devices in a mode (inode(7)).</summary>
    public const uint S_IFCHR = 0x2000;

    /// <summary>True for the mode of a device.</summary>
    public static bool IsDevice(uint mode) => (mode & S_IFMT) is S_IFCHR or S_IFBLK;

    /// <summary>The names below /dev of the device that a mknod would make.</summary>
    /// <param name="mode">The call's mode.</param>
    /// <param name="device">The call's device, as it stands in a register: 12 bits of the major number above 8 of the minor, whose rest is on top.</param>
    public static IEnumerable<string> NamesOf(uint mode, uint device)
    {
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, MaxRecursionDepth = 3 };
        foreach (string name in Directory.EnumerateFiles("/dev", "*", all))
        {
            int found = Files.OpenAt2(Files.AT_FDCWD, [.. Core.Decode.TargetText.ToBytes(name), 0], Files.O_PATH | Files.O_NOFOLLOW | Files.O_CLOEXEC, 0, mayBlock: true);
            if (found < 0)
                continue;
            bool same = Files.Stat(found, out FileIdentity file) && (file.Mode & S_IFMT) == (mode & S_IFMT) && file.SpecialDevice == device;
            Files.Close(found);
            if (same)
                yield return name;
        }
    }
}
