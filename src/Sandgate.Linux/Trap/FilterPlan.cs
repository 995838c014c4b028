using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode.Names;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Enforce.Dumpable;
using Sandgate.Linux.Enforce.Sockets;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// Which calls stop, which the kernel refuses by itself, and which it lets pass: the policy's
/// <see cref="TrapSet"/> and the floor, as cases for <see cref="SeccompFilter"/>.
/// </summary>
internal static class FilterPlan
{
    private const int EPERM = 1, EBUSY = 16, EINVAL = 22, ENOSYS = 38, EOPNOTSUPP = 95;
    private const uint CLONE_UNTRACED = 0x00800000, CLONE_NEWNS = 0x00020000, CLONE_NEWUSER = 0x10000000;

    // A descriptor's owner is sent signals when it becomes ready: a way to signal whoever is named owner.
    private const uint F_SETFL = 4, O_ASYNC = 0x2000, FIOASYNC = 0x5452;
    private const uint F_SETOWN = 8, F_SETOWN_EX = 15, FIOSETOWN = 0x8901, SIOCSPGRP = 0x8902, SignBit = 0x80000000;
    private const uint PIDFD_SIGNAL_PROCESS_GROUP = 4;
    private const uint TIOCSTI = 0x5412, TIOCLINUX = 0x541c;
    private const uint SECCOMP_SET_MODE_FILTER = 1, SECCOMP_FILTER_FLAG_NEW_LISTENER = 8;
    private const uint FAN_REPORT_FID = 0x200, FAN_REPORT_DIR_FID = 0x400;
    private const uint PR_SET_MM = 35, MNT_DETACH = 2;
    private const uint USERFAULTFD_IOC_NEW = 0xaa00, UFFD_USER_MODE_ONLY = 1, F_SETDELEG = 1040;
    private const uint PTRACE_ATTACH = 16, PTRACE_SEIZE = 0x4206;

    // What takes capabilities away at the next execve(2), where no call tells of it (capabilities(7)).
    private const uint PR_CAPBSET_DROP = 24, PR_SET_SECUREBITS = 28, PR_CAP_AMBIENT = 47;

    // credentials(7), user_namespaces(7)
    private static readonly int[] s_credentials =
    [
        SyscallNumbers.setuid, SyscallNumbers.setgid, SyscallNumbers.setreuid, SyscallNumbers.setregid, SyscallNumbers.setresuid, SyscallNumbers.setresgid,
        SyscallNumbers.setfsuid, SyscallNumbers.setfsgid, SyscallNumbers.setgroups, SyscallNumbers.capset, SyscallNumbers.unshare, SyscallNumbers.setns, SyscallNumbers.clone3,
    ];

    /// <summary>O_WRONLY | O_RDWR | O_CREAT | O_TRUNC: an open that can change something.</summary>
    private const uint OpenForChange = 0x1 | 0x2 | 0x40 | 0x200;

    /// <summary>Makes the cases.</summary>
    /// <param name="policy">The rules in force.</param>
    /// <param name="catalogue">The kernel's calls.</param>
    /// <param name="firstExec">What lets the plan's own execve pass before the supervisor listens.</param>
    /// <param name="watched">True for calls that somebody wants to see though no rule needs them.</param>
    /// <param name="shut">Ways past the rules that are refused.</param>
    /// <param name="passSettled">True when calls that their registers settle as allowed need not be seen.</param>
    /// <param name="refused">What is refused in front of everything else; null for nothing.</param>
    public static FilterCase[]?[] Cases(
        Policy policy, ICatalogue catalogue, FilterCase[] firstExec, Func<SyscallShape, bool> watched, SideDoors shut, bool passSettled = true, IReadOnlyList<CallCase>? refused = null)
    {
        FilterCase[]?[] cases = new FilterCase[]?[catalogue.Count + 1];
        Needs needs = Needs.None;
        bool keepsCoreDumpsOff = (shut & SideDoors.Opens) != 0 && !CoreDumps.AreOn && policy.Set.Limits.CoreDumps != true;
        for (int number = 0; number < catalogue.Count; number++)
        {
            if (catalogue.ShapeOf(number) is not { } shape)
                continue;
            TrapReason reason = policy.TrapSet.ReasonFor(shape);
            if (watched(shape))
                reason |= TrapReason.Record;
            if (reason != TrapReason.None)
            {
                needs |= policy.NeedsOf(shape);
            }

            List<FilterCase> own = [];
            foreach (CallCase call in refused ?? [])
            {
                if (call.Number == number)
                    own.Add(call.Case);
            }

            AddFloor(own, number, policy.Set);
            if (policy.Set.Isolation.Paths is { Connect: not null } or { Bind: not null })
                OtherWaysToPorts.AddCases(own, number);
            else if (number == SyscallNumbers.setsockopt && (shut & SideDoors.Ports) != 0)
                own.Add(OtherWaysToPorts.ChosenPort);
            if ((shut & SideDoors.Addresses) != 0)
                OtherWaysToAddresses.AddCases(own, number);
            if ((shut & SideDoors.Received) != 0)
                OtherWaysToReceive.AddCases(own, number);
            if ((shut & SideDoors.Signals) != 0)
                OtherWaysToSignal.AddCases(own, number);
            if ((shut & SideDoors.Queues) != 0 && number is SyscallNumbers.mq_open or SyscallNumbers.mq_unlink)
                own.Add(new([], FilterAction.Fail(ENOSYS)));
            if (keepsCoreDumpsOff)
                CoreDumps.AddCases(own, number);
            if (number == SyscallNumbers.ioctl)
                IoctlsOnFiles.AddCases(own, shut);
            ContentsByMemory.AddCases(own, number, shut);
            WritableCode.AddCases(own, number, policy.Set.Isolation.Code);
            if ((reason & TrapReason.Record) == 0 && PartlyInFamilies.Tests(policy, shape, number) is { } writing)
            {
                if ((reason & TrapReason.Rule) != 0)
                    own.AddRange(writing.Select(tests => new FilterCase(tests, FilterAction.Notify)));
                reason &= TrapReason.Floor;
            }

            // The floor, too, may have a file that must not even be read.
            if (reason == TrapReason.Floor && SettledOpens.FlagsOf(number) >= 0 && SettledOpens.StoppingFlags(policy, shape) == 0)
                own.Add(new([], FilterAction.Notify));
            AddTraps(own, number, reason, passSettled ? PassingUnless(policy, shape, number, reason) : 0);
            cases[number] = own.Count > 0 ? own.ToArray() : null;
        }

        // Whoever resolves the program's paths (sockets have them, too) must hear when the program changes what paths mean.
        if ((needs & (Needs.ResolvedPaths | Needs.Addresses)) != 0)
        {
            foreach (int number in (ReadOnlySpan<int>)[SyscallNumbers.chroot, SyscallNumbers.pivot_root, SyscallNumbers.setns, SyscallNumbers.unshare, SyscallNumbers.clone3])
                Append(ref cases[number], new([], FilterAction.Notify));
            Append(ref cases[SyscallNumbers.clone], new([ArgumentTest.HasAny(0, CLONE_NEWNS | CLONE_NEWUSER)], FilterAction.Notify));
        }

        // Whoever does the program's calls for it must hear when its rights change, and can't take over what it restricts itself by.
        bool emulates = Emulates(policy, catalogue, watched);
        bool staysNear = TargetCredentials.IsBlind && (needs & (Needs.Text | Needs.Facts)) != 0;
        if (emulates || staysNear)
        {
            foreach (int number in s_credentials)
                Append(ref cases[number], new([], FilterAction.Notify));
            Append(ref cases[SyscallNumbers.clone], new([ArgumentTest.HasAny(0, CLONE_NEWUSER)], FilterAction.Notify));
            foreach (uint option in (ReadOnlySpan<uint>)[PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_CAP_AMBIENT])
                Append(ref cases[SyscallNumbers.prctl], new([ArgumentTest.Is(0, option)], FilterAction.Notify));
        }

        // Nor wait wherever a name changes until somebody gives up what he was promised of the directory: as by a kernel from before 6.19.
        if (emulates)
        {
            Append(ref cases[SyscallNumbers.landlock_create_ruleset], new([], FilterAction.Fail(EOPNOTSUPP)));
            cases[SyscallNumbers.fcntl] = [new([ArgumentTest.Is(1, F_SETDELEG)], FilterAction.Fail(EINVAL)), .. cases[SyscallNumbers.fcntl] ?? []];
            if (OpensToRead(policy, catalogue, watched))
            {
                foreach (CallCase stopped in OpenLocks.Stopped)
                    Append(ref cases[stopped.Number], stopped.Case);
            }
        }

        // With its events the kernel hands out the files they are about, open (fanotify(7)), unless it is to name them by handles.
        if ((shut & SideDoors.Opens) != 0)
            Append(ref cases[SyscallNumbers.fanotify_init], new([ArgumentTest.HasNone(0, FAN_REPORT_FID | FAN_REPORT_DIR_FID)], FilterAction.Fail(EPERM)));

        // Whoever may look only into what lets itself be looked into must see to it that it does.
        if (staysNear)
        {
            foreach (CallCase stopped in DumpableCalls.Stopped)
                Append(ref cases[stopped.Number], stopped.Case);
            cases[DumpableCalls.Own.Number] = [DumpableCalls.Own.Case, .. cases[DumpableCalls.Own.Number]!];
        }

        // Whoever knows addresses by their names must hear of the program's questions and answers.
        if ((needs & Needs.Domains) != 0)
        {
            foreach (int number in NameLearner.Calls)
                Append(ref cases[number], new([], FilterAction.Notify));
            foreach (int number in NameLearner.PlainCalls)
            {
                // Nobody reads an answer into so much room as many read files with. Above 2: some bit but the lowest two is set, or both of these are.
                ArgumentTest[] small = number is SyscallNumbers.read or SyscallNumbers.write ? [ArgumentTest.HasNone(2, ~(NameLearner.LargestRoom - 1))] : [];
                Append(ref cases[number], new([ArgumentTest.HasAny(0, ~3u), .. small], FilterAction.Notify));
                Append(ref cases[number], new([ArgumentTest.Is(0, 3), .. small], FilterAction.Notify));
            }
        }

        // Whoever connects sockets for the program must tell the other end in whose name.
        if (catalogue.ShapeOf(SyscallNumbers.connect) is { } connect && policy.TrapSet.ReasonFor(connect) != TrapReason.None && policy.RestrictsByMemory(connect))
        {
            foreach (uint option in (ReadOnlySpan<uint>)[PeerQuestion.SO_PEERCRED, PeerQuestion.SO_PEERPIDFD])
                Append(ref cases[SyscallNumbers.getsockopt], new([ArgumentTest.Is(1, PeerQuestion.SOL_SOCKET), ArgumentTest.Is(2, option)], FilterAction.Notify));
        }

        // A call that is newer than the table is a call that no rule knows: it doesn't exist here.
        cases[catalogue.Count] = [new([], FilterAction.Fail(ENOSYS))];
        if (cases[SyscallNumbers.execve] is { } exec)
            cases[SyscallNumbers.execve] = [.. firstExec, .. exec];
        return cases;
    }

    /// <summary>True when the supervisor does calls for the program, with the program's rights: then it hears when those change.</summary>
    public static bool Emulates(Policy policy, ICatalogue catalogue, Func<SyscallShape, bool> watched) =>
        catalogue.Syscalls.Any(shape => (watched(shape) || policy.TrapSet.ReasonFor(shape) != TrapReason.None)
            && (policy.WatchesNames(shape) || (shape.IsEmulated && policy.RestrictsByMemory(shape))));

    private static bool OpensToRead(Policy policy, ICatalogue catalogue, Func<SyscallShape, bool> watched) =>
        catalogue.ShapeOf(SyscallNumbers.openat) is { } open && (watched(open) || (policy.TrapSet.ReasonFor(open) & (TrapReason.Rule | TrapReason.Record)) != 0);

    /// <summary>True when a rule asks for the names that addresses are known by.</summary>
    public static bool WantsNames(Policy policy, ICatalogue catalogue) =>
        catalogue.Syscalls.Any(shape => policy.TrapSet.ReasonFor(shape) != TrapReason.None && (policy.NeedsOf(shape) & Needs.Domains) != 0);

    /// <summary>The flags of which an open must have one to stop, where some opens need not; else 0.</summary>
    public static uint PassingUnless(Policy policy, SyscallShape shape, int number, TrapReason reason) =>
        (reason & (TrapReason.Rule | TrapReason.Record)) == TrapReason.Rule && SettledOpens.FlagsOf(number) >= 0 ? SettledOpens.StoppingFlags(policy, shape) : 0;

    /// <summary>The same for every call.</summary>
    public static uint[] PassingUnless(Policy policy, ICatalogue catalogue, Func<SyscallShape, bool> watched, bool passSettled)
    {
        uint[] passing = new uint[catalogue.Count];
        for (int number = 0; number < passing.Length && passSettled; number++)
        {
            if (catalogue.ShapeOf(number) is { } shape && !watched(shape))
                passing[number] = PassingUnless(policy, shape, number, policy.TrapSet.ReasonFor(shape));
        }

        return passing;
    }

    /// <summary>The calls that stop whatever their arguments are: what rules that come later can count on.</summary>
    public static bool[] Stopped(Policy policy, ICatalogue catalogue, Func<SyscallShape, bool> watched)
    {
        bool[] stopped = new bool[catalogue.Count];
        for (int number = 0; number < stopped.Length; number++)
            stopped[number] = catalogue.ShapeOf(number) is { } shape && (watched(shape) || (policy.TrapSet.ReasonFor(shape) & TrapReason.Rule) != 0);
        return stopped;
    }

    /// <summary>The same for the calls that give names to files.</summary>
    public static bool[] StoppedForNames(Policy policy, ICatalogue catalogue, Func<SyscallShape, bool> watched)
    {
        bool[] stopped = new bool[catalogue.Count];
        for (int number = 0; number < stopped.Length; number++)
            stopped[number] = catalogue.ShapeOf(number) is { } shape && (watched(shape) || policy.WatchesNames(shape) || (policy.TrapSet.ReasonFor(shape) & TrapReason.Rule) != 0);
        return stopped;
    }

    private static void Append(ref FilterCase[]? cases, FilterCase last) => cases = cases is null ? [last] : [.. cases, last];

    /// <summary>True when this call tells that a process may no longer share the supervisor's root or mounts.</summary>
    public static bool ChangesRoot(int number, ReadOnlySpan<ulong> registers) =>
        number is SyscallNumbers.chroot or SyscallNumbers.pivot_root or SyscallNumbers.setns or SyscallNumbers.unshare or SyscallNumbers.clone3
        || (number == SyscallNumbers.clone && (registers[0] & (CLONE_NEWNS | CLONE_NEWUSER)) != 0);

    /// <summary>True when this call tells that a process may no longer have the supervisor's rights.</summary>
    public static bool ChangesCredentials(int number, ReadOnlySpan<ulong> registers) =>
        Array.IndexOf(s_credentials, number) >= 0 || (number == SyscallNumbers.clone && (registers[0] & CLONE_NEWUSER) != 0)
        || (number == SyscallNumbers.prctl && (uint)registers[0] is PR_CAPBSET_DROP or PR_SET_SECUREBITS or PR_CAP_AMBIENT);

    private static void AddFloor(List<FilterCase> own, int number, RuleSet set)
    {
        bool Holds(FloorRule rule) => !set.LiftedFloor.Contains(rule);
        switch (number)
        {
            case SyscallNumbers.io_uring_setup or SyscallNumbers.io_uring_enter or SyscallNumbers.io_uring_register when Holds(FloorRule.IoUring):
            case SyscallNumbers.clone3 when Holds(FloorRule.CloneUntraced):
                own.Add(new([], FilterAction.Fail(ENOSYS)));
                break;
            case SyscallNumbers.clone when Holds(FloorRule.CloneUntraced):
                own.Add(new([ArgumentTest.HasAny(0, CLONE_UNTRACED)], FilterAction.Fail(EPERM)));
                break;
            case SyscallNumbers.ioctl:
                foreach (uint command in RefusedIoctls(set))
                    own.Add(new([ArgumentTest.Is(1, command)], FilterAction.Fail(EPERM)));
                if (Holds(FloorRule.SupervisorSignals))
                    own.Add(new([ArgumentTest.Is(1, FIOASYNC)], FilterAction.Notify));
                own.Add(new([ArgumentTest.Is(1, USERFAULTFD_IOC_NEW), ArgumentTest.HasNone(2, UFFD_USER_MODE_ONLY)], FilterAction.Fail(EPERM)));
                break;
            case SyscallNumbers.userfaultfd:
                // Whoever reads such a page waits until the program hands it over: the supervisor, too. The kernel's own reading can be left out, and asks for
                // CAP_SYS_PTRACE otherwise (userfaultfd(2)); but not where the device can be opened, or where vm.unprivileged_userfaultfd is set.
                own.Add(new([ArgumentTest.HasNone(0, UFFD_USER_MODE_ONLY)], FilterAction.Fail(EPERM)));
                break;
            case SyscallNumbers.pidfd_send_signal when Holds(FloorRule.SupervisorSignals):
                own.Add(new([ArgumentTest.HasAny(3, PIDFD_SIGNAL_PROCESS_GROUP)], FilterAction.Fail(EINVAL)));
                break;
            case SyscallNumbers.fcntl when Holds(FloorRule.SupervisorSignals):
                own.Add(new([ArgumentTest.Is(1, F_SETOWN), ArgumentTest.Is(2, (uint)Environment.ProcessId)], FilterAction.Fail(EPERM)));
                own.Add(new([ArgumentTest.Is(1, F_SETOWN), ArgumentTest.HasAny(2, SignBit)], FilterAction.Fail(EPERM)));
                own.Add(new([ArgumentTest.Is(1, F_SETOWN)], FilterAction.Notify));
                own.Add(new([ArgumentTest.Is(1, F_SETOWN_EX)], FilterAction.Fail(EPERM)));

                // A terminal that is to send signals gets its foreground group for an owner, and the supervisor is in it.
                own.Add(new([ArgumentTest.Is(1, F_SETFL), ArgumentTest.HasAny(2, O_ASYNC)], FilterAction.Notify));
                break;
            case SyscallNumbers.prctl:
                // With CAP_SYS_RESOURCE a program could say that it runs another file than it does; rules believe /proc/PID/exe.
                own.Add(new([ArgumentTest.Is(0, PR_SET_MM)], FilterAction.Fail(EPERM)));
                break;
            case SyscallNumbers.seccomp when Holds(FloorRule.NestedListener):
                own.Add(new(
                    [ArgumentTest.Is(0, SECCOMP_SET_MODE_FILTER), ArgumentTest.HasAny(1, SECCOMP_FILTER_FLAG_NEW_LISTENER)], FilterAction.Fail(EBUSY)));
                break;
        }
    }

    private static ReadOnlySpan<uint> RefusedIoctls(RuleSet set) =>
        (set.LiftedFloor.Contains(FloorRule.TerminalInjection), set.LiftedFloor.Contains(FloorRule.SupervisorSignals)) switch
        {
            (false, false) => [TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP],
            (false, true) => [TIOCSTI, TIOCLINUX],
            (true, false) => [FIOSETOWN, SIOCSPGRP],
            _ => [],
        };

    private static void AddTraps(List<FilterCase> own, int number, TrapReason reason, uint stopping)
    {
        if (reason == TrapReason.None)
            return;
        if (stopping != 0)
            own.Add(new([ArgumentTest.HasAny(SettledOpens.FlagsOf(number), stopping)], FilterAction.Notify));
        else if (reason != TrapReason.Floor)
            own.Add(new([], FilterAction.Notify));
        else
        {
            foreach (ArgumentTest[] tests in FloorTests(number))
                own.Add(new(tests, FilterAction.Notify));
        }
    }

    // A call that only the floor looks at stops only when its registers say that the floor could mind.
    private static ArgumentTest[][] FloorTests(int number) => number switch
    {
        SyscallNumbers.open => [[ArgumentTest.HasAny(1, OpenForChange)]],
        SyscallNumbers.openat => [[ArgumentTest.HasAny(2, OpenForChange)]],
        SyscallNumbers.kill or SyscallNumbers.tkill => [[ArgumentTest.IsNot(1, 0)]],
        SyscallNumbers.tgkill => [[ArgumentTest.Is(0, (uint)Environment.ProcessId)]],
        SyscallNumbers.ptrace => [[ArgumentTest.Is(0, PTRACE_ATTACH)], [ArgumentTest.Is(0, PTRACE_SEIZE)]],
        SyscallNumbers.unshare or SyscallNumbers.clone => [[ArgumentTest.HasAny(0, CLONE_NEWNS)]],
        SyscallNumbers.mmap => WritableCode.MappingsOfFiles,
        SyscallNumbers.umount2 => [[ArgumentTest.HasAny(1, MNT_DETACH)]],
        SyscallNumbers.prlimit64 => [[ArgumentTest.IsNot(0, 0)]],
        _ => [[]],
    };
}
