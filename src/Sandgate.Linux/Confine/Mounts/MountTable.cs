using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Mounts;

/// <summary>What is mounted, as /proc/self/mountinfo (proc(5)) tells it.</summary>
internal static class MountTable
{
    // File systems without files of anybody's, or that show the kernel's own state.
    private static readonly HashSet<string> s_kernels = new(StringComparer.Ordinal)
    {
        "proc", "sysfs", "devtmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "bpf", "pstore", "configfs",
        "fusectl", "hugetlbfs", "binfmt_misc", "efivarfs", "nsfs", "autofs", "rpc_pipefs",
    };

    /// <summary>Directories on which file systems with files are mounted, "/" first and each before what lies below it.</summary>
    public static List<string> OfFiles() =>
        [.. All().Where(m => !s_kernels.Contains(m.Type) && !IsKernels(m.Place) && Directory.Exists(m.Place)).Select(m => m.Place).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>True when something is mounted below a directory.</summary>
    public static bool HasMountsBelow(string directory) => All().Any(m => m.Place != directory && Below(m.Place, directory));

    private static IEnumerable<(string Place, string Type)> All()
    {
        foreach (string line in ProcLines.Of("/proc/self/mountinfo"))
        {
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (dash > 0)
                yield return (Unescape(fields[4]), fields[dash + 1]);
        }
    }

    private static bool IsKernels(string place) => Below(place, "/dev") || Below(place, "/proc") || Below(place, "/sys");

    private static bool Below(string place, string top) => place == top || top == "/" || place.StartsWith(top + "/", StringComparison.Ordinal);

    // Spaces and the like are three octal digits after a backslash.
    private static string Unescape(string field)
    {
        int at = field.IndexOf('\\', StringComparison.Ordinal);
        return at < 0 || at + 4 > field.Length ? field : field[..at] + (char)Convert.ToInt32(field[(at + 1)..(at + 4)], 8) + Unescape(field[(at + 4)..]);
    }
}
