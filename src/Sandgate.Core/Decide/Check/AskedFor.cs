using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Decide.Check;

/// <summary>
/// What a configuration asks for beside rules, by the keys of the configuration and in their order. A value is a text, a list of texts, a number
/// (<see cref="long"/> for bytes), a switch, a length of time, or such pairs again.
/// </summary>
public static class AskedFor
{
    /// <summary>What the program is shut off from; empty when it is from nothing.</summary>
    public static IReadOnlyList<(string Key, object Value)> Of(Isolation isolation)
    {
        if (isolation.IsEmpty)
            return [];
        FileSystemView files = isolation.Files;
        return Given(
            Some("namespaces", [.. NamespaceNames.Of(isolation.Namespaces)]),
            ("net", isolation.Network is { } net ? NetworkNames.All[(int)net] : null),
            ("root", files.Root),
            ("overlay", files.Overlay),
            Some("read_only", files.ReadOnly),
            Some("hidden", files.Hidden),
            Some("writable", files.Writable),
            ("private_tmp", files.PrivateTmp),
            ("hostname", isolation.HostName),

            // Said even if nobody wrote it: any isolation drops those that aren't listed.
            ("capabilities", isolation.Capabilities ?? []),
            Some("scrub_environment", isolation.ScrubbedVariables),
            ("umask", isolation.Umask is { } mask ? "0" + Convert.ToString(mask, 8) : null),
            Group("paths", ("read", isolation.Paths.Read), ("write", isolation.Paths.Write), ("execute", isolation.Paths.Execute)),
            Group("ports", ("bind", Ports(isolation.Paths.Bind)), ("connect", Ports(isolation.Paths.Connect))),
            Group("code", ("write_xor_execute", isolation.Code.WriteXorExecute), ("only_from", isolation.Code.OnlyFrom),
                Some("hashes", isolation.Code.Hashes.Keys.Order(StringComparer.Ordinal))));
    }

    /// <summary>How much it may use; empty when there is no limit.</summary>
    public static IReadOnlyList<(string Key, object Value)> Of(Limits limits) => limits.IsEmpty ? [] : Given(
        ("memory", limits.Memory),
        ("cpus", limits.Cpus),
        ("cpu_share", limits.CpuShare),
        ("processes", limits.Processes),
        ("time", limits.Time),
        ("cpu_time", limits.CpuTime),
        ("file_size", limits.FileSize),
        ("open_files", limits.OpenFiles),
        ("disk_written", limits.DiskWritten),
        ("network", limits.Network),
        ("core_dumps", limits.CoreDumps),
        ("action", Settings.LimitActions[(int)(limits.Action ?? LimitAction.Kill)]));

    private static IReadOnlyList<(string Key, object Value)> Given(params (string Key, object? Value)[] all) =>
        [.. all.Where(a => a.Value is not null).Select(a => (a.Key, a.Value!))];

    private static (string Key, object? Value) Some(string key, IEnumerable<string> texts) => (key, texts.Any() ? texts : null);

    private static (string Key, object? Value) Group(string key, params (string Key, object? Value)[] all) =>
        Given(all) is { Count: > 0 } given ? (key, given) : (key, null);

    private static IEnumerable<string>? Ports(IEnumerable<int>? ports) => ports?.Select(p => p.ToString(CultureInfo.InvariantCulture));
}
