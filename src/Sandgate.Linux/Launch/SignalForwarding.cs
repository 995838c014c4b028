using System.Runtime.InteropServices;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>
/// Signals sent to the supervisor are meant for the program and go on to it. Those that the
/// terminal sends (Ctrl-C, Ctrl-\, Ctrl-Z) already reach the program itself, because it is in the
/// supervisor's process group; they are swallowed.
/// </summary>
internal sealed class SignalForwarding : IDisposable
{
    private const int SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGTERM = 15, SIGCONT = 18, SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22, SIGWINCH = 28;
    private const long TIOCGPGRP = 0x540f;

    private static readonly int[] s_signals =
        [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH, 10 /* SIGUSR1 */, 12 /* SIGUSR2 */, 14 /* SIGALRM */, 29 /* SIGIO */, 30 /* SIGPWR */];

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly ulong _ignored;
    private volatile int _program;
    private volatile bool _ended;

    /// <summary>Begins to catch signals. Signals that were ignored when the supervisor started stay ignored.</summary>
    public SignalForwarding(Inherited inherited)
    {
        _ignored = inherited.IgnoredSignals;
        foreach (int signal in s_signals)
        {
            if ((_ignored >> (signal - 1) & 1) == 0)
                _registrations.Add(PosixSignalRegistration.Create((PosixSignal)signal, Handle));
        }
    }

    /// <summary>The program that signals go to from now on.</summary>
    public void StartFor(int program) => _program = program;

    /// <summary>The program has ended: what ends the supervisor now ends what the program left running.</summary>
    public void ProgramHasEnded() => _ended = true;

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        int signal = (int)context.Signal switch
        {
            // The runtime has numbers of its own for the signals it knows.
            -1 => SIGHUP, -2 => SIGINT, -3 => SIGQUIT, -4 => SIGTERM, -6 => SIGCONT, -7 => SIGWINCH, -8 => SIGTTIN, -9 => SIGTTOU, -10 => SIGTSTP,
            var raw => raw,
        };
        if (_ended)
        {
            if (signal is SIGHUP or SIGINT or SIGQUIT or SIGTERM)
                KillTree();
        }
        else if (_program > 0 && !(signal is SIGINT or SIGQUIT or SIGTSTP or SIGTTIN or SIGTTOU or SIGWINCH && IsForeground()))
            Libc.Call(SyscallNumbers.kill, _program, signal);
    }

    // In the foreground, these signals come from the terminal, which sends them to the whole process group.
    private static unsafe bool IsForeground()
    {
        int group = 0;
        using NativeArena memory = new();
        int terminal = (int)Libc.Call(SyscallNumbers.openat, Files.AT_FDCWD, (long)memory.Text("/dev/tty"), Files.O_CLOEXEC | 0x100 /* O_NOCTTY */);
        if (terminal < 0)
            return false;

        // SAFETY: group lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.ioctl, terminal, TIOCGPGRP, (long)(&group));
        Files.Close(terminal);
        return group == (int)Libc.Call(SyscallNumbers.getpgid, 0);
    }

    /// <summary>Kills every process of the tree; lists again until none is left, because what is killed may just have forked.</summary>
    public static void KillTree()
    {
        for (int round = 0; round < 1000; round++)
        {
            List<int> all = ProcessStat.DescendantsOf(Environment.ProcessId);
            if (all.Count == 0)
                return;
            foreach (int process in all)
                Libc.Call(SyscallNumbers.kill, process, 9 /* SIGKILL */);
            Thread.Sleep(round < 10 ? 1 : 20);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}
