using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Sandgate.Core.Confine;

namespace Sandgate.Cli.Commands;

/// <summary>The options of <c>run</c> that shut the program off from things and limit what it uses; laid over the configuration's.</summary>
internal sealed class ConfineOptions
{
    private static readonly string[] s_networks = ["host", "loopback", "none"];

    private readonly Option<Namespaces> _isolate = new("--isolate")
    {
        Description = "Give it namespaces of its own: user, pid, net, mount, ipc, uts, cgroup, time, or all.",
        HelpName = "pid,net,…",
        CustomParser = ReadNamespaces,
    };

    private readonly Option<string?> _net = new("--net") { Description = "What of the network it reaches: host, loopback (one of its own), or none.", HelpName = "host|loopback|none" };
    private readonly Option<string?> _root = new("--root") { Description = "Make this directory its root.", HelpName = "DIR" };
    private readonly Option<string?> _overlay = new("--overlay") { Description = "Put all it writes into this directory: look at it with \"sandgate diff\".", HelpName = "DIR" };
    private readonly Option<TimeSpan?> _time = new("--timeout") { Description = "End it after this time (exit status 124).", HelpName = "30s", CustomParser = Read("--timeout", Quantity.Time, "30s") };
    private readonly Option<long?> _memory = new("--memory") { Description = "The memory that all its processes may use (exit status 137).", HelpName = "512M", CustomParser = Read("--memory", Quantity.Bytes, "512M") };
    private readonly Option<double?> _cpus = new("--cpus") { Description = "Processors' worth of time.", HelpName = "0.5", CustomParser = Read("--cpus", ReadCpus, "0.5") };
    private readonly Option<int?> _processes = new("--pids") { Description = "Processes and threads at the same time.", HelpName = "64", CustomParser = Read("--pids", ReadCount, "64") };
    private readonly Option<bool> _bestEffort = new("--best-effort") { Description = "Go without what this machine doesn't offer, and say so; otherwise nothing is run." };

    public ConfineOptions() => _net.AcceptOnlyFromAmong(s_networks);

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_isolate, _net, _root, _overlay, _time, _memory, _cpus, _processes, _bestEffort];

    /// <summary>What they ask for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="strict">True when no substitutes are taken.</param>
    public Confinement Read(ParseResult parsed, bool strict)
    {
        string? net = parsed.GetValue(_net);
        Isolation isolation = new()
        {
            Namespaces = parsed.GetValue(_isolate),
            Network = net is null ? null : (NetworkAccess)Array.IndexOf(s_networks, net),
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

    private static Func<ArgumentResult, T?> Read<T>(string option, Func<string, T?> read, string example)
        where T : struct => given =>
        {
            T? value = read(given.Tokens[0].Value);
            if (value is null)
                given.AddError($"{option}: can't read '{given.Tokens[0].Value}'; write one such as {example}");
            return value;
        };

    private static double? ReadCpus(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double cpus) && cpus is >= 0.01 and <= 4096 ? cpus : null;

    private static int? ReadCount(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0 ? count : null;
}
