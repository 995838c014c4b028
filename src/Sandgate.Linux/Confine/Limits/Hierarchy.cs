using System.Globalization;
using System.Text;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>One hierarchy of control groups (cgroups(7)), as far as it is mounted here.</summary>
/// <param name="Version">1 or 2.</param>
/// <param name="Controllers">Its controllers; of version 2, where each group has its own, none.</param>
/// <param name="Mount">Where it is mounted.</param>
/// <param name="Own">The directory of the supervisor's own group.</param>
internal sealed record Hierarchy(int Version, IReadOnlyList<string> Controllers, string Mount, string Own)
{
    /// <summary>Those that the supervisor can see.</summary>
    public static List<Hierarchy> All()
    {
        try
        {
            return Parse(File.ReadAllText("/proc/self/cgroup"), File.ReadAllText("/proc/self/mountinfo"));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The directory itself, and those above it up to the mount, nearest first.</summary>
    public IEnumerable<string> OwnAndAbove()
    {
        for (string directory = Own; ; directory = Path.GetDirectoryName(directory)!)
        {
            yield return directory;
            if (directory.Length <= Mount.Length)
                yield break;
        }
    }

    /// <summary>Reads what proc(5) says: <c>/proc/self/cgroup</c> and <c>/proc/self/mountinfo</c>.</summary>
    public static List<Hierarchy> Parse(string groups, string mounts)
    {
        List<Hierarchy> found = [];
        foreach (string line in groups.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(':', 3);
            if (parts.Length != 3 || parts[1].StartsWith("name=", StringComparison.Ordinal))
                continue;
            string[] controllers = parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries);
            foreach (string mount in mounts.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (Match(controllers, parts[2], mount) is not { } hierarchy)
                    continue;
                found.Add(hierarchy);
                break;
            }
        }

        return found;
    }

    // "36 31 0:33 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory"
    private static Hierarchy? Match(string[] controllers, string path, string line)
    {
        string[] halves = line.Split(" - ", 2), left = halves[0].Split(' ');
        string[] right = halves.Length == 2 ? halves[1].Split(' ') : [];
        if (left.Length < 6 || right.Length < 3)
            return null;
        bool matches = controllers.Length == 0 ? right[0] == "cgroup2" : right[0] == "cgroup" && controllers.All(right[2].Split(',').Contains);
        string root = Plain(left[3]), mount = Plain(left[4]);

        // A container's mount may begin at its own group, and then shows nothing above that.
        string? below = root == "/" ? path : path == root ? "/" : path.StartsWith(root + "/", StringComparison.Ordinal) ? path[root.Length..] : null;
        if (!matches || below is null || below.StartsWith("/..", StringComparison.Ordinal))
            return null;
        return new(controllers.Length == 0 ? 2 : 1, controllers, mount, below == "/" ? mount : mount + below);
    }

    // Spaces and the like stand there as \040.
    private static string Plain(string text)
    {
        if (!text.Contains('\\'))
            return text;
        StringBuilder plain = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && int.TryParse(text.AsSpan(i + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int octal))
            {
                plain.Append((char)((octal / 100 * 64) + (octal / 10 % 10 * 8) + (octal % 10)));
                i += 3;
            }
            else
                plain.Append(text[i]);
        }

        return plain.ToString();
    }
}
