using System.Globalization;
using Sandgate.Linux.Confine.Limits;

namespace Sandgate.Linux;

/// <summary>
/// The doors that the .NET runtime opens to debuggers and profilers before any code of ours runs: a socket and two pipes in the directory for
/// temporary files, which the same user can open. By the socket a program could have code of its own loaded into the supervisor.
/// </summary>
/// <remarks>
/// Only the variable DOTNET_EnableDiagnostics keeps the runtime from making them, and it is read too early to be set here. Without a name nobody can
/// reach them, and none is left when the supervisor is killed.
/// </remarks>
internal static class RuntimeDoors
{
    /// <summary>Takes their names away; to be done before the program runs.</summary>
    /// <exception cref="SandboxException">One of them can't be removed.</exception>
    public static void Close()
    {
        string directory = Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } named ? named : "/tmp";
        string process = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{GroupName.StartTimeOf(Environment.ProcessId)}");
        foreach (string name in (string[])[$"dotnet-diagnostic-{process}-socket", $"clr-debug-pipe-{process}-in", $"clr-debug-pipe-{process}-out"])
        {
            string path = Path.Combine(directory, name);
            try
            {
                File.Delete(path);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Where this user can't look, the runtime could make nothing, and the program reaches nothing.
                if (File.Exists(path))
                    throw new SandboxException($"{path} can't be removed, by which the program could take over its supervisor: {failure.Message}; nothing was run");
            }
        }
    }
}
