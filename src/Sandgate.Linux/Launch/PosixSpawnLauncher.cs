using Sandgate.Linux.Confine;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>
/// The fall-back for where clone(2) can't be called directly: a thread of the supervisor puts itself
/// under the filter and calls posix_spawn(3). Whatever is about a whole process is left out, and said.
/// </summary>
/// <param name="say">Prints one message of Sandgate's own.</param>
/// <param name="rulesNeed">True when a rule could refuse the call of this number.</param>
internal sealed unsafe class PosixSpawnLauncher(Action<string> say, Func<int, bool> rulesNeed) : ILauncher
{
    // Calls of the launcher's thread whose refusal nobody would notice, or nobody survive. libc doesn't look whether the
    // signals were set. The thread waits in pause. The runtime waits for a collection by futex, and aborts when that fails.
    private static readonly (int Number, string Name)[] s_needed =
    [
        (SyscallNumbers.rt_sigaction, "rt_sigaction"), (SyscallNumbers.rt_sigprocmask, "rt_sigprocmask"),
        (SyscallNumbers.pause, "pause"), (SyscallNumbers.futex, "futex"),
    ];

    private const int EPERM = 1, ENOSYS = 38, ETIMEDOUT = 110;

    // execve's own: the others tell that there was no process to call it.
    private const int ENOENT = 2, E2BIG = 7, ENOEXEC = 8, EACCES = 13, ENOTDIR = 20, EISDIR = 21, ETXTBSY = 26, ENAMETOOLONG = 36, ELOOP = 40, ELIBBAD = 80;

    /// <summary>How long the thread may take; its calls are under the rules, which may hold one for ever.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>The steps that are left out of a plan.</summary>
    public static IEnumerable<PlanStep> LeftOut(LaunchPlan plan) => plan.Steps.Where(s => s.Scope == StepScope.Child);

    /// <inheritdoc/>
    public LaunchResult Run(LaunchPlan plan, Action<Listener> listening)
    {
        foreach ((int number, string name) in s_needed)
        {
            if (rulesNeed(number))
                throw new SandboxException("use the launcher posix_spawn", EPERM, $"nothing was run; a rule is about {name}, which the launcher's own thread needs");
        }

        // What was asked for is not left out in passing.
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            if (plan.Steps[i] is { Scope: StepScope.Child, Mechanism: not null, MayFail: false })
                return LaunchResult.Failed(i, ENOSYS);
        }

        string[] leftOut = [.. LeftOut(plan).Select(s => s.Purpose).Distinct()];
        if (leftOut.Length > 0)
            say("started by posix_spawn, which leaves out: " + string.Join("; ", leftOut));

        SpawnScript* script = SpawnThread.Prepare(plan);
        new Thread(() => SpawnThread.Run(script), 256 * 1024) { Name = "launcher", IsBackground = true }.Start();

        // No event tells when: signalling one is a call, which would already be judged. So this thread looks.
        long started = Environment.TickCount64;
        bool told = false;
        SpinWait spin = default;
        while (true)
        {
            bool done = script->Done != 0;
            if (!told && script->Listener is >= 0 and var listener)
            {
                told = true;
                listening(new(listener, EndsWithTree: false));
            }

            if (done)
                break;
            if (Environment.TickCount64 - started > s_patience.TotalMilliseconds)
            {
                plan.Memory.Abandon();
                TreeKill.Run();
                throw new SandboxException(SetUpHints.StartProcess, ETIMEDOUT, SetUpHints.For(SetUpHints.StartProcess, ETIMEDOUT));
            }

            spin.SpinOnce(sleep1Threshold: 50);
        }

        return Report(plan, script);
    }

    private static LaunchResult Report(LaunchPlan plan, SpawnScript* script) =>
        script->Failed >= 0 ? LaunchResult.Failed(script->Failed, (int)-script->Steps[script->Failed].Result)
        : script->Error == 0 ? LaunchResult.Running(script->Pid)
        : script->Error is ENOENT or E2BIG or ENOEXEC or EACCES or ENOTDIR or EISDIR or ETXTBSY or ENAMETOOLONG or ELOOP or ELIBBAD
            ? LaunchResult.Failed(plan.Steps.Count - 1, script->Error)
        : LaunchResult.NoProcess(script->Error);
}
