using Microsoft.Win32.SafeHandles;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Unshare;

/// <summary>
/// A PID namespace. Its process 1 (<see cref="InitProgram"/>) lives as long as the tree and as the supervisor, whichever ends first, and ends
/// everybody in the namespace with it. The program is process 2, and the supervisor's own child.
/// </summary>
internal sealed unsafe class PidNamespace(long flag, string? why) : NewNamespace(Core.Confine.Namespaces.Pid, flag, why)
{
    private const int O_CLOEXEC = 0x80000, O_NONBLOCK = 0x800, EFD_NONBLOCK_CLOEXEC = O_NONBLOCK | O_CLOEXEC, AT_EMPTY_PATH = 0x1000;
    private const int CLONE_FILES = 0x400, CLOSE_RANGE_CLOEXEC = 4, SIGCHLD = 17, SIG_IGN = 1;
    private const short POLLIN = 1;
    private const int PatienceInMilliseconds = 10_000;

    private SafeFileHandle? _program, _lifeEnd, _life, _ready;

    /// <inheritdoc/>
    public override Grant Prepare()
    {
        long made = InitProgram.Create(out _program);
        return made < 0 ? Grant.Unavailable(Name, $"process 1 of it can't be made: {Errnos.NameOf((int)-made)}") : base.Prepare();
    }

    /// <inheritdoc/>
    public override void AddSteps(LaunchPlan plan)
    {
        MakeEnds();
        base.AddSteps(plan);
        plan.AddInit("start process 1 of the PID namespace", Init());

        // Until it says that it is out of reach, nobody else may run there.
        byte* wait = plan.Memory.Allocate<byte>(8), count = plan.Memory.Allocate<byte>(8);
        *(int*)wait = Descriptor(_ready!);
        *(short*)(wait + 4) = POLLIN;
        plan.Add(StepScope.Child, "wait for process 1", SyscallNumbers.poll, (long)wait, 1, PatienceInMilliseconds);
        plan.Add(StepScope.Child, "hear from process 1", SyscallNumbers.read, Descriptor(_ready!), (long)count, sizeof(ulong));
        plan.HandOver();
    }

    /// <inheritdoc/>
    public override void TreeHasEnded() => _life?.Dispose();

    // It has no descriptors but these two, no terminal, and nothing that any of the program's could be told from.
    private LaunchPlan Init()
    {
        LaunchPlan plan = new() { Mechanism = Name };
        ulong* ignored = plan.Memory.Copy<ulong>([SIG_IGN, 0, 0, 0]);
        plan.Add(StepScope.Child, "reap by doing nothing", SyscallNumbers.rt_sigaction, SIGCHLD, (long)ignored, 0, sizeof(ulong));
        plan.Add(StepScope.Child, "lead a session", SyscallNumbers.setsid);
        plan.Add(StepScope.Child, "stand in the root directory", SyscallNumbers.chdir, (long)plan.Memory.Text("/"));
        plan.Add(StepScope.Child, "have descriptors of its own", SyscallNumbers.unshare, CLONE_FILES);
        plan.Add(StepScope.Child, "hold the supervisor's end", SyscallNumbers.dup2, Descriptor(_lifeEnd!), 0);
        plan.Add(StepScope.Child, "be able to say that it is ready", SyscallNumbers.dup2, Descriptor(_ready!), 1);
        plan.Add(StepScope.Child, "hold nothing else", SyscallNumbers.close_range, 2, uint.MaxValue, CLOSE_RANGE_CLOEXEC);
        plan.Add(StepScope.Child, "execute process 1", SyscallNumbers.execveat,
            Descriptor(_program!), (long)plan.Memory.Text(""), (long)plan.Memory.Texts(["sandgate-init"u8.ToArray()]), (long)plan.Memory.Texts([]), AT_EMPTY_PATH);
        return plan;
    }

    private void MakeEnds()
    {
        DropEnds();
        int* ends = stackalloc int[2];

        // SAFETY: ends has room for two descriptors and lives on this stack for the whole call.
        if (Libc.Call(SyscallNumbers.pipe2, (long)ends, O_CLOEXEC) is < 0 and var errno)
            throw new SandboxException("make a pipe", (int)-errno, "nothing was run");
        (_lifeEnd, _life) = (new(ends[0], ownsHandle: true), new(ends[1], ownsHandle: true));
        long ready = Libc.Call(SyscallNumbers.eventfd2, 0, EFD_NONBLOCK_CLOEXEC);
        _ready = ready >= 0 ? new((nint)ready, ownsHandle: true) : throw new SandboxException("make an event", (int)-ready, "nothing was run");
    }

    private void DropEnds()
    {
        _lifeEnd?.Dispose();
        _life?.Dispose();
        _ready?.Dispose();
    }

    private static int Descriptor(SafeFileHandle file) => (int)file.DangerousGetHandle();

    /// <inheritdoc/>
    public override void Started(int program)
    {
        _lifeEnd?.Dispose();
        _ready?.Dispose();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        DropEnds();
        _program?.Dispose();
        base.Dispose();
    }
}
