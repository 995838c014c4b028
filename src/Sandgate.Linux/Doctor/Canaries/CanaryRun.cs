using System.Globalization;
using Sandgate.Core.Decide;
using Sandgate.Core.Doctor;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>Lets the canaries attempt everything twice, without a sandbox and inside of one, and compares.</summary>
internal static class CanaryRun
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Does it.</summary>
    /// <param name="program">The Sandgate to try.</param>
    /// <param name="rules">Other rules than those that forbid things: with them, canaries must be found to go through.</param>
    public static IReadOnlyList<CanaryFinding> Try(string program, string? rules = null)
    {
        if (TemporaryPlace.Make() is not { } place)
            return [.. Canary.All.Select(c => NotTried(c, "there is no directory to write to; set TMPDIR"))];
        try
        {
            using Servers servers = new();
            Scene outside = Build("outside", null), inside = Build("inside", rules);
            OwnProgram.Run(program, s_patience, CanaryProcess.Arguments(outside, standIn: true));
            int status = OwnProgram.Run(program, s_patience, ["run", "-q", "-c", inside.Rules, "--", program, .. CanaryProcess.Arguments(inside, standIn: false)]);
            Dictionary<string, long> free = CanaryProcess.AllResultsOf(outside), confined = CanaryProcess.ResultsOf(inside);
            return [.. Canary.All.Select(c => Compare(c, free, confined, status, inside))];

            Scene Build(string name, string? given)
            {
                Scene scene = new(Path.Join(place, name), servers.TcpPort, servers.UdpPort);
                scene.Build(given);
                servers.ListenAt(scene.Socket);
                return scene;
            }
        }
        finally
        {
            TemporaryPlace.Remove(place);
        }
    }

    private static CanaryFinding Compare(Canary canary, Dictionary<string, long> free, Dictionary<string, long> confined, int status, Scene inside)
    {
        if (!free.TryGetValue(canary.Name, out long without))
            return NotTried(canary, "it came to no end without a sandbox");
        if (without < 0)
            return NotTried(canary, $"{Errnos.NameOf((int)-without)} without a sandbox, too");
        if (confined.Count == 0)
            return NotTried(canary, string.Create(CultureInfo.InvariantCulture, $"the sandbox did not start (status {status})"));
        if (!confined.TryGetValue(canary.Name, out long result))
            return new(canary.Name, canary.Attempt, CanaryOutcome.NotBlocked, string.Create(CultureInfo.InvariantCulture, $"it ended the sandbox (status {status})"));
        if (result >= 0)
            return new(canary.Name, canary.Attempt, CanaryOutcome.NotBlocked, "it went through");
        return inside.HasChanged(canary.Name)
            ? new(canary.Name, canary.Attempt, CanaryOutcome.NotBlocked, "it failed, but its file has changed")
            : new(canary.Name, canary.Attempt, CanaryOutcome.Blocked, Errnos.NameOf((int)-result));
    }

    private static CanaryFinding NotTried(Canary canary, string why) => new(canary.Name, canary.Attempt, CanaryOutcome.NotTried, why);
}
