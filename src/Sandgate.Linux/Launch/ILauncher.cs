namespace Sandgate.Linux.Launch;

/// <summary>A way to start the program that a plan describes.</summary>
internal interface ILauncher
{
    /// <summary>Carries the plan out and returns when it has become the program or has failed.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="listening">
    /// Takes the listener over as soon as there is one that somebody may need: before the program runs, where
    /// starting it already makes calls under the filter. The program may still fail to start afterwards.
    /// </param>
    LaunchResult Run(LaunchPlan plan, Action<Listener> listening);
}

/// <summary>What became of a launch. Of one that failed nothing is left: no process, no zombie.</summary>
/// <param name="Pid">The program's process id; a negative errno when no process could be made; 0 when a step failed.</param>
/// <param name="FailedStep">The index of the step that failed; -1 when none did.</param>
/// <param name="Errno">The failed step's errno.</param>
internal readonly record struct LaunchResult(int Pid, int FailedStep, int Errno)
{
    /// <summary>The program runs.</summary>
    public static LaunchResult Running(int pid) => new(pid, -1, 0);

    /// <summary>A step of the plan failed.</summary>
    public static LaunchResult Failed(int step, int errno) => new(0, step, errno);

    /// <summary>No process could be made.</summary>
    public static LaunchResult NoProcess(int errno) => new(-errno, -1, 0);

    /// <summary>True when the program runs.</summary>
    public bool Runs => Pid > 0;
}

/// <summary>Where a filter's stopped calls are told.</summary>
/// <param name="Descriptor">The listener's descriptor.</param>
/// <param name="EndsWithTree">
/// True when the listener tells that the last process of the tree has gone. False when a thread of the supervisor
/// itself stays under the filter.
/// </param>
internal readonly record struct Listener(int Descriptor, bool EndsWithTree);
