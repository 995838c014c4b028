using Sandgate.Core.Decide;
using Sandgate.Core.Doctor;
using Sandgate.Linux.Doctor.Trials;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Mechanisms;

/// <summary>What a process can shut itself off from for good: Landlock, and code that is written before it is run.</summary>
internal static unsafe class RestrictionTrials
{
    private const int PR_SET_NO_NEW_PRIVS = 38, PR_SET_MDWE = 65, PR_MDWE_REFUSE_EXEC_GAIN = 1, EACCES = 13;
    private const int LANDLOCK_CREATE_RULESET_VERSION = 1, LANDLOCK_ACCESS_FS_EXECUTE = 1;
    private const int PROT_READ_WRITE_EXEC = 7, MAP_PRIVATE_ANONYMOUS = 0x22;

    /// <summary>Tries.</summary>
    public static IEnumerable<MechanismFinding> Examine(Reasons reasons) => [Landlock(reasons), NoNewCode(reasons)];

    private static MechanismFinding Landlock(Reasons reasons)
    {
        const string Instead = "rules on paths, which the supervisor judges";
        int version = (int)Libc.Call(SyscallNumbers.landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
        if (version < 0)
            return MechanismFinding.Lacking("Landlock", reasons.For(-version, SyscallNumbers.landlock_create_ruleset), Instead);
        ulong handled = LANDLOCK_ACCESS_FS_EXECUTE;

        // SAFETY: the first version's attributes are one 64-bit number, which lives on this stack for the whole call.
        int ruleset = (int)Libc.Call(SyscallNumbers.landlock_create_ruleset, (long)(&handled), sizeof(ulong), 0);
        if (ruleset < 0)
            return MechanismFinding.Lacking("Landlock", reasons.For(-ruleset, SyscallNumbers.landlock_create_ruleset), Instead);
        TrialOutcome tried = TrialChild.Try(new(SyscallNumbers.prctl, PR_SET_NO_NEW_PRIVS, 1), new(SyscallNumbers.landlock_restrict_self, ruleset, 0));
        Files.Close(ruleset);
        return tried.All
            ? MechanismFinding.Works("Landlock", $"ABI {version}")
            : MechanismFinding.Lacking("Landlock", reasons.For(tried.Errno, SyscallNumbers.landlock_restrict_self), Instead);
    }

    private static MechanismFinding NoNewCode(Reasons reasons)
    {
        const string Name = "no new code in memory (PR_SET_MDWE)", Instead = "rules on mmap and mprotect";
        TrialOutcome tried = TrialChild.Try(
            new(SyscallNumbers.prctl, PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0),
            new(SyscallNumbers.mmap, 0, 4096, PROT_READ_WRITE_EXEC, MAP_PRIVATE_ANONYMOUS, -1, 0));
        return (tried.Made, tried.Errno) switch
        {
            (1, EACCES) => MechanismFinding.Works(Name),
            (0, var errno) => MechanismFinding.Lacking(Name, reasons.For(errno, SyscallNumbers.prctl), Instead),
            (_, var errno) => MechanismFinding.Lacking(Name, $"it is set, and such a mapping is {(errno == 0 ? "made" : Errnos.NameOf(errno))} all the same", Instead),
        };
    }
}
