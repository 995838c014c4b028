using System.Globalization;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>The program inherits descriptors 0 to 2 and those the user asks to keep; no others.</summary>
internal static class InheritedDescriptors
{
    private const int CLOSE_RANGE_CLOEXEC = 4, F_GETFD = 1, F_SETFD = 2, FD_CLOEXEC = 1;

    /// <summary>Marks all but these to be closed by the program's execve.</summary>
    /// <exception cref="SandboxException">A descriptor to keep is not open.</exception>
    public static void CloseAllBut(int[] kept)
    {
        // What the runtime opened for itself is marked already and must never be kept; what was inherited can't be marked.
        foreach (int descriptor in kept)
        {
            if (Libc.Call(SyscallNumbers.fcntl, descriptor, F_GETFD) != 0)
                throw new SandboxException($"keep descriptor {descriptor}", 9, "nothing was run; it is not open");
        }

        // CLOSE_RANGE_CLOEXEC came with 5.11.
        if (Libc.Call(SyscallNumbers.close_range, 3, uint.MaxValue, CLOSE_RANGE_CLOEXEC) < 0)
        {
            foreach (string entry in Directory.EnumerateFiles("/proc/self/fd"))
                Mark(int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture), FD_CLOEXEC);
        }

        foreach (int descriptor in kept)
            Mark(descriptor, 0);
    }

    private static void Mark(int descriptor, int flags)
    {
        if (descriptor > 2)
            Libc.Call(SyscallNumbers.fcntl, descriptor, F_SETFD, flags);
    }
}
