using Sandgate.Core.Doctor;
using Sandgate.Linux.Doctor.Canaries;
using Sandgate.Linux.Doctor.Mechanisms;

namespace Sandgate.Linux.Doctor;

/// <summary>Examines the machine and the sandbox: everything it says was tried.</summary>
public static class Examination
{
    /// <summary>Does it.</summary>
    public static DoctorReport Run() => Run(OwnProgram.File, null);

    /// <summary>Does it with a Sandgate, and with other rules than those that forbid what the canaries attempt.</summary>
    internal static DoctorReport Run(string program, string? rules)
    {
        MachineFacts machine = Machine.Look();
        Reasons reasons = new(machine);
        List<MechanismFinding> mechanisms =
        [
            .. NotificationTrials.Examine(reasons), .. ReachTrials.Examine(reasons), .. NamespaceTrials.Examine(reasons),
            .. RestrictionTrials.Examine(reasons), .. ControlGroupTrials.Examine(), .. ExecutionTrials.Examine(reasons),
        ];
        return new(machine, mechanisms, CanaryRun.Try(program, rules), Guarantees.From(mechanisms));
    }
}
