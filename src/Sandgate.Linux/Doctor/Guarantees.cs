using Sandgate.Core.Doctor;
using Sandgate.Linux.Doctor.Mechanisms;

namespace Sandgate.Linux.Doctor;

/// <summary>What rules are worth with the mechanisms that are there. The labels are those of the threat model.</summary>
internal static class Guarantees
{
    private const string Refused = "refused";

    /// <summary>Concludes.</summary>
    public static IReadOnlyList<Guarantee> From(IReadOnlyList<MechanismFinding> mechanisms)
    {
        bool Has(string name) => mechanisms.Any(m => m.Name == name && m.Available);
        bool stops = Has(NotificationTrials.Notification);
        bool memory = stops && (Has(ReachTrials.ReadMemory) || Has(ReachTrials.MemoryFile));
        bool paths = memory && Has(ReachTrials.OpenAt2), gives = Has(NotificationTrials.AddDescriptor);
        bool sockets = memory && gives && (Has(ReachTrials.CopyDescriptor) || Has(ReachTrials.Trace));
        return
        [
            new("numbers in registers", stops ? "register" : Refused),
            new("open and other calls on paths", !paths ? Refused : gives ? "emulated" : "racy"),
            new("connect, bind, send", sockets ? "emulated" : Refused),
            new("exec, chdir", paths && Has(ReachTrials.Trace) ? "verified" : Refused),
            new("read, write, and what a process says of itself", stops ? "racy" : Refused),
        ];
    }
}
