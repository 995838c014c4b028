using System.Globalization;
using System.Text;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Unshare;

/// <summary>
/// A user namespace in which the program keeps its own user and group id; it has no others, and no right over anything outside
/// (user_namespaces(7)).
/// </summary>
internal sealed class UserNamespace(long flag, string? why) : NewNamespace(Core.Confine.Namespaces.User, flag, why)
{
    private const int PR_SET_DUMPABLE = 4;

    /// <inheritdoc/>
    public override bool IsImplied { get; } = why is not null;

    /// <inheritdoc/>
    public override void AddSteps(LaunchPlan plan)
    {
        base.AddSteps(plan);

        // What belongs to an undumpable process can be opened by root only, and this child still has the supervisor's memory. The program does not run yet.
        plan.Add(StepScope.Child, "own its files in /proc", SyscallNumbers.prctl, PR_SET_DUMPABLE, 1);
        plan.AddWrite("give up setting groups", "/proc/self/setgroups", "deny"u8);
        plan.AddWrite("map the user's id", "/proc/self/uid_map", Mapping(Libc.Call(SyscallNumbers.geteuid)));
        plan.AddWrite("map the group's id", "/proc/self/gid_map", Mapping(Libc.Call(SyscallNumbers.getegid)));
        if (Supervisor.IsClosed)
            plan.Add(StepScope.Child, "close the supervisor's memory again", SyscallNumbers.prctl, PR_SET_DUMPABLE, 0);
    }

    private static byte[] Mapping(long id) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id} {id} 1"));
}
