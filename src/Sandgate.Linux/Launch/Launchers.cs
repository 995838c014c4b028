namespace Sandgate.Linux.Launch;

/// <summary>Which launcher is used: the user's choice, or the first that works.</summary>
internal static class Launchers
{
    /// <summary>The environment variable of the choice.</summary>
    public const string Variable = "SANDGATE_LAUNCHER";

    /// <summary>The launcher that the variable's value names; both in turn when it names none.</summary>
    /// <exception cref="SandboxException">It names something else.</exception>
    public static ILauncher Choose(string? name, ILauncher posixSpawn) => name switch
    {
        null or "" => new FirstThatWorks(new VforkChild(), posixSpawn),
        "vfork" => new VforkChild(),
        "posix_spawn" => posixSpawn,
        _ => throw new SandboxException($"use the launcher '{name}'", 22, $"nothing was run; {Variable} is vfork or posix_spawn"),
    };

    /// <summary>Tries another launcher where the system has no process to give to the first.</summary>
    private sealed class FirstThatWorks(ILauncher first, ILauncher second) : ILauncher
    {
        private const int EPERM = 1, EINVAL = 22, ENOSYS = 38;

        public LaunchResult Run(LaunchPlan plan, Action<Listener> listening)
        {
            LaunchResult result = first.Run(plan, listening);
            return result.Pid is -EPERM or -EINVAL or -ENOSYS ? second.Run(plan, listening) : result;
        }
    }
}
