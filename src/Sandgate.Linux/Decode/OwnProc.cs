using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>The supervisor's own /proc, which shows everybody's ids as the supervisor sees them; each PID namespace has another.</summary>
internal static class OwnProc
{
    private static readonly ulong s_device = DeviceOf("/proc\0"u8);

    /// <summary>True when a file or directory is in it.</summary>
    public static bool Shows(int descriptor) => Files.Stat(descriptor, out FileIdentity identity) && identity.Device == s_device;

    private static ulong DeviceOf(ReadOnlySpan<byte> path)
    {
        int found = Files.OpenAt2(Files.AT_FDCWD, path, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        if (found < 0)
            return 0;
        Files.Stat(found, out FileIdentity identity);
        Files.Close(found);
        return identity.Device;
    }
}
