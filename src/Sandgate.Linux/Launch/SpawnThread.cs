using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>What the launcher's thread has to do and what came of it, as plain memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SpawnScript
{
    public delegate* unmanaged[SuppressGCTransition]<long, long, long, long, long, long, long, long> Syscall;
    public delegate* unmanaged<long, long, long, long, long, long, long, long> SyscallBlocking;
    public delegate* unmanaged[SuppressGCTransition]<int*> Errno;
    public delegate* unmanaged<int*, byte*, void*, void*, byte**, byte**, int> Spawn;

    /// <summary>The steps that a thread can carry out; the others have the number <see cref="SpawnThread.Skipped"/>.</summary>
    public RawStep* Steps;
    public int Count, ListenerStep;
    public byte* File;
    public byte** Arguments, Environment;
    public void* Attributes;
    public int Rehearsal;

    /// <summary>The program's process id, posix_spawn's own errno, and the index of the step that failed or -1.</summary>
    public int Pid, Error, Failed;

    /// <summary>The listener's descriptor as soon as there is one; before that -1.</summary>
    public volatile int Listener;

    /// <summary>Not 0 when all else is final. The thread doesn't look at this memory any more.</summary>
    public volatile int Done;
}

/// <summary>The thread that puts itself under the filter and starts the program.</summary>
/// <remarks>
/// Once the filter is in, each call of this thread is judged like the program's, and a managed thread
/// started from here would inherit the filter. So from then on nothing runs but this one method, compiled
/// beforehand, and the calls in it; a call that may wait for the supervisor lets the garbage collector go
/// on meanwhile. The thread never ends: its end would take calls that may be refused, and it would try for ever.
/// </remarks>
internal static unsafe class SpawnThread
{
    /// <summary>Stands for the number of a step that isn't this thread's.</summary>
    public const long Skipped = -1;

    private const int SIG_SETMASK = 2;
    private const short POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8;

    // sigset_t is 128 bytes, posix_spawnattr_t 336, in glibc and musl alike.
    private const int SignalWords = 16, AttributeBytes = 512;

    /// <summary>Makes everything ready that takes memory.</summary>
    public static SpawnScript* Prepare(LaunchPlan plan)
    {
        SpawnScript* script = plan.Memory.Allocate<SpawnScript>(1);

        // SAFETY: the signatures are libc's own: syscall(2), __errno_location, posix_spawn(3).
        script->Syscall = (delegate* unmanaged[SuppressGCTransition]<long, long, long, long, long, long, long, long>)Libc.Export("syscall");
        script->SyscallBlocking = (delegate* unmanaged<long, long, long, long, long, long, long, long>)Libc.Export("syscall");
        script->Errno = (delegate* unmanaged[SuppressGCTransition]<int*>)Libc.Export("__errno_location");
        script->Spawn = (delegate* unmanaged<int*, byte*, void*, void*, byte**, byte**, int>)Libc.Export("posix_spawn");

        script->Steps = RawStep.Lower(plan.Memory, plan.Steps);
        script->Count = plan.Steps.Count;
        for (int i = 0; i < script->Count; i++)
        {
            if (plan.Steps[i].Scope != StepScope.Thread)
                script->Steps[i].Number = Skipped;
        }

        long[] exec = plan.Steps[^1].Arguments;
        script->File = (byte*)exec[0];
        script->Arguments = (byte**)exec[1];
        script->Environment = (byte**)exec[2];
        script->Attributes = AttributesFor(plan);
        (script->ListenerStep, script->Failed, script->Listener) = (plan.ListenerStep, -1, -1);
        return script;
    }

    /// <summary>The thread's whole life; returns only when there was no filter to stay under.</summary>
    public static void Run(SpawnScript* script)
    {
        // The rehearsal compiles the method and runs what it can run without consequence.
        script->Rehearsal = 1;
        BecomeAndSpawn(script);
        script->Rehearsal = 0;
        BecomeAndSpawn(script);
    }

    private static void* AttributesFor(LaunchPlan plan)
    {
        // SAFETY: the signatures are libc's own; the memory is longer than its struct and its sets.
        void* attributes = plan.Memory.Allocate<byte>(AttributeBytes);
        ulong* byDefault = plan.Memory.Allocate<ulong>(SignalWords), blocked = plan.Memory.Allocate<ulong>(SignalWords);
        (*byDefault, *blocked) = (plan.Signals.ByDefault, plan.Signals.Blocked);
        ((delegate* unmanaged<void*, int>)Libc.Export("posix_spawnattr_init"))(attributes);
        ((delegate* unmanaged<void*, void*, int>)Libc.Export("posix_spawnattr_setsigdefault"))(attributes, byDefault);
        ((delegate* unmanaged<void*, void*, int>)Libc.Export("posix_spawnattr_setsigmask"))(attributes, blocked);
        ((delegate* unmanaged<void*, short, int>)Libc.Export("posix_spawnattr_setflags"))(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        return attributes;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void BecomeAndSpawn(SpawnScript* script)
    {
        if (script->Rehearsal != 0)
        {
            script->SyscallBlocking(SyscallNumbers.getpid, 0, 0, 0, 0, 0, 0);
            return;
        }

        // SAFETY: everything the script points at lives until Done is set; nothing of it is used after that.
        // No signal handler of the runtime's may run under the filter.
        delegate* unmanaged<long, long, long, long, long, long, long, long> wait = script->SyscallBlocking;
        ulong all = ulong.MaxValue;
        script->Syscall(SyscallNumbers.rt_sigprocmask, SIG_SETMASK, (long)(&all), 0, sizeof(ulong), 0, 0);
        for (int i = 0; i < script->Count; i++)
        {
            RawStep* step = script->Steps + i;
            if (step->Number == Skipped)
                continue;
            long result = script->Syscall(step->Number, step->A, step->B, step->C, step->D, step->E, step->F);
            if (result == -1)
                result = -*script->Errno();
            step->Result = result;
            if (result < 0 && step->MayFail == 0)
            {
                script->Failed = i;
                break;
            }

            if (i == script->ListenerStep)
                script->Listener = (int)result;
        }

        if (script->Failed < 0)
        {
            int pid = 0;
            script->Error = script->Spawn(&pid, script->File, null, script->Attributes, script->Arguments, script->Environment);
            script->Pid = pid;
        }

        bool filtered = script->Listener >= 0;
        script->Done = 1;
        while (filtered)
        {
            // With all signals blocked this waits for ever.
            wait(SyscallNumbers.pause, 0, 0, 0, 0, 0, 0);
        }
    }
}
