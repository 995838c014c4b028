using System.Globalization;

namespace Sandgate.Linux.Decode;

/// <summary>Names of signals. Real-time signals are counted as libc counts them: it keeps 32 and 33 for itself.</summary>
internal static class SignalNames
{
    private const int SIGRTMIN = 34, SIGRTMAX = 64;

    private static readonly string[] s_names = MakeNames();

    /// <summary>Every word that <see cref="Render"/> can show.</summary>
    public static IReadOnlyList<string> Words => s_names.AsSpan(1).ToArray();

    /// <summary>The signal's name; 0, which sends nothing, and numbers that are no signal are decimal.</summary>
    public static string Render(int signal) =>
        signal >= 0 && signal < s_names.Length ? s_names[signal] : signal.ToString(CultureInfo.InvariantCulture);

    private static string[] MakeNames()
    {
        string[] names = new string[SIGRTMAX + 1];
        string[] known =
        [
            "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
            "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
            "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR",
            "SIGSYS", "SIG32", "SIG33", "SIGRTMIN",
        ];
        known.CopyTo(names, 0);
        for (int i = SIGRTMIN + 1; i <= SIGRTMAX; i++)
            names[i] = string.Create(CultureInfo.InvariantCulture, $"SIGRTMIN+{i - SIGRTMIN}");
        return names;
    }
}
