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
/// the stack walk expects to be in order; all signals are blocked around the clone. Compiling at run time
/// and keeping the collector's mode cure the same crash, and each does alone; without both, tests/spawnstress
/// dies or hangs within its first few thousand children.
/// </remarks>
internal sealed unsafe class VforkChild : ILauncher
{
    private const int CLONE_VM = 0x100, CLONE_VFORK = 0x4000, CLONE_FILES = 0x400, CLONE_PARENT = 0x8000, SIGCHLD = 17;
    private const int SIG_SETMASK = 2, SIGKILL = 9, ESRCH = 3, EINTR = 4, __WALL = 0x40000000;
    private const int LikeVfork = CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD;
    private const int StackGap = 64 * 1024;

    [StructLayout(LayoutKind.Sequential)]
    private struct Script
    {
        public delegate* unmanaged[SuppressGCTransition]<long, long, long, long, long, long, long, long> Syscall;
        public delegate* unmanaged[SuppressGCTransition]<int*> Errno;
        public delegate* unmanaged<delegate* unmanaged<Script*, int>, void*, int, void*, int> Clone;
        public delegate* unmanaged<Script*, int> Child;
        public RawStep* Steps;
        public int Count;
        public int Failed;
        public int Rehearsal;
    }

    /// <inheritdoc/>
    public LaunchResult Run(LaunchPlan plan, Action<Listener> listening)
    {
        RawStep* steps = RawStep.Lower(plan.Memory, plan.Steps);
        Script* program = Prepare(plan.Memory, steps + plan.UsherSteps, plan.Steps.Count - plan.UsherSteps);
        return plan.Init is null ? Report(plan, program, Start(program), listening) : RunBehindUsher(plan, steps, program, listening);
    }

    private static LaunchResult Report(LaunchPlan plan, Script* program, int pid, Action<Listener> listening)
    {
        int inProgram = plan.ListenerStep - plan.UsherSteps;
        int listener = plan.ListenerStep < 0 ? -1 : (int)program->Steps[inProgram].Result;
        if (pid > 0 && program->Failed < 0 && listener < 0 && plan.ListenerStep >= 0)
        {
            // Killed from outside before it got that far.
            (program->Failed, program->Steps[inProgram].Result) = (inProgram, -ESRCH);
        }

        if (pid > 0 && program->Failed < 0)
        {
            if (listener >= 0)
                listening(new(listener, EndsWithTree: true));
            return LaunchResult.Running(pid);
        }

        // The child's descriptors are the supervisor's own, until its execve.
        if (listener >= 0)
            Files.Close(listener);
        if (pid < 0)
            return LaunchResult.NoProcess(-pid);
        Reap(pid);
        return LaunchResult.Failed(plan.UsherSteps + program->Failed, (int)-program->Steps[program->Failed].Result);
    }

    // The usher does its own steps, among them the start of process 1, and then starts the program as a child of its own parent.
    private static LaunchResult RunBehindUsher(LaunchPlan plan, RawStep* steps, Script* program, Action<Listener> listening)
    {
        Script* init = Prepare(plan.Memory, RawStep.Lower(plan.Memory, plan.Init!.Steps), plan.Init.Steps.Count);
        RawStep* own = plan.Memory.Allocate<RawStep>(plan.UsherSteps + 1);
        RawStep* startsInit = null, startsProgram = own + plan.UsherSteps;
        for (int i = 0; i < plan.UsherSteps; i++)
        {
            own[i] = steps[i];
            if (own[i].Number == RawStep.StartChild)
            {
                startsInit = own + i;
                (startsInit->A, startsInit->B) = ((long)init, LikeVfork);
            }
        }

        *startsProgram = new() { Number = RawStep.StartChild, A = (long)program, B = LikeVfork | CLONE_PARENT, Result = -ESRCH };
        Script* usher = Prepare(plan.Memory, own, plan.UsherSteps + 1);
        int pid = Start(usher);
        if (pid < 0)
            return LaunchResult.NoProcess(-pid);
        Reap(pid);
        bool isLedIn = usher->Failed < 0 || usher->Failed == plan.UsherSteps;
        LaunchResult result = isLedIn
            ? Report(plan, program, (int)startsProgram->Result, listening)
            : LaunchResult.Failed(usher->Failed, (int)-(own + usher->Failed == startsInit && init->Failed >= 0 ? init->Steps[init->Failed] : own[usher->Failed]).Result);
        if (!result.Runs && startsInit->Result > 0)
        {
            Libc.Call(SyscallNumbers.kill, startsInit->Result, SIGKILL);
            Reap((int)startsInit->Result);
        }

        return result;
    }

    private static void Reap(int pid)
    {
        while (Libc.CallBlocking(SyscallNumbers.wait4, pid, 0, __WALL, 0) == -EINTR)
        {
        }
    }

    // Returns when the child has become the program or has ended: its process id, or a negative errno.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static int Start(Script* script)
    {
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
        int pid = script->Clone(child, stack, LikeVfork, script);
        int errno = pid < 0 ? *script->Errno() : 0;
        script->Syscall(SyscallNumbers.rt_sigprocmask, SIG_SETMASK, (long)(&old), 0, 8, 0, 0);

        return pid < 0 ? -errno : pid;
    }

    private static Script* Prepare(NativeArena memory, RawStep* steps, int count)
    {
        Script* script = memory.Allocate<Script>(1);

        // SAFETY: the signatures are glibc's own: clone(2), syscall(2), __errno_location.
        script->Clone = (delegate* unmanaged<delegate* unmanaged<Script*, int>, void*, int, void*, int>)Libc.Export("clone");
        script->Syscall = (delegate* unmanaged[SuppressGCTransition]<long, long, long, long, long, long, long, long>)Libc.Export("syscall");
        script->Errno = (delegate* unmanaged[SuppressGCTransition]<int*>)Libc.Export("__errno_location");
        script->Child = &Child;
        script->Steps = steps;
        script->Count = count;
        script->Failed = -1;
        return script;
    }

    // Runs in the child, on shared memory, without a runtime of its own: see the remarks above.
    [UnmanagedCallersOnly]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static int Child(Script* script)
    {
        if (script->Rehearsal != 0)
            return 0;
        for (int i = 0; i < script->Count; i++)
        {
            RawStep* step = script->Steps + i;
            long result;
            if (step->Number == RawStep.StartChild)
            {
                // SAFETY: as in Start: the new child runs below this frame while this one waits for it.
                Script* inner = (Script*)step->A;
                byte here = 0;
                result = script->Clone(script->Child, (void*)(((nint)(&here) - StackGap) & ~15), (int)step->B, inner);
                if (result >= 0 && inner->Failed >= 0)
                {
                    step->Result = result;
                    script->Failed = i;
                    break;
                }
            }
            else
                result = script->Syscall(step->Number, step->Back > 0 ? (step - step->Back)->Result : step->A, step->B, step->C, step->D, step->E, step->F);
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
