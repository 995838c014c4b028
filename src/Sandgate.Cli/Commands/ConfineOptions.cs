using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Sandgate.Core.Confine;

namespace Sandgate.Cli.Commands;

/// <summary>The options of <c>run</c> that shut the program off from things and limit what it uses; laid over the configuration's.</summary>
internal sealed class ConfineOptions
{
    private readonly Option<Namespaces> _isolate = new("--isolate")
    {
        Description = "Give the program namespaces of its own: user, pid, net, mount, ipc, uts, cgroup, time, or all.",
        HelpName = "pid,net,…",
        CustomParser = ReadNamespaces,
    };

    private readonly Option<NetworkAccess?> _net = new("--net") { Description = "The network that it reaches: the host's, a loopback of its own, or none.", HelpName = "host|loopback|none", CustomParser = Read("--net", NetworkNames.Find, "host, loopback or none") };
    private readonly Option<string?> _root = new("--root") { Description = "Make this directory its root: files elsewhere are out of reach.", HelpName = "DIR" };
    private readonly Option<string?> _overlay = new("--overlay") { Description = "Keep what it writes in this directory, and the files as they are; \"sandgate diff DIR\" shows it.", HelpName = "DIR" };
    private readonly Option<TimeSpan?> _time = new("--timeout") { Description = "End it after this time: 250ms, 30s, 5m, 2h (exit status 124).", HelpName = "30s", CustomParser = Read("--timeout", Quantity.Time, "one such as 30s") };
    private readonly Option<long?> _memory = new("--memory") { Description = "The memory that all its processes together may use (exit status 137).", HelpName = "512M", CustomParser = Read("--memory", Quantity.Bytes, "one such as 512M") };
    private readonly Option<double?> _cpus = new("--cpus") { Description = "How many processors' time it gets: 0.5 is half of one.", HelpName = "0.5", CustomParser = Read("--cpus", ReadCpus, "one such as 0.5") };
    private readonly Option<int?> _processes = new("--pids") { Description = "How many processes and threads it may have at a time; more fail to start.", HelpName = "64", CustomParser = Read("--pids", ReadCount, "one such as 64") };
    private readonly Option<bool> _bestEffort = new("--best-effort") { Description = "Go without the isolation and limits that this machine doesn't offer, and say so; otherwise nothing is run." };

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_isolate, _net, _root, _overlay, _time, _memory, _cpus, _processes, _bestEffort];

    /// <summary>What they ask for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="strict">True when no substitutes are taken.</param>
    public Confinement Read(ParseResult parsed, bool strict)
    {
        Isolation isolation = new()
        {
            Namespaces = parsed.GetValue(_isolate),
            Network = parsed.GetValue(_net),
            Files = new() { Root = Whole(parsed.GetValue(_root)), Overlay = Whole(parsed.GetValue(_overlay)) },
        };
        Limits limits = new()
        {
            Time = parsed.GetValue(_time),
            Memory = parsed.GetValue(_memory),
            Cpus = parsed.GetValue(_cpus),
            Processes = parsed.GetValue(_processes),
        };
        return new(isolation, limits, strict ? Demand.Strict : parsed.GetValue(_bestEffort) ? Demand.BestEffort : Demand.Equivalent);
    }

    private static string? Whole(string? path) => path is null ? null : Path.GetFullPath(path);

    private static Namespaces ReadNamespaces(ArgumentResult given)
    {
        Namespaces set = Namespaces.None;
        foreach (string word in given.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            if (word == "all")
                set |= (Namespaces)((1 << NamespaceNames.All.Count) - 1);
            else if (NamespaceNames.Find(word) is { } found)
                set |= found;
            else
                given.AddError($"--isolate: unknown namespace '{word}'; there are {string.Join(", ", NamespaceNames.All)}, and all");
        }

        return set;
    }

    private static Func<ArgumentResult, T?> Read<T>(string option, Func<string, T?> read, string advice)
        where T : struct => given =>
        {
            T? value = read(given.Tokens[0].Value);
            if (value is null)
                given.AddError($"{option}: can't read '{given.Tokens[0].Value}'; write {advice}");
            return value;
        };

    private static double? ReadCpus(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double cpus) && cpus is >= 0.01 and <= 4096 ? cpus : null;

    private static int? ReadCount(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0 ? count : null;
}
