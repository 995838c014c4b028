namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>One forbidden thing, attempted by the canary process.</summary>
/// <param name="Name">Its name, and that of the file that it is about, if it is about one.</param>
/// <param name="Attempt">What it attempts, in words.</param>
/// <param name="Try">Attempts it; a negative errno when that fails.</param>
internal sealed record Canary(string Name, string Attempt, Func<Scene, long> Try)
{
    /// <summary>All of them. The last one ends the supervisor, if it can.</summary>
    public static IReadOnlyList<Canary> All { get; } =
        [.. FileCanaries.All, .. ProgramCanaries.All, .. NetworkCanaries.All, .. EscapeCanaries.All, .. SupervisorCanaries.All];
}
