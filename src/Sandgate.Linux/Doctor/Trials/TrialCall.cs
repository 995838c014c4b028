namespace Sandgate.Linux.Doctor.Trials;

/// <summary>One thing that a throw-away child does.</summary>
/// <param name="Number">A system call's number, or one of the numbers below.</param>
/// <param name="Arguments">Up to six argument registers.</param>
internal readonly record struct TrialCall(long Number, params long[] Arguments)
{
    /// <summary>Stands for the number: fork. The new process makes the calls that follow; the old one only waits for it.</summary>
    public const long ForkNumber = -2;

    /// <summary>Stands for the number: call machine code, whose result is a system call's.</summary>
    public const long CodeNumber = -3;

    /// <summary>The calls that follow are a new process's.</summary>
    public static TrialCall Fork => new(ForkNumber);

    /// <summary>Calls the machine code at an address.</summary>
    public static TrialCall Code(long address) => new(CodeNumber, address);
}

/// <summary>What came of a trial.</summary>
/// <param name="Made">How many calls succeeded before one failed.</param>
/// <param name="Errno">The errno of that one; 0 when none failed.</param>
/// <param name="Last">What the last call returned that was made.</param>
/// <param name="Status">How the child ended, as wait(2) tells it.</param>
/// <param name="All">True when every call was made and succeeded.</param>
internal readonly record struct TrialOutcome(int Made, int Errno, long Last, int Status, bool All)
{
    /// <summary>True when the child ended by a signal, or was ended because it hung.</summary>
    public bool WasKilled => (Status & 0x7f) != 0;

    /// <summary>The exit status.</summary>
    public int ExitStatus => Status >> 8 & 0xff;
}
