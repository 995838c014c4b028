using Sandgate.Core.Trap;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// The answer to a call that a rule restricts by what stands in memory, and that can neither be done for
/// the program nor left to the kernel without leaving a way round the rule.
/// </summary>
internal sealed class Refusal(int errno) : IEmulation
{
    /// <summary>As if the program had no right to it.</summary>
    public static Refusal ByPermission { get; } = new(1 /* EPERM */);

    /// <summary>As if the kernel didn't have the call: programs fall back to an older one.</summary>
    public static Refusal ByAbsence { get; } = new(38 /* ENOSYS */);

    /// <inheritdoc/>
    public Outcome Carry(Stop stop) => ((SeccompStop)stop).Fail(errno) == Outcome.Vanished ? Outcome.Vanished : Outcome.Failed;
}
