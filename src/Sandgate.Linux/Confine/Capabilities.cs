using System.Collections.Immutable;
using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine;

/// <summary>Takes all capabilities (capabilities(7)) away but those that are kept: from the program, and from whatever it executes.</summary>
/// <param name="kept">Names of those that stay, where the supervisor has them.</param>
/// <param name="inOwnNamespace">Tells whether the child is in a user namespace of its own by then, where it has all of them.</param>
internal sealed unsafe class Capabilities(ImmutableArray<string> kept, Func<bool> inOwnNamespace) : IMechanism
{
    private const int PR_CAPBSET_READ = 23, PR_CAPBSET_DROP = 24, PR_GET_SECUREBITS = 27, PR_SET_SECUREBITS = 28;
    private const int PR_CAP_AMBIENT = 47, PR_CAP_AMBIENT_RAISE = 2, PR_CAP_AMBIENT_CLEAR_ALL = 4;
    private const int CAP_SETPCAP = 8, CAP_SYS_PTRACE = 19, Most = 64;
    private const uint CapabilityVersion3 = 0x20080522;

    // SECBIT_NOROOT, SECBIT_NO_SETUID_FIXUP, SECBIT_NO_CAP_AMBIENT_RAISE, each with the lock above it; SECBIT_KEEP_CAPS is locked without being set.
    private const long NoRoot = 3, NoSetUidFixUp = 3 << 2, KeepCapsLocked = 1 << 5, NoAmbientRaise = 3 << 6;

    /// <inheritdoc/>
    public string Name => "capabilities";

    private static ulong All { get; } = FindAll();

    // With CAP_SYS_PTRACE a root program could write the supervisor's memory, which is otherwise closed to it.
    private ulong Wanted
    {
        get
        {
            ulong set = 0;
            foreach (string name in kept)
                set |= 1ul << IndexOf(name);
            return set & ~(1ul << CAP_SYS_PTRACE);
        }
    }

    /// <summary>The effective capabilities that are left; null where they aren't over what the supervisor's are over.</summary>
    public ulong? Left => inOwnNamespace() ? null : Wanted & Permitted();

    /// <summary>True when a capability stays where the supervisor, or the program in a namespace of its own, has it.</summary>
    public bool Keeps(int capability) => (Wanted >> capability & 1) != 0;

    /// <inheritdoc/>
    public Grant Prepare()
    {
        string how = string.Create(CultureInfo.InvariantCulture, $"dropped, {(kept.IsEmpty ? "all" : "all but " + string.Join(", ", kept))}");
        return kept.Contains("sys_ptrace")
            ? Grant.Substituted(Name, how + "; sys_ptrace is withheld all the same: with it the supervisor's memory would be open")
            : Grant.Given(Name, how);
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan)
    {
        ulong has = inOwnNamespace() ? All : Permitted(), keep = Wanted & has;
        bool may = (has >> CAP_SETPCAP & 1) != 0;
        AddSets(plan, "limit the capabilities", keep | (has & 1ul << CAP_SETPCAP), keep);
        plan.TryAdd(StepScope.Thread, "clear the ambient capabilities", SyscallNumbers.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
        for (int i = 0; i < Most; i++)
        {
            if ((keep >> i & 1) != 0)
                plan.TryAdd(StepScope.Thread, "pass on the capability " + NameOf(i), SyscallNumbers.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i);
        }

        // Without CAP_SETPCAP neither can be done, nor need it be: no_new_privs keeps every execve from giving what the thread hasn't got (prctl(2)).
        for (int i = 0; i < Most && may; i++)
        {
            if ((All & ~keep & 1ul << i) != 0)
                plan.TryAdd(StepScope.Thread, $"drop the capability {NameOf(i)} for good", SyscallNumbers.prctl, PR_CAPBSET_DROP, i);
        }

        if (may)
        {
            // A change of user id takes capabilities away. That goes on where some are kept: a daemon that becomes another user means to lose them.
            long bits = NoRoot | KeepCapsLocked | NoAmbientRaise | (keep == 0 ? NoSetUidFixUp : 0);
            long now = inOwnNamespace() ? 0 : Math.Max(0, Libc.Call(SyscallNumbers.prctl, PR_GET_SECUREBITS));
            plan.TryAdd(StepScope.Thread, "make root a user like others", SyscallNumbers.prctl, PR_SET_SECUREBITS, now | bits);
        }

        AddSets(plan, "drop the capabilities", keep, keep);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>Appends what takes away CAP_SYS_PTRACE alone: what every program goes without.</summary>
    public static void AddPtraceDrop(LaunchPlan plan)
    {
        if (Libc.Call(SyscallNumbers.prctl, PR_CAPBSET_READ, CAP_SYS_PTRACE) != 1)
            return;
        uint* header = plan.Memory.Copy<uint>([CapabilityVersion3, 0]), sets = plan.Memory.Allocate<uint>(6);

        // SAFETY: header and sets are as long as capget(2) says for version 3.
        if (Libc.Call(SyscallNumbers.capget, (long)header, (long)sets) < 0)
            return;
        plan.TryAdd(StepScope.Thread, "drop the right to trace others for good", SyscallNumbers.prctl, PR_CAPBSET_DROP, CAP_SYS_PTRACE);
        for (int i = 0; i < 3; i++)
            sets[i] &= ~(1u << CAP_SYS_PTRACE);
        plan.Add(StepScope.Thread, "drop the right to trace others", SyscallNumbers.capset, (long)header, (long)sets);
    }

    // Twice effective, permitted, inheritable: of the lower and of the upper 32.
    private static void AddSets(LaunchPlan plan, string purpose, ulong permitted, ulong inheritable)
    {
        uint* header = plan.Memory.Copy<uint>([CapabilityVersion3, 0]);
        uint* sets = plan.Memory.Copy<uint>(
            [(uint)permitted, (uint)permitted, (uint)inheritable, (uint)(permitted >> 32), (uint)(permitted >> 32), (uint)(inheritable >> 32)]);
        plan.Add(StepScope.Thread, purpose, SyscallNumbers.capset, (long)header, (long)sets);
    }

    private static ulong Permitted()
    {
        uint* header = stackalloc uint[2] { CapabilityVersion3, 0 };
        uint* sets = stackalloc uint[6];

        // SAFETY: header and sets are as long as capget(2) says for version 3.
        return Libc.Call(SyscallNumbers.capget, (long)header, (long)sets) < 0 ? 0 : sets[1] | (ulong)sets[4] << 32;
    }

    private static ulong FindAll()
    {
        ulong all = 0;
        for (int i = 0; i < Most && Libc.Call(SyscallNumbers.prctl, PR_CAPBSET_READ, i) >= 0; i++)
            all |= 1ul << i;
        return all;
    }

    private static int IndexOf(string name)
    {
        for (int i = 0; i < CapabilityNames.All.Count; i++)
        {
            if (CapabilityNames.All[i] == name)
                return i;
        }

        throw new ArgumentException(name);
    }

    private static string NameOf(int number) => number < CapabilityNames.All.Count ? CapabilityNames.All[number] : number.ToString(CultureInfo.InvariantCulture);
}
