using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>/dev/tty means the terminal of whoever opens it (tty(4)), so the supervisor opens the program's own by its name.</summary>
internal static class ControllingTerminal
{
    private const int ENXIO = 6;
    private const int FirstPseudoTerminal = 136, LastPseudoTerminal = 143, Console = 4;

    /// <summary>Opens it: a descriptor, or a negative errno; -ENXIO when the thread has none.</summary>
    public static int Open(int threadId, uint flags)
    {
        int device = ProcessFacts.TerminalOf(threadId);
        int major = device >> 8 & 0xfff, minor = (device & 0xff) | (device >> 12 & 0xfff00);
        Span<byte> path = stackalloc byte[ProcPath.Room];
        switch (major)
        {
            case >= FirstPseudoTerminal and <= LastPseudoTerminal:
                new ProcPath(path).Add("/dev/pts/"u8).Add(((major - FirstPseudoTerminal) << 8) + minor);
                break;
            case Console:
                new ProcPath(path).Add("/dev/tty"u8).Add(minor);
                break;
            default:
                return -ENXIO;
        }

        int opened = Files.Open(Files.AT_FDCWD, path, flags);
        if (opened < 0)
            return opened;

        // Another /dev/pts may be mounted by now.
        if (Files.Stat(opened, out FileIdentity file) && file.IsCharacterDevice && (int)file.SpecialDevice == device)
            return opened;
        Files.Close(opened);
        return -ENXIO;
    }
}
