using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Trials;

/// <summary>
/// A child that makes a list of calls and ends: what they change is its own. Unlike the launcher's child
/// (<see cref="Launch.VforkChild"/>) it has a copy of the memory, runs beside its parent and may fork;
/// what its calls return stands in shared memory.
/// </summary>
/// <remarks>
/// Between fork and end there is no runtime: one method, compiled beforehand, makes raw calls through pointers. It can still hang when a
/// collection is being prepared at the moment of the fork; so its parent waits with a limit, and begins anew.
/// </remarks>
internal sealed unsafe class TrialChild : IDisposable
{
    private const long NotMade = long.MinValue;
    private const int SIGCHLD = 17, SIGKILL = 9, SIG_DFL = 0, WNOHANG = 1, PR_SET_PDEATHSIG = 1, RLIMIT_CORE = 4;
    private const int CLONE_FILES = 0x400, PROT_READ_WRITE = 3, MAP_SHARED_ANONYMOUS = 0x21;
    private const int Attempts = 3;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    [StructLayout(LayoutKind.Sequential)]
    private struct Step
    {
        public long Number, A, B, C, D, E, F, Result;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Script
    {
        public delegate* unmanaged[SuppressGCTransition]<long, long, long, long, long, long, long, long> Syscall;
        public delegate* unmanaged[SuppressGCTransition]<int*> Errno;
        public Step* Steps;
        public long Count, Flags, Rehearsal;
    }

    private readonly NativeArena _memory = new();
    private readonly Step* _steps;
    private readonly long _length;
    private readonly int _count;
    private readonly int _own;
    private int? _status;

    /// <summary>Starts a child.</summary>
    /// <param name="sharesDescriptors">True when what it opens is open here, too.</param>
    /// <param name="calls">What it does.</param>
    public TrialChild(bool sharesDescriptors, params IReadOnlyList<TrialCall> calls)
    {
        TrialCall[] all = [.. Preparation(), .. calls];
        (_count, _own) = (all.Length, all.Length - calls.Count);
        _length = (((long)all.Length * sizeof(Step)) + 4095) & -4096;

        // SAFETY: a new mapping of the length that all steps take; unmapped in Dispose only.
        long mapped = Libc.Call(SyscallNumbers.mmap, 0, _length, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS, -1, 0);
        if (mapped < 0)
            throw new SandboxException("map memory", (int)-mapped, "nothing was tried");
        _steps = (Step*)mapped;
        for (int i = 0; i < all.Length; i++)
            _steps[i] = Lower(all[i]);
        Pid = Start(sharesDescriptors ? CLONE_FILES : 0);
    }

    /// <summary>The child's process id; a negative errno when there is none.</summary>
    public int Pid { get; }

    /// <summary>Makes calls in a child and tells what came of them.</summary>
    public static TrialOutcome Try(params IReadOnlyList<TrialCall> calls)
    {
        for (int attempt = 1; ; attempt++)
        {
            using TrialChild child = new(false, calls);
            TrialOutcome outcome = child.End();
            if (attempt == Attempts || child.HasBegun)
                return outcome;
        }
    }

    /// <summary>What a call returned, as soon as it was made; null when that doesn't happen.</summary>
    public long? Await(int call)
    {
        for (long until = Environment.TickCount64 + (long)s_patience.TotalMilliseconds; Environment.TickCount64 < until; Thread.Sleep(1))
        {
            if (Result(call) is { } result)
                return result;
            if (HasEnded())
                return Result(call);
        }

        return null;
    }

    /// <summary>Waits for the child's end, and sees to it.</summary>
    public TrialOutcome End()
    {
        if (Pid < 0)
            return new(0, -Pid, Pid, 0, false);
        for (long until = Environment.TickCount64 + (long)s_patience.TotalMilliseconds; !HasEnded(); Thread.Sleep(1))
        {
            if (Environment.TickCount64 > until)
                Kill();
        }

        int made = 0;
        long last = 0;
        while (made < _count - _own && Result(made) is { } result)
        {
            last = result;
            if (result < 0)
                return new(made, (int)-result, last, _status!.Value, false);
            made++;
        }

        return new(made, 0, last, _status!.Value, made == _count - _own);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Pid > 0 && !HasEnded())
        {
            Kill();
            End();
        }

        // SAFETY: mapped in the constructor; nobody reads it any more.
        Libc.Call(SyscallNumbers.munmap, (long)_steps, _length);
        _memory.Dispose();
    }

    private bool HasBegun => Pid < 0 || Volatile.Read(ref _steps[0].Result) != NotMade;

    private long? Result(int call) => Volatile.Read(ref _steps[_own + call].Result) is not NotMade and var result ? result : null;

    private void Kill() => Libc.Call(SyscallNumbers.kill, Pid, SIGKILL);

    private bool HasEnded()
    {
        if (_status is not null)
            return true;
        int status = 0;

        // SAFETY: status lives on this stack for the whole call.
        long ended = Libc.Call(SyscallNumbers.wait4, Pid, (long)(&status), WNOHANG, 0);
        if (ended != 0)
            _status = ended > 0 ? status : 0;
        return ended != 0;
    }

    // The runtime's handlers would be at a loss in the child; and nobody wants its core.
    private TrialCall[] Preparation()
    {
        long byDefault = (long)_memory.Allocate<ulong>(4), noCore = (long)_memory.Allocate<ulong>(2);
        return
        [
            .. ((int[])[4 /* SIGILL */, 7 /* SIGBUS */, 11 /* SIGSEGV */, 31 /* SIGSYS */]).Select(s => new TrialCall(SyscallNumbers.rt_sigaction, s, byDefault, SIG_DFL, sizeof(ulong))),
            new(SyscallNumbers.prlimit64, 0, RLIMIT_CORE, noCore, 0), new(SyscallNumbers.prctl, PR_SET_PDEATHSIG, SIGKILL),
        ];
    }

    private static Step Lower(TrialCall call)
    {
        long At(int index) => call.Arguments is { } given && index < given.Length ? given[index] : 0;
        return new() { Number = call.Number, A = At(0), B = At(1), C = At(2), D = At(3), E = At(4), F = At(5), Result = NotMade };
    }

    private int Start(long flags)
    {
        Script* script = _memory.Allocate<Script>(1);

        // SAFETY: the signatures are glibc's own: syscall(2), __errno_location.
        script->Syscall = (delegate* unmanaged[SuppressGCTransition]<long, long, long, long, long, long, long, long>)Libc.Export("syscall");
        script->Errno = (delegate* unmanaged[SuppressGCTransition]<int*>)Libc.Export("__errno_location");
        script->Steps = _steps;
        (script->Count, script->Flags, script->Rehearsal) = (_count, flags | SIGCHLD, 1);

        // The rehearsal compiles the method.
        Run(script);
        script->Rehearsal = 0;
        return (int)Run(script);
    }

    // SAFETY: the script lives until Dispose. In the child, which has a copy of it, this method never returns.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static long Run(Script* script)
    {
        if (script->Rehearsal != 0)
            return 0;
        long pid = script->Syscall(SyscallNumbers.clone, script->Flags, 0, 0, 0, 0, 0);
        if (pid != 0)
            return pid == -1 ? -*script->Errno() : pid;
        for (long i = 0; i < script->Count; i++)
        {
            Step* step = script->Steps + i;
            long result;
            if (step->Number == TrialCall.CodeNumber)
                result = ((delegate* unmanaged[SuppressGCTransition]<long>)step->A)();
            else if (step->Number == TrialCall.ForkNumber)
                result = script->Syscall(SyscallNumbers.clone, SIGCHLD, 0, 0, 0, 0, 0);
            else
                result = script->Syscall(step->Number, step->A, step->B, step->C, step->D, step->E, step->F);
            if (result == -1)
                result = -*script->Errno();
            if (step->Number == TrialCall.ForkNumber && result > 0)
            {
                script->Syscall(SyscallNumbers.wait4, result, 0, 0, 0, 0, 0);
                break;
            }

            step->Result = result;
            if (result < 0)
                break;
        }

        script->Syscall(SyscallNumbers.exit_group, 0, 0, 0, 0, 0, 0);
        return 0;
    }
}
