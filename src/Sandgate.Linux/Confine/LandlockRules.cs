using System.Collections.Immutable;
using Sandgate.Core.Confine;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine;

/// <summary>What lists of paths and ports come to as rights of Landlock, for one of its versions.</summary>
internal sealed class LandlockRules
{
    private readonly Dictionary<string, FileRights> _paths = new(StringComparer.Ordinal);
    private readonly Dictionary<int, PortRights> _ports = [];

    /// <summary>Translates lists.</summary>
    /// <param name="asked">The lists.</param>
    /// <param name="version">The version of Landlock.</param>
    public LandlockRules(KernelPaths asked, int version)
    {
        FileRights known = LandlockAbi.FilesOf(version);
        Asked = (asked.Read is null ? 0 : FileRights.Reading) | (asked.Write is null ? 0 : FileRights.Writing) | (asked.Execute is null ? 0 : FileRights.Execute);
        AskedPorts = (asked.Bind is null ? 0 : PortRights.Bind) | (asked.Connect is null ? 0 : PortRights.Connect);
        Handled = Asked & known;
        HandledPorts = AskedPorts & LandlockAbi.PortsOf(version);

        // Any ruleset forbids to move files between directories unless it allows that. Who restricts no writing means no such thing.
        if (Handled != 0 && asked.Write is null)
        {
            Handled |= FileRights.Refer & known;
            Add("/", FileRights.Refer);
        }

        Add(asked.Read, FileRights.Reading);
        Add(asked.Write, FileRights.Writing);
        Add(asked.Execute, FileRights.Executing);
        Add(asked.Bind, PortRights.Bind);
        Add(asked.Connect, PortRights.Connect);
    }

    /// <summary>The rights over files that the lists are about.</summary>
    public FileRights Asked { get; }

    /// <summary>The rights over ports that the lists are about.</summary>
    public PortRights AskedPorts { get; }

    /// <summary>The rights that nobody has but by a rule.</summary>
    public FileRights Handled { get; }

    /// <summary>The same for ports.</summary>
    public PortRights HandledPorts { get; }

    /// <summary>What is allowed beneath which path.</summary>
    public IReadOnlyDictionary<string, FileRights> Paths => _paths;

    /// <summary>What is allowed with which port.</summary>
    public IReadOnlyDictionary<int, PortRights> Ports => _ports;

    private void Add(ImmutableArray<string>? paths, FileRights rights)
    {
        foreach (string path in paths ?? [])
            Add(path, rights);
    }

    private void Add(string path, FileRights rights)
    {
        if ((rights & Handled) != 0)
            _paths[path] = _paths.GetValueOrDefault(path) | (rights & Handled);
    }

    private void Add(ImmutableArray<int>? ports, PortRights rights)
    {
        foreach (int port in ports ?? [])
        {
            if ((rights & HandledPorts) != 0)
                _ports[port] = _ports.GetValueOrDefault(port) | rights;
        }
    }
}
