namespace Sandgate.Linux.Doctor.Mechanisms;

/// <summary>Where a controller's group of this process lies.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="Version">1 or 2.</param>
internal sealed record ControlGroup(string Directory, int Version)
{
    /// <summary>The group of version 2; null when it isn't mounted.</summary>
    public static ControlGroup? Unified() => Find(2, line => line.StartsWith("0::", StringComparison.Ordinal), (type, _) => type == "cgroup2");

    /// <summary>A controller's group of version 1; null when it isn't mounted.</summary>
    public static ControlGroup? Of(string controller) => Find(
        1, line => line.Split(':') is [_, var names, ..] && names.Split(',').Contains(controller),
        (type, options) => type == "cgroup" && options.Split(',').Contains(controller));

    private static ControlGroup? Find(int version, Func<string, bool> isOwn, Func<string, string, bool> isMount)
    {
        string? own = Lines("/proc/self/cgroup").FirstOrDefault(isOwn)?.Split(':', 3)[2];
        foreach (string line in Lines("/proc/self/mountinfo"))
        {
            // proc(5): … root, mount point, options, tags - type, source, options of the file system.
            string[] halves = line.Split(" - ", 2), before = halves[0].Split(' '), after = halves[^1].Split(' ');
            if (own is null || before.Length < 5 || after.Length < 3 || !isMount(after[0], after[2]))
                continue;
            string below = before[3] == "/" ? own : own.StartsWith(before[3], StringComparison.Ordinal) ? own[before[3].Length..] : "";
            return new(Path.Join(before[4], below).TrimEnd('/'), version);
        }

        return null;
    }

    private static string[] Lines(string file) => (Machine.Setting(file) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
