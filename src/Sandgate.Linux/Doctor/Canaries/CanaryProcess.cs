using System.Globalization;
using System.Text;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>What <c>sandgate canary</c> does: attempts everything that is forbidden, and writes down what came of it.</summary>
public static class CanaryProcess
{
    private const string StandIn = "stand-in", End = "end";
    private const int Misused = 2;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Attempts it.</summary>
    /// <param name="arguments">
    /// The scene's directory and the ports of its servers. <c>stand-in</c> before them: be the parent of a process that does it, in the supervisor's place.
    /// </param>
    /// <returns>The exit status.</returns>
    public static int Run(string[] arguments)
    {
        if (arguments is [StandIn, .. var rest])
            return OwnProgram.Run(OwnProgram.File, s_patience, ["canary", .. rest]);
        if (arguments is not [var directory, var tcp, var udp] || !int.TryParse(tcp, out int tcpPort) || !int.TryParse(udp, out int udpPort))
            return Misused;
        Scene scene = new(directory, tcpPort, udpPort);
        using FileStream results = new(scene.Results, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        foreach (Canary canary in Canary.All)
        {
            // One line at once: the next canary may be this process's last.
            results.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{canary.Name} {canary.Try(scene)}\n")));
        }

        results.Write(Encoding.UTF8.GetBytes(End + " 0\n"));
        return 0;
    }

    /// <summary>The arguments for a scene.</summary>
    internal static string[] Arguments(Scene scene, bool standIn) =>
    [
        "canary", .. standIn ? [StandIn] : Array.Empty<string>(), scene.Directory,
        scene.TcpPort.ToString(CultureInfo.InvariantCulture), scene.UdpPort.ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>What the canaries of a scene wrote down, by name; waits for the end, which comes after that of a stand-in.</summary>
    internal static Dictionary<string, long> AllResultsOf(Scene scene)
    {
        Dictionary<string, long> results = ResultsOf(scene);
        for (long until = Environment.TickCount64 + (long)s_patience.TotalMilliseconds / 10; !results.ContainsKey(End) && Environment.TickCount64 < until; Thread.Sleep(5))
            results = ResultsOf(scene);
        return results;
    }

    /// <summary>What the canaries of a scene wrote down so far, by name.</summary>
    internal static Dictionary<string, long> ResultsOf(Scene scene) => !File.Exists(scene.Results)
        ? []
        : File.ReadLines(scene.Results).Select(l => l.Split(' ')).ToDictionary(p => p[0], p => long.Parse(p[1], CultureInfo.InvariantCulture));
}
