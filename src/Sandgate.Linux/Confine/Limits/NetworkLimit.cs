using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Bytes sent and received. Only a network namespace counts them for one tree, so the program must have its own.</summary>
internal sealed class NetworkLimit(long most, Isolation isolation, LimitWatch watch) : IMechanism
{
    private Gauge? _gauge;
    private FileStream? _devices;

    /// <inheritdoc/>
    public string Name => "limit network";

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs { get; } = ["namespace net"];

    /// <inheritdoc/>
    public Grant Prepare()
    {
        if ((isolation.Namespaces & Namespaces.Net) == 0 && isolation.Network is null or NetworkAccess.Host)
            return Grant.Unavailable(Name, "the program shares the host's network, whose bytes nobody counts for it alone; with --net loopback or --net none it has its own");
        _gauge = new("network", most, (_, _) => _devices is null ? 0 : Bytes(_devices), (figure, allowed) => $"{Quantity.OfBytes(figure)} of {Quantity.OfBytes(allowed)}");
        watch.Add(_gauge);
        return Grant.Substituted(Name, "the supervisor adds up 20 times a second what the interfaces of its namespace tell; in between more can be sent");
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan)
    {
    }

    /// <inheritdoc/>
    public void Started(int program)
    {
        // The host's own bytes are nobody's limit: a namespace may have been gone without. The open file keeps to the namespace when the program has ended.
        if (File.ResolveLinkTarget($"/proc/{program}/ns/net", returnFinalTarget: false)?.Name is { } theirs
            && theirs != File.ResolveLinkTarget("/proc/thread-self/ns/net", returnFinalTarget: false)?.Name)
            _devices = new($"/proc/{program}/net/dev", new FileStreamOptions { BufferSize = 0 });
        else
            watch.Say($"{Name}: NOT in force: the program shares the host's network");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        watch.Forget(_gauge);
        _devices?.Dispose();
    }

    // After two lines of headings: "  eth0: RECEIVED 7-MORE SENT 7-MORE". What goes through lo is received as it is sent.
    private static long Bytes(FileStream devices)
    {
        devices.Position = 0;
        using StreamReader reader = new(devices, leaveOpen: true);
        long sum = 0;
        foreach (string line in reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2))
        {
            string[] words = line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            sum += long.Parse(words[9], CultureInfo.InvariantCulture) + (words[0] == "lo" ? 0 : long.Parse(words[1], CultureInfo.InvariantCulture));
        }

        return sum;
    }
}
