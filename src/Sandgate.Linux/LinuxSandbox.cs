using Sandgate.Core;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;
using Sandgate.Linux.Confine;
using Sandgate.Linux.Confine.Limits;
using Sandgate.Linux.Confine.Unshare;
using Sandgate.Linux.Control;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Decode.Names;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Processes;
using Sandgate.Linux.ProgramChannel;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux;

/// <summary>Runs one program and its tree under rules: wires Launch → Trap → Decode → Enforce.</summary>
public sealed class LinuxSandbox : IDisposable
{
    private const int PR_SET_DUMPABLE = 4, PR_SET_CHILD_SUBREAPER = 36;
    private const int ENOENT = 2, ENOEXEC = 8, SIGINT = 2, SIGKILL = 9;

    /// <summary>Exit status when the sandbox could not be set up and nothing ran.</summary>
    public const int SetUpFailed = 125;

    /// <summary>Exit status when the command was denied or can't be executed.</summary>
    public const int NotExecutable = 126;

    /// <summary>Exit status when the command was not found.</summary>
    public const int NotFound = 127;

    private readonly SandboxRequest _request;
    private readonly Recorder _recorder;
    private readonly Action<string> _say;
    private readonly KernelFeatures _kernel = KernelFeatures.Probe();
    private readonly Inherited _inherited = Inherited.Read();
    private readonly StandardStreams _streams = new();
    private readonly FileHashes _hashes = new();

    // Read before the process becomes undumpable: then only root may open it.
    private readonly List<byte[]> _environment;
    private readonly TargetRoots _roots = new();
    private readonly LinuxCatalogue _catalogue = new();
    private readonly ILauncher _launcher;
    private readonly SessionControl? _control;
    private readonly RulesInForce _rules;
    private readonly StatusLines _status;
    private readonly LimitWatch _limits;
    private readonly SideDoors _shut;
    private readonly Mechanisms _mechanisms;
    private readonly ChannelServer? _channel;
    private readonly ProcessBook? _book;
    private CallEvent? _firstExec;
    private Usage? _usage;

    /// <summary>Makes a sandbox.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="recorder">Where decided calls are written down.</param>
    /// <param name="say">Prints one message of Sandgate's own.</param>
    public LinuxSandbox(SandboxRequest request, Recorder recorder, Action<string> say)
    {
        (_request, _recorder, _say) = (request, recorder, say);
        _environment = ScrubbedEnvironment.Of(CommandLine.Environment(), [.. request.Confinement.Isolation.ScrubbedVariables, ChannelSocket.Variable]);
        _status = new(request.StatusDescriptor, request.KeptDescriptors);
        _limits = new(request.Confinement, request.Summary || request.StatusDescriptor is not null, say);
        _shut = SideDoorsOf.Rules(request.Rules, _catalogue, shape => Includes(request.Expected, shape));
        _mechanisms = Confine();
        _control = request.Control is null ? null : new(request.Control, request, recorder, _limits, say);
        _rules = new RulesInForce(request.Rules with { Isolation = request.Confinement.Isolation, Limits = request.Confinement.Limits }, request.ConfigFiles, _catalogue, IsWatched, _shut, recorder.WantsAll, _roots, say, _control?.Guard ?? new(request.OwnFiles, null, null));
        _control?.InForce = _rules;
        TakeRights();
        _channel = request.Channel ? new(new(_mechanisms), () => _rules.Policy, _catalogue, _roots, recorder, request.Session, say) : null;
        recorder.Session = Begin;
        _book = recorder.WantsDetails ? new(recorder.Record, TimeProvider.System) : null;
        _launcher = Launchers.Choose(Environment.GetEnvironmentVariable(Launchers.Variable), new PosixSpawnLauncher(say, RulesNeed));
    }

    /// <summary>
    /// True when Ctrl-C ended the program. A shell that runs a loop stops it only if its job died of the signal;
    /// so should the supervisor then, by <see cref="DieOfCtrlC"/>.
    /// </summary>
    public bool EndedByCtrlC { get; private set; }

    /// <summary>Ends this process by SIGINT.</summary>
    public static unsafe void DieOfCtrlC()
    {
        // struct sigaction of the kernel, all zero: the default action.
        ulong* byDefault = stackalloc ulong[4];
        new Span<ulong>(byDefault, 4).Clear();

        // SAFETY: byDefault lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.rt_sigaction, SIGINT, (long)byDefault, 0, sizeof(ulong));
        Libc.CallBlocking(SyscallNumbers.kill, Environment.ProcessId, SIGINT);
    }

    /// <summary>Runs the program to its end and the end of everything it started. Returns the exit status.</summary>
    /// <exception cref="SandboxException">The sandbox could not be set up; nothing ran.</exception>
    public int Run()
    {
        int status = SetUpFailed;
        try
        {
            return status = RunToEnd();
        }
        finally
        {
            _control?.Ended(status);
            _status.Ended(status, _usage, _limits.Struck?.Limit);
            (long calls, long dropped) = _recorder.Counts;
            if (calls > 0 || _recorder.HasBegun)
                _recorder.Record(new SessionEnded { Time = TimeProvider.System.GetUtcNow(), Status = status, Limit = _limits.Struck?.Limit, Calls = calls, Dropped = dropped });
        }
    }

    private int RunToEnd()
    {
        List<byte[]> arguments = CommandLine.BytesOf(_request.Command);
        string command = TargetText.FromBytes(arguments[0]);
        if (Root is { } root && !Directory.Exists(root))
            throw new SandboxException($"there is no directory {root}, which was to be the root; nothing was run");
        (string? file, int errno) = CommandLookup.Find(command, CommandLine.Variable(_environment, "PATH="u8), Root);
        if (file is null)
        {
            _say($"{Quote(command)}: {(errno == ENOENT ? "command not found" : "cannot be executed: " + Errnos.NameOf(errno))}");
            return errno == ENOENT ? NotFound : NotExecutable;
        }

        if (IsDenied(file, arguments))
            return NotExecutable;

        Prepare();
        using SignalForwarding signals = new(_inherited, _request.Reload is null ? null : Reload, KillTree);
        byte[] bytes = TargetText.ToBytes(file);
        LaunchResult launched = LaunchConfined(bytes, arguments, out string failed, out Gate? gate);
        if (failed == SandboxPlan.ExecuteProgram && launched.Errno == ENOEXEC)
        {
            // A script without "#!" is the shell's, as execvp(3) has it.
            arguments = ["/bin/sh"u8.ToArray(), bytes, .. arguments[1..]];
            if (IsDenied("/bin/sh", arguments))
                return NotExecutable;
            launched = LaunchConfined("/bin/sh"u8.ToArray(), arguments, out failed, out gate);
        }

        _channel?.IsTaken();
        if (launched.Pid < 0)
            throw new SandboxException(SetUpHints.StartProcess, -launched.Pid, SetUpHints.For(SetUpHints.StartProcess, -launched.Pid));
        if (!launched.Runs)
            return Refuse(command, launched, failed);
        using (gate)
        {
            _rules.Apply = gate!.Use;
            _status.Started(launched.Pid);
            _book?.Started(launched.Pid);
            _mechanisms.Started(launched.Pid);
            SayGrants();
            _limits.Started(launched.Pid);
            _channel?.Serve();
            _control?.Started(launched.Pid, gate);
            return Supervise(launched.Pid, signals, gate);
        }
    }

    // Limits come first: the child takes them on while it still has its rights and sees the host's files.
    private Mechanisms Confine()
    {
        try
        {
            return new(LimitParts.Of(_request.Confinement, _limits, (_shut & SideDoors.Opens) != 0).Concat(ConfinementParts.Of(_request.Confinement, UserPlaces.CurrentDirectory)), _request.Confinement.Demand);
        }
        catch
        {
            _limits.Dispose();
            throw;
        }
    }

    private SessionStart Begin() => _request.Start() with
    {
        Time = TimeProvider.System.GetUtcNow(),
        Command = _request.Command,
        Directory = UserPlaces.CurrentDirectory,
        RuleFiles = _request.ConfigFiles,
        Demand = _request.Confinement.Demand,
        Grants = _mechanisms.Grants,
        LiftedFloor = [.. _request.Rules.LiftedFloor.Select(Floor.NameOf)],
    };

    private bool IsDenied(string file, List<byte[]> arguments)
    {
        (bool denied, CallEvent? written) = FirstExec.Judge(
            _rules.Policy, _recorder, AskFirst, _rules.Policy.NeedsOf(_catalogue.ShapeOf(SyscallNumbers.execve)!), _hashes, file, arguments, Root);

        // The record begins with what becomes of the mechanisms, which the launch will tell.
        if (!denied)
            _firstExec = written;
        else if (written is not null)
            _recorder.Record(written, told: 0);
        return denied;
    }

    // Of the program; null when it is the supervisor's own.
    private string? Root => _request.Confinement.Isolation.Files.Root is { } root ? RealPath.Of(root) ?? root : null;

    private Verdict AskFirst(Call call, Verdict verdict)
    {
        using Questions questions = new(Asker, new ProcessNames(), _rules.Policy.DecideFrom, () => throw new InvalidOperationException("Nothing is queued."));
        return questions.Ask(call, verdict, () => true);
    }

    private IAsker? Asker => _control?.Desk ?? _request.Asker;

    private bool Reload() => _rules.Replace(_request.Reload!);

    private void Prepare()
    {
        RuntimeDoors.Close();

        // Out of reach of processes of the same user: memory, registers, descriptors (ptrace(2), proc(5)).
        if (!_request.Rules.LiftedFloor.Contains(FloorRule.SupervisorMemory))
        {
            Libc.Call(SyscallNumbers.prctl, PR_SET_DUMPABLE, 0);
            Supervisor.IsClosed = true;
        }

        if (Libc.Call(SyscallNumbers.prctl, PR_SET_CHILD_SUBREAPER, 1) is < 0 and var errno)
            throw new SandboxException("become the tree's reaper", (int)-errno, "nothing was run");
        InheritedDescriptors.CloseAllBut(_request.KeptDescriptors);
        _channel?.Offer(_environment, [_inherited.OpenFilesLimit?.Soft, (ulong?)_request.Confinement.Limits.OpenFiles]);
    }

    // What can't be had shows when it is tried; then it is gone without, or refused.
    private LaunchResult LaunchConfined(byte[] file, List<byte[]> arguments, out string failed, out Gate? gate)
    {
        while (true)
        {
            LaunchResult launched = Launch(file, arguments, out failed, out gate, out string? mechanism);
            if (launched.Runs || mechanism is null)
                return launched;
            _mechanisms.Drop(mechanism, $"cannot {failed}: {Errnos.NameOf(launched.Errno)}");
            TakeRights();
        }
    }

    // What is done for the program is done with what it was left.
    private void TakeRights()
    {
        Capabilities? dropped = _mechanisms.Find<Capabilities>();
        _roots.Credentials.BeginsWith = dropped?.Left;
        _roots.Credentials.MayDiffer = dropped is { Left: null } || _mechanisms.Find<UserNamespace>() is not null;
        _roots.MayDiffer = _mechanisms.Find<NewNamespace>() is not null;
        _roots.Credentials.Wall = _mechanisms.Find<Landlock>()?.Wall;
    }

    private LaunchResult Launch(byte[] file, List<byte[]> arguments, out string failed, out Gate? gate, out string? mechanism)
    {
        if (MayBeEnded && _mechanisms.Find<PidNamespace>() is null && !_limits.Groups.LimitProcesses)
            _limits.Forks ??= new(int.MaxValue);
        using LaunchPlan plan = Plan(file, arguments);
        NameLearner? names = _recorder.WantsDetails || FilterPlan.WantsNames(_rules.Policy, _catalogue) ? new(TimeProvider.System) : null;
        Escort escort = new(_kernel, _say, KillTree);
        Gate? opened = null;
        using ReadyThread loop = new("gate");
        LaunchResult result = _launcher.Run(plan, listener => opened = OpenGate(listener, loop, names, escort));
        (failed, mechanism) = result.FailedStep >= 0 ? (plan.Steps[result.FailedStep].Purpose, plan.Steps[result.FailedStep].Mechanism) : ("", null);
        if (!result.Runs)
        {
            opened?.TreeHasEnded();
            opened?.Dispose();
        }

        gate = opened;
        return result;
    }

    // What is recorded begins with what stands around the gate, which is certain only now.
    private Gate OpenGate(Listener listener, ReadyThread loop, NameLearner? names, Escort escort)
    {
        // Whoever hasn't the parent's end for a signal of his own would go on, and wait for ever at his next call.
        AppDomain.CurrentDomain.UnhandledException += (_, _) => TreeKill.Run();
        _recorder.Begin();
        if (_firstExec is not null)
            _recorder.Record(_firstExec, told: 0);
        return new(loop, listener, _kernel, _roots, NewSession, _mechanisms.TreeHasEnded);

        Session NewSession(ITrap trap, Action<Exception> whenBroken) => new(
            trap, () => new LinuxDecoder(_roots, _streams, _hashes, names, escort, _say, _limits.Forks), _catalogue, (IProcessNames?)_book ?? new ProcessNames(), _rules.Policy,
            _recorder, Asker, TimeProvider.System, KillTree, whenBroken);
    }

    /// <summary>The plan as text; nothing is run.</summary>
    public string DescribePlan()
    {
        using LaunchPlan plan = Plan(System.Text.Encoding.UTF8.GetBytes(_request.Command[0]), CommandLine.BytesOf(_request.Command));
        return plan.ToString();
    }

    private LaunchPlan Plan(byte[] file, List<byte[]> arguments)
    {
        FilterAction foreign = _request.Rules.LiftedFloor.Contains(FloorRule.ForeignAbi) ? FilterAction.Allow : FilterAction.Fail(38 /* ENOSYS */);
        bool keep = _request.Rules.LiftedFloor.Contains(FloorRule.SupervisorMemory);
        return SandboxPlan.Build(
            file, arguments, _environment, _inherited,
            exec => SeccompFilter.Compile(FilterPlan.Cases(_rules.Policy, _catalogue, exec.Passes, IsWatched, _shut, _rules.PassSettled, _mechanisms.RefusedCalls), foreign), _kernel, keep, _mechanisms);
    }

    private bool RulesNeed(int number) =>
        _catalogue.ShapeOf(number) is { } shape && (_rules.Policy.TrapSet.ReasonFor(shape) & TrapReason.Rule) != 0;

    private bool IsWatched(SyscallShape shape) => IsCounted(shape) || Includes(_request.Watched, shape) || Includes(_request.Expected, shape) || (_recorder.WantsDetails && RecordedCalls.Include(shape));

    // Nobody is quick enough for what forks all the time. Where the kernel doesn't end the tree as a whole, the gate refuses it to fork from then on.
    private bool MayBeEnded => !_request.Confinement.Limits.IsEmpty || _request.Rules.Rules.Any(rule => rule.Action == RuleAction.Kill);

    private void KillTree()
    {
        _limits.Forks?.Close();
        TreeKill.Run();
    }

    // Where no control group limits them, the gate does.
    private bool IsCounted(SyscallShape shape) => _limits.Forks is not null && shape.Operations.Contains(Operation.Fork);

    private static bool Includes(IReadOnlySet<string> calls, SyscallShape shape) => calls.Count > 0 && (
        calls.Contains("*") || calls.Contains(shape.Name) || shape.Operations.Any(o => calls.Contains(Operations.Of(o)!.Name)));

    private int Refuse(string command, LaunchResult launched, string failed)
    {
        if (failed != SandboxPlan.ExecuteProgram)
            throw new SandboxException(failed, launched.Errno, SetUpHints.For(failed, launched.Errno));
        _say($"{Quote(command)}: cannot be executed: {Errnos.NameOf(launched.Errno)}");
        return launched.Errno == ENOENT ? NotFound : NotExecutable;
    }

    private void SayGrants()
    {
        foreach (Grant grant in _mechanisms.Grants.Where(g => g.Kind != GrantKind.Given))
            _say($"{grant.Mechanism}: {(grant.Kind == GrantKind.Substituted ? "by a substitute: " : "NOT in force: ")}{grant.How}");
    }

    private int Supervise(int program, SignalForwarding signals, Gate gate)
    {
        JobControl job = new(program, () => _control?.IsPaused == true, _limits.StandStill);
        signals.StartFor(program, job);
        int status = new Reaper(program, job, signals, () =>
            _say("the program has ended; processes that it left running are still supervised (Ctrl-C ends them)")).Run();
        gate.TreeHasEnded();
        _channel?.TreeHasEnded();
        _book?.TreeHasEnded(program, status);
        if (_limits.IsWanted)
        {
            _usage = _limits.Finish(status);
            if (_request.Summary || !_request.Confinement.Limits.IsEmpty)
                _say(_usage.ToString());
        }

        if (gate.Broken is { } broken)
        {
            _say($"a defect in Sandgate: its gate broke, and the program was killed rather than run unjudged: {broken}");
            return 128 + SIGKILL;
        }

        if (_limits.Struck is { } struck)
            return struck.Status;
        if (_control?.WasKilled == true)
            return 128 + SIGKILL;
        EndedByCtrlC = status == 128 + SIGINT && signals.HearsOfCtrlC();
        return status;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _control?.Dispose();
        _mechanisms.Dispose();
        _book?.Dispose();
        _limits.Dispose();
        _rules.Dispose();
        _channel?.Dispose();
    }

    private static string Quote(string text)
    {
        System.Text.StringBuilder quoted = new();
        CallText.AppendEscaped(quoted, text);
        return quoted.ToString();
    }
}
