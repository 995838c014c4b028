using System.Text;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>
/// The control groups of one run: in version 1 one in each hierarchy whose controller is needed, in version 2 one for all. Only the child joins them;
/// the supervisor stays where it is.
/// </summary>
internal sealed class ControlGroups : IDisposable
{
    private readonly List<Hierarchy> _hierarchies;
    private readonly string[] _needed;
    private readonly GroupName _own = GroupName.Own();
    private readonly string _name;
    private readonly Dictionary<Hierarchy, ControlGroup?> _made = [];

    /// <summary>Looks at what there is; nothing is made yet.</summary>
    /// <param name="hierarchies">What is mounted here.</param>
    /// <param name="needed">All controllers that will be asked for: in version 2 they decide where the group can stand.</param>
    public ControlGroups(List<Hierarchy> hierarchies, IEnumerable<string> needed)
    {
        (_hierarchies, _needed, _name) = (hierarchies, [.. needed], _own.ToString());
    }

    /// <summary>The name that each of them has.</summary>
    public byte[] Name => Encoding.UTF8.GetBytes(_name);

    /// <summary>Those that were made.</summary>
    public IEnumerable<ControlGroup> Made => _made.Values.OfType<ControlGroup>();

    /// <summary>The group that has this controller, made when it is first asked for; null when there can be none.</summary>
    public ControlGroup? With(string controller, string file)
    {
        // A controller belongs to one hierarchy at a time.
        Hierarchy? hierarchy = _hierarchies.Find(h => h.Controllers.Contains(controller)) ?? _hierarchies.Find(h => h.Version == 2);
        if (hierarchy is null)
            return null;
        if (!_made.TryGetValue(hierarchy, out ControlGroup? group))
            _made[hierarchy] = group = Make(hierarchy);
        return group?.Has(file) == true ? group : null;
    }

    /// <summary>Stops everything in them, or lets it go on; false when none can.</summary>
    public bool Freeze(bool frozen)
    {
        bool done = false;
        foreach (ControlGroup group in Made.Where(g => g.IsJoined))
            done |= group.Freeze(frozen);
        return done;
    }

    /// <summary>True when one of them can keep its processes from becoming more.</summary>
    public bool LimitProcesses => Made.Any(group => group.IsJoined && group.Has("pids.max"));

    /// <summary>Kills what is in them, once; where their processes are limited, there can be no more.</summary>
    public void Kill()
    {
        foreach (ControlGroup group in Made)
            group.Set("pids.max", 0);
        foreach (ControlGroup group in Made)
            group.Kill();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ControlGroup group in Made)
            group.Dispose();
        _made.Clear();
    }

    private ControlGroup? Make(Hierarchy hierarchy)
    {
        foreach (string parent in hierarchy.Version == 1 ? [hierarchy.Own] : PlacesIn(hierarchy))
        {
            if (ControlGroup.Make(parent, _name, hierarchy.Version) is not { } group)
                continue;
            RemoveLeftOvers(parent);
            return group;
        }

        return null;
    }

    // A group of version 2 that has processes can't give its controllers on, so those above are looked at, too: the nearest that gives all
    // comes first, then those that give more than others. To leave one group for another takes the right to write to what is above both.
    private IEnumerable<string> PlacesIn(Hierarchy hierarchy)
    {
        string[] wanted = [.. _needed.Intersect(Words(hierarchy.Mount, "cgroup.controllers"))];
        string[] places = [.. hierarchy.OwnAndAbove().Where(d => MayWrite(d) && MayWrite(Path.Combine(d, "cgroup.procs")))];
        return places.Where(d => wanted.All(c => Gives(d, c))).Take(1).Concat(places.OrderByDescending(d => Words(d, "cgroup.subtree_control").Intersect(wanted).Count()));
    }

    private static bool Gives(string directory, string controller) =>
        Words(directory, "cgroup.subtree_control").Contains(controller)
        || (Words(directory, "cgroup.controllers").Contains(controller) && ControlGroup.Write(directory, "cgroup.subtree_control", "+" + controller));

    private static string[] Words(string directory, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, file)).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static unsafe bool MayWrite(string path)
    {
        const int W_OK = 2, AT_EACCESS = 0x200;
        fixed (byte* name = (byte[])[.. Encoding.UTF8.GetBytes(path), 0])
        {
            // SAFETY: the pinned array ends in NUL.
            return Libc.CallBlocking(SyscallNumbers.faccessat2, Files.AT_FDCWD, (long)name, W_OK, AT_EACCESS) == 0;
        }
    }

    // A supervisor that is killed can't remove its groups; what still runs in them has neither a gate nor anybody who holds it to its limits.
    private void RemoveLeftOvers(string parent)
    {
        foreach (string directory in Directory.EnumerateDirectories(parent, GroupName.Prefix + "*"))
        {
            if (GroupName.Parse(Path.GetFileName(directory)) is { } name && name.IsLeftOver(_own))
                ControlGroup.Remove(directory);
        }
    }
}
