using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Control;

/// <summary>What belongs to the supervisor and must not be changed by the program: its record, and the places by which it is steered.</summary>
/// <param name="written">Names of files that the supervisor writes.</param>
/// <param name="socket">The control socket's path; null when there is none.</param>
/// <param name="secret">A file that the program may not even read; null for none.</param>
internal sealed class Guard(IEnumerable<string> written, string? socket, string? secret)
{
    /// <summary>Files that are protected like the rules themselves. What is no plain file (/dev/null) is nobody's own.</summary>
    public IReadOnlyList<string> Written { get; } = [.. written.Where(IsPlainOrMissing), .. secret is null ? (string[])[] : [secret]];

    /// <summary>What the floor holds beside that, whatever it costs.</summary>
    public IEnumerable<Rule> Above(RuleSet rules) =>
        secret is null || rules.LiftedFloor.Contains(FloorRule.RunningConfig) ? [] : [Floor.Hide(secret)];

    /// <summary>What the floor holds against calls that stop anyway: a run whose rules need no names of files must not begin to stop all calls that have one.</summary>
    public IEnumerable<Rule> Quiet(Policy policy, ICatalogue catalogue) =>
        socket is null || policy.Set.LiftedFloor.Contains(FloorRule.RunningConfig) ? [] : Floor.AroundSocket(socket, operation => Stops(policy, catalogue, operation));

    private static bool Stops(Policy policy, ICatalogue catalogue, Operation operation)
    {
        foreach (SyscallShape shape in catalogue.Syscalls)
        {
            if (Array.IndexOf(shape.Operations, operation) < 0)
                continue;
            if (policy.TrapSet.ReasonFor(shape) == TrapReason.None || (policy.NeedsOf(shape) & (Needs.ResolvedPaths | Needs.Addresses)) == 0
                || !(policy.RestrictsByMemory(shape) || policy.WatchesNames(shape)))
                return false;
        }

        return true;
    }

    private static bool IsPlainOrMissing(string path)
    {
        int descriptor = Files.Open(Files.AT_FDCWD, [.. TargetText.ToBytes(path), 0], Files.O_PATH | Files.O_CLOEXEC);
        if (descriptor < 0)
            return true;
        bool plain = Files.Stat(descriptor, out FileIdentity file) && file.IsPlain;
        Files.Close(descriptor);
        return plain;
    }
}
