using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>F_SETOWN of fcntl(2): who gets the signals of a file. The number of any thread stands for its whole process.</summary>
internal static class SignalOwner
{
    private const int F_SETOWN = 8;

    /// <summary>A refusal for the supervisor's threads, which come and go; null for others.</summary>
    /// <remarks>Who has the number now is who gets the signals: the kernel holds on to him. In a PID namespace of its own the program has no number for the supervisor.</remarks>
    public static IEmulation? For(Stop stop) =>
        (int)stop.Register(1) == F_SETOWN && (int)stop.Register(2) is > 0 and var owner && ProcessFacts.ProcessOf(owner) == Environment.ProcessId && ProcessFacts.SharesPids(stop.ThreadId)
            ? Refusal.ByPermission : null;
}
