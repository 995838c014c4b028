using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Check;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Tests.Check;

/// <summary>What <c>check</c> lists beside rules.</summary>
public class AskedForTests
{
    private const string Everything = """
        {
          "isolation": {
            "namespaces": ["pid", "net"], "net": "loopback", "root": "/srv/root", "overlay": "./layer", "read_only": ["/"], "hidden": ["~/.ssh"],
            "writable": ["./out"], "private_tmp": true, "hostname": "box", "capabilities": ["chown"], "scrub_environment": ["*TOKEN*"], "umask": "077",
            "paths": { "read": ["/usr"], "write": [], "execute": ["/usr"] }, "ports": { "bind": [], "connect": [443] },
            "code": { "write_xor_execute": true, "only_from": ["/usr/**"], "hashes": { "/usr/bin/true": "0000000000000000000000000000000000000000000000000000000000000000" } }
          },
          "limits": {
            "memory": "512M", "cpus": 0.5, "cpu_share": 50, "processes": 64, "time": "30s", "cpu_time": "10s", "file_size": "1M", "open_files": 256,
            "disk_written": "1G", "network": "1G", "core_dumps": false, "action": "pause"
          }
        }
        """;

    private static IEnumerable<string> KeysOf(IReadOnlyList<(string Key, object Value)> asked) => asked.Select(a => a.Key);

    private static IReadOnlyList<(string Key, object Value)> Within(IReadOnlyList<(string Key, object Value)> asked, string key) =>
        Assert.IsType<IReadOnlyList<(string, object)>>(asked.Single(a => a.Key == key).Value, exactMatch: false);

    [Fact]
    public void Whatever_can_be_written_is_listed_in_the_order_of_the_keys()
    {
        RuleSet rules = World.Read(Everything);
        IReadOnlyList<(string Key, object Value)> isolation = AskedFor.Of(rules.Isolation), limits = AskedFor.Of(rules.Limits);
        Assert.Equal(Settings.IsolationKeys, KeysOf(isolation));
        Assert.Equal(Settings.PathsKeys, KeysOf(Within(isolation, "paths")));
        Assert.Equal(Settings.PortsKeys, KeysOf(Within(isolation, "ports")));
        Assert.Equal(Settings.CodeKeys, KeysOf(Within(isolation, "code")));
        Assert.Equal(Settings.LimitsKeys, KeysOf(limits));
        Assert.Equal([512L << 20, TimeSpan.FromSeconds(30), "pause"], new[] { "memory", "time", "action" }.Select(k => limits.Single(l => l.Key == k).Value));
    }

    [Fact]
    public void Nothing_is_listed_where_nothing_is_asked_for()
    {
        Assert.Empty(AskedFor.Of(Isolation.None));
        Assert.Empty(AskedFor.Of(Limits.None));
    }

    [Fact]
    public void Capabilities_are_dropped_with_any_isolation_and_a_limit_kills()
    {
        RuleSet rules = World.Read("""{ "isolation": { "umask": "077" }, "limits": { "processes": 4 } }""");
        Assert.Equal(["capabilities", "umask"], KeysOf(AskedFor.Of(rules.Isolation)));
        Assert.Empty(Assert.IsType<IEnumerable<string>>(AskedFor.Of(rules.Isolation)[0].Value, exactMatch: false));
        Assert.Equal([("processes", 4), ("action", "kill")], AskedFor.Of(rules.Limits));
    }
}
