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
    private const int CLONE_VM = 0x100, CLONE_VFORK = 0x4000, CLONE_FILES = 0x400, SIGCHLD = 17;
    private const int SIG_SETMASK = 2, ESRCH = 3, EINTR = 4;
    private const int StackGap = 64 * 1024;

    [StructLayout(LayoutKind.Sequential)]
    private struct Script
    {
        public delegate* unmanaged[SuppressGCTransition]<long, long, long, long, long, long, long, long> Syscall;
        public delegate* unmanaged[SuppressGCTransition]<int*> Errno;
        public delegate* unmanaged<delegate* unmanaged<Script*, int>, void*, int, void*, int> Clone;
        public RawStep* Steps;
        public int Count;
        public int Failed;
        public int Rehearsal;
    }

    /// <inheritdoc/>
    public LaunchResult Run(LaunchPlan plan, Action<Listener> listening)
    {
        Script* script = Prepare(plan);
        int pid = Start(script);
        int listener = plan.ListenerStep < 0 ? -1 : (int)script->Steps[plan.ListenerStep].Result;
        if (pid > 0 && script->Failed < 0 && listener < 0 && plan.ListenerStep >= 0)
        {
            // Killed from outside before it got that far.
            (script->Failed, script->Steps[plan.ListenerStep].Result) = (plan.ListenerStep, -ESRCH);
        }

        if (pid > 0 && script->Failed < 0)
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
        while (Libc.CallBlocking(SyscallNumbers.wait4, pid, 0, 0, 0) == -EINTR)
        {
        }

        return LaunchResult.Failed(script->Failed, (int)-script->Steps[script->Failed].Result);
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
        int pid = script->Clone(child, stack, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, script);
        int errno = pid < 0 ? *script->Errno() : 0;
        script->Syscall(SyscallNumbers.rt_sigprocmask, SIG_SETMASK, (long)(&old), 0, 8, 0, 0);

        return pid < 0 ? -errno : pid;
    }

    private static Script* Prepare(LaunchPlan plan)
    {
        Script* script = plan.Memory.Allocate<Script>(1);

        // SAFETY: the signatures are glibc's own: clone(2), syscall(2), __errno_location.
        script->Clone = (delegate* unmanaged<delegate* unmanaged<Script*, int>, void*, int, void*, int>)Libc.Export("clone");
        script->Syscall = (delegate* unmanaged[SuppressGCTransition]<long, long, long, long, long, long, long, long>)Libc.Export("syscall");
        script->Errno = (delegate* unmanaged[SuppressGCTransition]<int*>)Libc.Export("__errno_location");
        script->Steps = RawStep.Lower(plan.Memory, plan.Steps);
        script->Count = plan.Steps.Count;
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
