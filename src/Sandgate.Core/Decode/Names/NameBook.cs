using System.Net;

namespace Sandgate.Core.Decode.Names;

/// <summary>
/// Which names stand for which address: by the hosts file, and by the answers of resolvers that are believed.
/// It never forgets an answer before programs do, which keep them longer than the answer allows; and it is
/// bounded, so that a program that asks for ever fills no memory. Safe to use from any thread.
/// </summary>
public sealed class NameBook(TimeProvider clock)
{
    /// <summary>So many pairs of name and address are remembered; then the oldest go.</summary>
    public const int MaxPairs = 65536;

    /// <summary>So many questions wait for an answer at most; then the oldest go.</summary>
    public const int MaxQuestions = 256;

    private const int MaxNames = 256;

    /// <summary>Programs use an answer for at least so long, whatever it says of itself.</summary>
    public static readonly TimeSpan ShortestLife = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_longestLife = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Dictionary<string, long>> _learnt = [];
    private readonly Queue<(IPAddress Address, string Name, long End)> _order = new();
    private readonly List<(DnsQuestion Question, IPAddress Server)> _questions = [];
    private Dictionary<IPAddress, List<string>> _hosts = [];
    private volatile bool _hasQuestions;

    // What is learnt again and again is noted no more often.
    private long Minute => clock.TimestampFrequency * 60;

    /// <summary>True when some question waits for its answer.</summary>
    public bool HasQuestions => _hasQuestions;

    /// <summary>One form for an address that can be written in several: IPv4 inside IPv6 is the same host, and the interface doesn't matter.</summary>
    public static IPAddress OneForm(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes())
        : address;

    /// <summary>Takes the hosts file's text in place of what it said before.</summary>
    public void SetHosts(string text)
    {
        Dictionary<IPAddress, List<string>> hosts = [];
        foreach ((IPAddress address, string name) in HostsFile.Parse(text))
        {
            IPAddress key = OneForm(address);
            if (!hosts.TryGetValue(key, out List<string>? names))
                hosts[key] = names = [];
            if (!names.Contains(name))
                names.Add(name);
        }

        lock (_lock)
            _hosts = hosts;
    }

    /// <summary>The names of an address; none when it is not known by any.</summary>
    public IReadOnlyList<string> NamesOf(IPAddress address)
    {
        IPAddress key = OneForm(address);
        lock (_lock)
        {
            bool learnt = _learnt.TryGetValue(key, out Dictionary<string, long>? ends);
            if (!_hosts.TryGetValue(key, out List<string>? names) && !learnt)
                return [];
            List<string> all = names is null ? [] : [.. names];
            long now = clock.GetTimestamp();
            foreach ((string name, long end) in ends ?? [])
            {
                if (end > now && !all.Contains(name))
                    all.Add(name);
            }

            return all;
        }
    }

    /// <summary>Learns from the answer of a resolver that is believed, and crosses its question off.</summary>
    public void Learn(DnsMessage answer)
    {
        if (!answer.IsAnswer)
            return;
        TimeSpan life = TimeSpan.FromSeconds(Math.Clamp(answer.TimeToLive, ShortestLife.TotalSeconds, s_longestLife.TotalSeconds));
        long end = clock.GetTimestamp() + (long)(life.TotalSeconds * clock.TimestampFrequency);
        lock (_lock)
        {
            foreach (IPAddress address in answer.Addresses)
            {
                foreach (string name in answer.Names)
                    Add(OneForm(address), name, end);
            }

            if (answer.IsFinal && _questions.RemoveAll(q => q.Question == answer.Question) > 0)
                _hasQuestions = _questions.Count > 0;
        }
    }

    /// <summary>Notes a question that the program has asked a resolver.</summary>
    public void Asked(DnsQuestion question, IPAddress server)
    {
        if (!question.IsAboutAddresses)
            return;
        lock (_lock)
        {
            if (_questions.Contains((question, server)))
                return;
            if (_questions.Count == MaxQuestions)
                _questions.RemoveAt(0);
            _questions.Add((question, server));
            _hasQuestions = true;
        }
    }

    /// <summary>Hands out the newest questions without an answer, at most so many; they are not handed out again.</summary>
    public IReadOnlyList<(DnsQuestion Question, IPAddress Server)> TakeQuestions(int most)
    {
        lock (_lock)
        {
            int count = Math.Clamp(most, 0, _questions.Count);
            List<(DnsQuestion Question, IPAddress Server)> taken = _questions.GetRange(_questions.Count - count, count);
            _questions.RemoveRange(_questions.Count - count, count);
            _hasQuestions = _questions.Count > 0;
            return taken;
        }
    }

    // The queue keeps one entry for each time a pair was learnt; an entry counts only if it is the pair's latest.
    private void Add(IPAddress address, string name, long end)
    {
        if (!_learnt.TryGetValue(address, out Dictionary<string, long>? names))
            _learnt[address] = names = [];
        if (names.TryGetValue(name, out long before) ? before >= end - Minute : names.Count >= MaxNames)
            return;
        names[name] = end;
        _order.Enqueue((address, name, end));
        while (_order.Count > MaxPairs)
        {
            (IPAddress oldest, string its, long ended) = _order.Dequeue();
            if (!_learnt.TryGetValue(oldest, out Dictionary<string, long>? others) || !others.TryGetValue(its, out long latest) || latest != ended)
                continue;
            others.Remove(its);
            if (others.Count == 0)
                _learnt.Remove(oldest);
        }
    }
}
