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

    private static readonly int[] s_signals =
        [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH, 10 /* SIGUSR1 */, 12 /* SIGUSR2 */, 14 /* SIGALRM */, 29 /* SIGIO */, 30 /* SIGPWR */];

    private readonly List<(int Signal, PosixSignalRegistration Registration)> _registrations = [];
    private readonly ulong _ignored;
    private readonly Func<bool>? _reload;
    private readonly Action _killTree;
    private readonly bool _hadTerminal = Terminal.Exists();

    // What came before there was a program to pass it on to.
    private readonly Queue<int> _early = [];
    private volatile int _program;
    private volatile JobControl? _job;
    private volatile bool _ended, _isOver;
    private volatile bool _interrupted;

    /// <summary>Begins to catch signals. Signals that were ignored when the supervisor started stay ignored.</summary>
    /// <param name="inherited">What was ignored from the start.</param>
    /// <param name="reload">Asked what a SIGHUP means that somebody sends while the terminal is still there; false when it is the program's.</param>
    /// <param name="killTree">Ends the whole tree.</param>
    public SignalForwarding(Inherited inherited, Func<bool>? reload, Action killTree)
    {
        _ignored = inherited.IgnoredSignals;
        (_reload, _killTree) = (reload, killTree);
        foreach (int signal in s_signals)
        {
            if ((_ignored >> (signal - 1) & 1) == 0)
                _registrations.Add((signal, PosixSignalRegistration.Create((PosixSignal)signal, Handle)));
        }
    }

    /// <summary>The program that signals go to from now on.</summary>
    public void StartFor(int program, JobControl job)
    {
        lock (_early)
        {
            (_job, _program) = (job, program);
            while (_early.TryDequeue(out int signal))
                Forward(signal);
        }
    }

    /// <summary>True when Ctrl-C was pressed. The supervisor may hear of it a moment later than the program died of it.</summary>
    public bool HearsOfCtrlC()
    {
        for (int i = 0; i < 20 && !_interrupted; i++)
            Thread.Sleep(5);
        return _interrupted;
    }

    /// <summary>The program has ended: what ends the supervisor now ends what the program left running.</summary>
    public void ProgramHasEnded() => _ended = true;

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_isOver)
            return;
        int signal = (int)context.Signal switch
        {
            // The runtime has numbers of its own for the signals it knows.
            -1 => SIGHUP,
            -2 => SIGINT,
            -3 => SIGQUIT,
            -4 => SIGTERM,
            -6 => SIGCONT,
            -7 => SIGWINCH,
            -8 => SIGTTIN,
            -9 => SIGTTOU,
            -10 => SIGTSTP,
            var raw => raw,
        };
        lock (_early)
        {
            if (_program == 0)
            {
                _early.Enqueue(signal);
                return;
            }
        }

        Forward(signal);
    }

    private void Forward(int signal)
    {
        if (_ended)
        {
            _ = IsFromTerminal(signal);
            if (signal is SIGHUP or SIGINT or SIGQUIT or SIGTERM)
                _killTree();
        }
        else if (signal == SIGCONT)
            _job!.Continue();
        else if (signal == SIGHUP && !HasHungUp && _reload?.Invoke() == true)
            return;
        else if (!IsFromTerminal(signal))
            Libc.Call(SyscallNumbers.kill, _program, signal);
    }

    // The terminal's own SIGHUP tells the program that its user has gone.
    private bool HasHungUp => _hadTerminal && !Terminal.Exists();

    private bool IsFromTerminal(int signal)
    {
        if (signal is SIGTSTP or SIGTTIN or SIGTTOU)
            return _job!.WasForTheJob();
        bool foreground = signal is SIGINT or SIGQUIT or SIGWINCH && Terminal.Foreground() == Terminal.GroupOf(0);
        _interrupted |= foreground && signal == SIGINT;
        return foreground;
    }

    /// <summary>
    /// Catches no more signals, but for a SIGHUP that was meant for the rules: whoever sends it can't know that the program has just ended, and the
    /// exit status is the program's.
    /// </summary>
    public void Dispose()
    {
        _isOver = true;
        foreach ((int signal, PosixSignalRegistration registration) in _registrations)
        {
            if (signal != SIGHUP || _reload is null)
                registration.Dispose();
        }
    }
}
