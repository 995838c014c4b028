using System.Globalization;

namespace Sandgate.Linux.Decode;

/// <summary>A file below /proc/PID or /proc/PID/task/TID (proc(5)).</summary>
/// <param name="Process">The process, or the thread by whose id it was named.</param>
/// <param name="File">Its path below that, the same for a process and its threads; empty for the directory itself.</param>
internal readonly record struct ProcEntry(int Process, string File)
{
    private static readonly string[] s_everybodys =
        ["", "task", "stat", "statm", "status", "cmdline", "comm", "cgroup", "limits", "oom_score", "oom_score_adj", "loginuid", "sessionid", "schedstat", "wchan", "mountinfo", "mounts", "net"];

    private static readonly string[] s_owners =
        ["auxv", "clear_refs", "environ", "io", "map_files", "mem", "pagemap", "personality", "stack", "syscall"];

    /// <summary>True when anybody may read it, of any process.</summary>
    public bool IsEverybodys => Array.IndexOf(s_everybodys, File.StartsWith("net/", StringComparison.Ordinal) ? "net" : File) >= 0;

    /// <summary>True when only its owner may read it: the process's user, or root if the process is not dumpable.</summary>
    public bool IsOwners => Array.IndexOf(s_owners, File.StartsWith("map_files/", StringComparison.Ordinal) ? "map_files" : File) >= 0;

    /// <summary>Takes a real path apart; null for any other.</summary>
    public static ProcEntry? Of(string path)
    {
        if (!path.StartsWith("/proc/", StringComparison.Ordinal))
            return null;
        int end = path.IndexOf('/', 6);
        end = end < 0 ? path.Length : end;
        if (!int.TryParse(path.AsSpan(6, end - 6), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            return null;
        string[] names = path[end..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        return new(id, names is ["task", _, ..] ? string.Join('/', names[2..]) : string.Join('/', names));
    }
}
