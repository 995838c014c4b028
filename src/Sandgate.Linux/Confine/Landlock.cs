using System.Globalization;
using System.Runtime.InteropServices;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine;

/// <summary>Allow-lists of paths and ports that the kernel holds the program to (landlock(7)).</summary>
/// <param name="asked">The lists.</param>
/// <param name="demand">What is done about what this kernel doesn't offer.</param>
/// <param name="version">The version of Landlock.</param>
/// <param name="view">The files that the program finds; null for the supervisor's own.</param>
internal sealed unsafe class Landlock(KernelPaths asked, Demand demand, int version, FileSystemView? view = null) : IMechanism
{
    private const int RuleSize = 16, ENOENT = 2;
    private const long LANDLOCK_RULE_PATH_BENEATH = 1, LANDLOCK_RULE_NET_PORT = 2;

    private readonly LandlockRules _rules = new(asked, version);
    private readonly LandlockWall _wall = new();
    private int _ruleset = -1;

    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public ulong Files, Ports, Scopes;
    }

    /// <inheritdoc/>
    public string Name => "paths and ports";

    /// <summary>The same lists, for what the supervisor does in the program's place.</summary>
    public LandlockWall Wall => _wall;

    /// <inheritdoc/>
    public Grant Prepare()
    {
        if (version == 0)
            return Grant.Unavailable(Name, "this kernel has no Landlock, or it is switched off (Linux 5.13, CONFIG_SECURITY_LANDLOCK, lsm=landlock)");
        if (view is { } other && _rules.Handled != 0 && WhyElsewhere(other) is { } why)
            return Grant.Unavailable(Name, $"what is allowed are files and not their names, and {why} is another file for the program; do without one of both");
        string[] lost = [.. LandlockAbi.LostAt(version, _rules.Asked, _rules.AskedPorts)];
        if (_rules.HandledPorts != _rules.AskedPorts && demand != Demand.BestEffort)
            return Grant.Unavailable(Name, lost[0]);
        Attributes attributes = new() { Files = (ulong)_rules.Handled, Ports = (ulong)_rules.HandledPorts };

        // SAFETY: attributes is at least as long as every version says, and lives on this stack for the whole call.
        _ruleset = (int)Libc.Call(SyscallNumbers.landlock_create_ruleset, (long)(&attributes), LandlockAbi.All[version - 1].AttributeSize, 0);
        if (_ruleset < 0)
            return Grant.Unavailable(Name, $"cannot make a ruleset: {Errnos.NameOf(-_ruleset)}");
        _wall.Handle(_rules.Handled, _rules.HandledPorts);
        List<string> without = [.. lost];
        foreach ((string path, FileRights rights) in _rules.Paths)
        {
            if (Allow(path, rights) is not 0 and var errno)
            {
                if (errno != ENOENT || demand != Demand.BestEffort)
                    throw new SandboxException($"isolation.paths: '{path}': {Errnos.NameOf(errno)}; --best-effort goes without what isn't there; nothing was run");
                without.Add($"'{path}' isn't there");
            }
        }

        foreach ((int port, PortRights rights) in _rules.Ports)
        {
            if (Allow(port, rights) is not 0 and var errno)
                return Grant.Unavailable(Name, string.Create(CultureInfo.InvariantCulture, $"cannot allow port {port}: {Errnos.NameOf(errno)}"));
        }

        string how = string.Create(CultureInfo.InvariantCulture, $"Landlock {version}");
        return without.Count == 0 ? Grant.Given(Name, how) : Grant.Substituted(Name, $"{how}, in part: {string.Join("; ", without)}");
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan) =>
        plan.Add(StepScope.Thread, "restrict it to its paths and ports", SyscallNumbers.landlock_restrict_self, _ruleset, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ruleset >= 0)
            Files.Close(_ruleset);
        _ruleset = -1;
        _wall.Dispose();
    }

    // A rule is about the file that it was made with; the program's own are made when it is too late for that.
    private string? WhyElsewhere(FileSystemView other)
    {
        if (other.Root is not null)
            return "below a root of its own everything";
        if (other.Overlay is not null)
            return "below an overlay everything";
        return other.PrivateTmp is true ? _rules.Paths.Keys.FirstOrDefault(p => p == "/tmp" || p.StartsWith("/tmp/", StringComparison.Ordinal)) : null;
    }

    private int Allow(string path, FileRights rights)
    {
        byte[] name = [.. TargetText.ToBytes(path), 0];
        int found = Files.Open(Files.AT_FDCWD, name, Files.O_PATH | Files.O_CLOEXEC);
        if (found < 0)
            return -found;
        Files.Stat(found, out FileIdentity identity);
        if (!identity.IsDirectory)
            rights &= FileRights.OfFiles;

        // struct landlock_path_beneath_attr, which is packed: the rights, and what they are over.
        byte* beneath = stackalloc byte[RuleSize];
        *(ulong*)beneath = (ulong)rights;
        *(int*)(beneath + sizeof(ulong)) = found;

        // SAFETY: beneath is longer than the struct and lives on this stack for the whole call.
        long added = rights == 0 ? 0 : Libc.Call(SyscallNumbers.landlock_add_rule, _ruleset, LANDLOCK_RULE_PATH_BENEATH, (long)beneath, 0);
        _wall.Allow(found, identity, rights);
        return (int)-added;
    }

    private int Allow(int port, PortRights rights)
    {
        // struct landlock_net_port_attr: the rights, and the port.
        ulong* attribute = stackalloc ulong[2] { (ulong)rights, (ulong)port };
        _wall.Allow(port, rights);

        // SAFETY: attribute is as long as the struct and lives on this stack for the whole call.
        return (int)-Libc.Call(SyscallNumbers.landlock_add_rule, _ruleset, LANDLOCK_RULE_NET_PORT, (long)attribute, 0);
    }
}
