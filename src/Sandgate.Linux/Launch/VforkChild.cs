using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>
/// Runs a <see cref="LaunchPlan"/> in a child that shares the supervisor's memory until execve, as
/// vfork(2) does: the calling thread is suspended meanwhile, and everything the steps change (filter,
/// privileges, namespaces, limits) is the child's own, because it is a process of its own.
/// </summary>
/// <remarks>
/// The rules that make this safe under a moving garbage collector, each seen to fail when broken:
/// both methods are compiled at run time and never inlined (ahead-of-time code pops the wrong
/// frame after the shared clone); the child allocates nothing, throws nothing, touches no static;
/// its calls don't change the collector's mode, so the first execve must never wait for the
/// supervisor (the filter's cookie sees to that); its stack lies below the caller's frames, which
/// the stack walk expects to be in order; all signals are blocked around the clone.
/// </remarks>
internal static unsafe class VforkChild
{
    private const int CLONE_VM = 0x100, CLONE_VFORK = 0x4000, CLONE_FILES = 0x400, SIGCHLD = 17;
    private const int SIG_SETMASK = 2;
    private const int StackGap = 64 * 1024;

    [StructLayout(LayoutKind.Sequential)]
    private struct Step
    {
        public long Number, A, B, C, D, E, F, Result;
        public long MayFail;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Script
    {
        public delegate* unmanaged[SuppressGCTransition]<long, long, long, long, long, long, long, long> Syscall;
        public delegate* unmanaged[SuppressGCTransition]<int*> Errno;
        public delegate* unmanaged<delegate* unmanaged<Script*, int>, void*, int, void*, int> Clone;
        public Step* Steps;
        public int Count;
        public int Failed;
        public int Rehearsal;
    }

    /// <summary>What became of a launch.</summary>
    /// <param name="Pid">The child's process id, or the negative errno of clone(2).</param>
    /// <param name="FailedStep">The index of the step that failed; -1 when the program runs.</param>
    /// <param name="Errno">The failed step's errno.</param>
    /// <param name="Listener">The listener's descriptor in this process; -1 when there is none.</param>
    public readonly record struct Result(int Pid, int FailedStep, int Errno, int Listener);

    /// <summary>Starts a child that carries out the plan. Returns when it has become the program or has failed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static Result Run(LaunchPlan plan)
    {
        Script* script = Prepare(plan);

        // The rehearsal compiles the method and its stub while that may still allocate.
        delegate* unmanaged<Script*, int> child = &Child;
        script->Rehearsal = 1;
        child(script);
        script->Rehearsal = 0;

        // SAFETY: the child runs on the unused part of this thread's stack, well below this frame; this
        // thread doesn't move until the child has execed or exited, because of CLONE_VFORK.
        byte here = 0;
        void* stack = (void*)(((nint)(&here) - StackGap) & ~15);
        ulong all = ulong.MaxValue, old = 0;
        script->Syscall(SyscallNumbers.rt_sigprocmask, SIG_SETMASK, (long)(&all), (long)(&old), 8, 0, 0);
        int pid = script->Clone(child, stack, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, script);
        int errno = pid < 0 ? *script->Errno() : 0;
        script->Syscall(SyscallNumbers.rt_sigprocmask, SIG_SETMASK, (long)(&old), 0, 8, 0, 0);

        return Report(plan, script, pid, errno);
    }

    private static Script* Prepare(LaunchPlan plan)
    {
        nint libc = NativeLibrary.Load("libc.so.6");
        Step* steps = plan.Memory.Allocate<Step>(plan.Steps.Count);
        for (int i = 0; i < plan.Steps.Count; i++)
            steps[i] = Lower(plan.Steps[i]);
        Script* script = plan.Memory.Allocate<Script>(1);

        // SAFETY: the signatures are glibc's own: clone(2), syscall(2), __errno_location.
        script->Clone = (delegate* unmanaged<delegate* unmanaged<Script*, int>, void*, int, void*, int>)NativeLibrary.GetExport(libc, "clone");
        script->Syscall = (delegate* unmanaged[SuppressGCTransition]<long, long, long, long, long, long, long, long>)NativeLibrary.GetExport(libc, "syscall");
        script->Errno = (delegate* unmanaged[SuppressGCTransition]<int*>)NativeLibrary.GetExport(libc, "__errno_location");
        script->Steps = steps;
        script->Count = plan.Steps.Count;
        script->Failed = -1;
        return script;
    }

    private static Result Report(LaunchPlan plan, Script* script, int pid, int errno)
    {
        int listener = plan.ListenerStep < 0 ? -1 : (int)script->Steps[plan.ListenerStep].Result;
        return pid < 0 ? new(-errno, -1, 0, -1)
            : script->Failed >= 0 ? new(pid, script->Failed, (int)-script->Steps[script->Failed].Result, listener)
            : new(pid, -1, 0, listener);
    }

    private static Step Lower(PlanStep step)
    {
        ReadOnlySpan<long> given = step.Arguments;
        return new()
        {
            Number = step.Number,
            A = At(given, 0), B = At(given, 1), C = At(given, 2), D = At(given, 3), E = At(given, 4), F = At(given, 5),
            MayFail = step.MayFail ? 1 : 0,
            Result = -1,
        };
    }

    private static long At(ReadOnlySpan<long> arguments, int index) => index < arguments.Length ? arguments[index] : 0;

    // Runs in the child, on shared memory, without a runtime of its own: see the remarks above.
    [UnmanagedCallersOnly]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static int Child(Script* script)
    {
        if (script->Rehearsal != 0)
            return 0;
        for (int i = 0; i < script->Count; i++)
        {
            Step* step = script->Steps + i;
            long result = script->Syscall(step->Number, step->A, step->B, step->C, step->D, step->E, step->F);
            if (result == -1)
                result = -*script->Errno();
            step->Result = result;
            if (result < 0 && step->MayFail == 0)
            {
                script->Failed = i;
                break;
            }
        }

        script->Syscall(SyscallNumbers.exit_group, 127, 0, 0, 0, 0, 0);
        return 0;
    }
}
