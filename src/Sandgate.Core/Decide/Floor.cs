using System.Collections.Immutable;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide.Code;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide;

/// <summary>Things that no rule may open by accident, because each would lift the sandbox itself.</summary>
public enum FloorRule : byte
{
    /// <summary>io_uring does system calls that no filter sees; it answers ENOSYS and programs fall back.</summary>
    IoUring,

    /// <summary>32-bit and x32 calls have other numbers; they answer ENOSYS.</summary>
    ForeignAbi,

    /// <summary>CLONE_UNTRACED is refused; clone3, whose flags stand in memory, answers ENOSYS and programs fall back to clone.</summary>
    CloneUntraced,

    /// <summary>The supervisor's memory, registers, limits and descriptors are out of reach.</summary>
    SupervisorMemory,

    /// <summary>The memory, registers, limits and descriptors of processes outside of the tree are out of reach: they could do what rules refuse.</summary>
    OutsideMemory,

    /// <summary>The supervisor gets no signal from inside.</summary>
    SupervisorSignals,

    /// <summary>A second seccomp listener would answer in the supervisor's place.</summary>
    NestedListener,

    /// <summary>TIOCSTI and TIOCLINUX type commands into the user's terminal.</summary>
    TerminalInjection,

    /// <summary>The configuration in force can't be rewritten, renamed or removed.</summary>
    RunningConfig,

    /// <summary>Nothing gets another name by which rules that name files would allow more.</summary>
    OtherNames,
}

/// <summary>The floor's names, and its rules that need a call's arguments judged; the others are part of the kernel filter.</summary>
public static class Floor
{
    /// <summary>Each floor rule with the name that lifts it in a configuration.</summary>
    public static IReadOnlyList<string> Names => s_names;

    // In the order of the enumeration.
    private static readonly string[] s_names =
    [
        "io_uring", "foreign_abi", "clone_untraced", "supervisor_memory", "outside_memory", "supervisor_signals", "nested_listener", "terminal_injection", "running_config",
        "other_names",
    ];

    /// <summary>The name of a floor rule.</summary>
    public static string NameOf(FloorRule rule) => s_names[(int)rule];

    /// <summary>The calls that <see cref="FloorRule.OtherNames"/> looks at as soon as one of these families has rules that name files.</summary>
    public static IEnumerable<string> CallsThatGiveNames(IEnumerable<string> families) =>
        !families.Any(family => NameProbe.All.Any(p => p.Name == family)) ? []
        : [.. GivesOtherName.Operations.Select(o => Operations.Of(o)!.Name), .. GivesOtherName.Syscalls];

    /// <summary>The denies that stand above a run's rules: the floor's, and those of its isolation.</summary>
    /// <param name="rules">What the configuration says.</param>
    /// <param name="supervisorPid">The supervisor's process id.</param>
    /// <param name="configFiles">Real paths of the configuration files in force.</param>
    public static ImmutableArray<Rule> Above(RuleSet rules, int supervisorPid, IEnumerable<string> configFiles) =>
        [.. Rules(rules.LiftedFloor, supervisorPid, configFiles), .. AroundOthers(rules), .. CodeRules.Of(rules.Isolation.Code), .. PortRules.Of(rules.Isolation.Paths)];

    // What has no rules needs no way round them: then no open stops for this. Of what isolates, the kernel itself keeps the program from processes outside,
    // but where the filter alone refuses the network.
    private static IEnumerable<Rule> AroundOthers(RuleSet rules)
    {
        if (rules.LiftedFloor.Contains(FloorRule.OutsideMemory))
            yield break;
        Rule refused = Deny(FloorRule.OutsideMemory, Operation.Ptrace) with { When = ReachesOutside.Instance };
        yield return refused;
        if (rules.Rules.IsEmpty && rules.Default == RuleAction.Allow && rules.Isolation.Network is null or NetworkAccess.Host)
            yield break;
        foreach (string mode in (string[])["w*", "rw*"])
            yield return refused with { Scope = new(Operation.Open, null), When = AllOf.Of(new ByPosition([Path("/proc/*/mem"), Text(mode)]), ReachesOutside.Instance) };
    }

    /// <summary>The denies of the floor that are conditions over calls.</summary>
    /// <param name="lifted">The floor rules that the user lifted.</param>
    /// <param name="supervisorPid">The supervisor's process id.</param>
    /// <param name="configFiles">Real paths of the configuration files in force.</param>
    public static ImmutableArray<Rule> Rules(ImmutableArray<FloorRule> lifted, int supervisorPid, IEnumerable<string> configFiles)
    {
        List<Rule> rules = [];
        string pid = supervisorPid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (!lifted.Contains(FloorRule.SupervisorSignals))
            rules.Add(Deny(FloorRule.SupervisorSignals, Operation.Kill, Text(pid)));
        if (!lifted.Contains(FloorRule.SupervisorMemory))
            rules.Add(Deny(FloorRule.SupervisorMemory, Operation.Ptrace, Text(pid)));
        if (!lifted.Contains(FloorRule.RunningConfig))
        {
            foreach (string file in configFiles)
                rules.AddRange(Protect(file));
        }

        // A policy that names no files drops them.
        if (!lifted.Contains(FloorRule.OtherNames))
        {
            foreach (Operation operation in GivesOtherName.Operations)
                rules.Add(new() { Scope = new(operation, null), When = GivesOtherName.Instance, Action = RuleAction.NotAllow, Text = NameOf(FloorRule.OtherNames), Name = "floor: " + NameOf(FloorRule.OtherNames) });
        }

        return [.. rules];
    }

    /// <summary>
    /// What keeps the program from a socket of the supervisor's, and from the file beside it. No call needs to stop for these: what
    /// they are for is also refused by the supervisor itself.
    /// </summary>
    /// <param name="socket">The socket's real path.</param>
    /// <param name="stops">True for families of which every call stops anyway.</param>
    public static IEnumerable<Rule> AroundSocket(string socket, Func<Operation, bool> stops)
    {
        ArgumentPattern path = Path(socket);
        if (stops(Operation.Connect))
            yield return Deny(FloorRule.RunningConfig, Operation.Connect, Path("unix:" + socket));
        if (stops(Operation.Delete))
            yield return Deny(FloorRule.RunningConfig, Operation.Delete, path);
        if (stops(Operation.Link))
            yield return Deny(FloorRule.RunningConfig, Operation.Link, path);
        if (!stops(Operation.Rename))
            yield break;
        for (string above = socket; above.Length > 1; above = Parent(above))
        {
            yield return Deny(FloorRule.RunningConfig, Operation.Rename, Path(above));
            yield return Deny(FloorRule.RunningConfig, Operation.Rename, null, Path(above));
        }
    }

    /// <summary>What keeps the program from reading a file of the supervisor's.</summary>
    /// <param name="file">The file's real path.</param>
    public static Rule Hide(string file) => Deny(FloorRule.RunningConfig, Operation.Open, Path(file));

    private static IEnumerable<Rule> Protect(string file)
    {
        ArgumentPattern path = Path(file);
        yield return Deny(FloorRule.RunningConfig, Operation.Open, path, Text("w*"));
        yield return Deny(FloorRule.RunningConfig, Operation.Open, path, Text("rw*"));
        yield return Deny(FloorRule.RunningConfig, Operation.Truncate, path);
        yield return Deny(FloorRule.RunningConfig, Operation.Link, path);
        yield return Deny(FloorRule.RunningConfig, Operation.Delete, path);
        yield return Deny(FloorRule.RunningConfig, Operation.Rename, null, path);
        yield return Deny(FloorRule.RunningConfig, Operation.Mount, null, path);

        // Moving a directory above the file away makes room for another file of the same name.
        for (string above = file; above.Length > 1; above = Parent(above))
        {
            yield return Deny(FloorRule.RunningConfig, Operation.Rename, Path(above));
            yield return Deny(FloorRule.RunningConfig, Operation.Rename, null, Path(above));
            yield return Deny(FloorRule.RunningConfig, Operation.Mount, null, Path(above));
        }
    }

    private static string Parent(string path) => path[..Math.Max(1, path.LastIndexOf('/'))];

    private static Rule Deny(FloorRule rule, Operation operation, params ArgumentPattern?[] positions) => new()
    {
        Scope = new RuleScope(operation, null),
        When = new ByPosition([.. positions]),
        Action = RuleAction.NotAllow,
        Text = NameOf(rule),
        Name = "floor: " + NameOf(rule),
    };

    private static ArgumentPattern Text(string glob) => new(glob, Glob.Parse(glob), []);

    private static ArgumentPattern Path(string file)
    {
        Glob glob = Glob.Parse(file, "");
        return new(file, glob, [glob]);
    }
}
