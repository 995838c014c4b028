using System.Globalization;
using System.Net;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>Rules on addresses.</summary>
internal sealed class AddressRules(PathShapes shapes, Surroundings surroundings, IReadOnlyList<string> commands, IReadOnlySet<string> processes)
{
    private const string Socket = "unix:";

    // What Linux hands out by itself (ip_local_port_range, as it comes).
    private const int FirstHandedOut = 32768, LastHandedOut = 60999;

    private readonly SortedDictionary<string, (HashSet<Operation> On, SortedSet<string> Programs, long Count, string? Note)> _rules = new(StringComparer.Ordinal);

    /// <summary>Notes one use of an address.</summary>
    public void Add(Observation seen)
    {
        (string? when, string? note) = When(seen);
        string key = when ?? "";
        if (!_rules.TryGetValue(key, out var rule))
            rule = ([], new(StringComparer.Ordinal), 0, note);
        rule.On.Add(seen.View.Operation);
        rule.Programs.Add(seen.Program ?? "?");
        _rules[key] = rule with { Count = rule.Count + seen.Count };
    }

    /// <summary>The rules.</summary>
    public IEnumerable<LearntRule> Rules() =>
        _rules.Select(r => new LearntRule(Purpose.Network, [.. r.Value.On.Order()], r.Key.Length == 0 ? null : r.Key, r.Value.Count, [.. r.Value.Programs]) { Note = r.Value.Note });

    private (string? When, string? Note) When(Observation seen)
    {
        if (seen.View.Arguments is [{ Kind: ArgumentKind.Address or ArgumentKind.Unreadable }, ..] || seen.Target is not { } address)
            return (null, "which address could not be told, so any");
        if (address.StartsWith(Socket + "/", StringComparison.Ordinal))
        {
            string shape = Socket + surroundings.ShownGlob(shapes.ShapeOf(address[Socket.Length..]));
            return (Equal(shape), null);
        }

        if (FieldReader.TryHost(address, out IPAddress host) && int.TryParse(address.AsSpan(address.LastIndexOf(':') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port))
            return Internet(seen, host, port);
        if (address.StartsWith("netlink:", StringComparison.Ordinal))
            return ("address like 'netlink:*'", null);
        string name = NameShape.OfHash(address) ?? NameShape.OfNumbered(address) ?? NameShape.OfProcess(address, processes) ?? Glob.Escape(address);
        return (Equal(name), null);
    }

    private (string, string?) Internet(Observation seen, IPAddress host, int port)
    {
        string place = seen.Domains.Count > 0 && seen.View.Operation is Operation.Connect or Operation.Send && !IPAddress.IsLoopback(host) ? $"domain == {RuleText.Quote(seen.Domains[0])}" : $"host == {host}";
        bool handedOut = port is >= FirstHandedOut and <= LastHandedOut && (IPAddress.IsLoopback(host) || seen.View.Operation is Operation.Bind or Operation.Listen or Operation.Accept)
            && !commands.Any(c => c.Contains(port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        return handedOut
            ? ($"{place} and port in ({FirstHandedOut}..{LastHandedOut})", "a port that the kernel chose")
            : (string.Create(CultureInfo.InvariantCulture, $"{place} and port == {port}"), null);
    }

    private static string Equal(string shape) => Glob.Parse(shape).Literal is { } literal ? $"address == {RuleText.Quote(literal)}" : $"address like {RuleText.Quote(shape)}";
}
