using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>The controlling terminal and who is in its foreground (tty_ioctl(4), credentials(7)).</summary>
internal static unsafe class Terminal
{
    private const long TIOCGPGRP = 0x540f, TIOCSPGRP = 0x5410;
    private const int O_NOCTTY = 0x100;

    /// <summary>The process group in the foreground; 0 without a controlling terminal.</summary>
    public static int Foreground()
    {
        int group = 0;
        With(terminal =>
        {
            int found = 0;

            // SAFETY: found lives on this stack for the whole call.
            if (Libc.Call(SyscallNumbers.ioctl, terminal, TIOCGPGRP, (long)(&found)) == 0)
                group = found;
        });
        return group;
    }

    /// <summary>True when there is a controlling terminal.</summary>
    public static bool Exists()
    {
        bool exists = false;
        With(_ => exists = true);
        return exists;
    }

    /// <summary>Gives the terminal to a process group; only who is in the foreground may.</summary>
    public static void GiveTo(int group) => With(terminal =>
    {
        int given = group;

        // SAFETY: given lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.ioctl, terminal, TIOCSPGRP, (long)(&given));
    });

    /// <summary>A process's group.</summary>
    public static int GroupOf(int process) => (int)Libc.Call(SyscallNumbers.getpgid, process);

    private static void With(Action<int> use)
    {
        // SAFETY: the literal ends in NUL.
        fixed (byte* name = "/dev/tty"u8)
        {
            int terminal = (int)Libc.Call(SyscallNumbers.openat, Files.AT_FDCWD, (long)name, Files.O_CLOEXEC | O_NOCTTY);
            if (terminal < 0)
                return;
            use(terminal);
            Files.Close(terminal);
        }
    }
}
