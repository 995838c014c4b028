using System.Globalization;

namespace Sandgate.Linux.Decode;

/// <summary>Recognises files that are the memory of a process: /proc/PID/mem and /proc/PID/task/TID/mem (proc(5)).</summary>
internal static class ProcessMemory
{
    /// <summary>The process whose memory the file is; null for any other file.</summary>
    public static int? Of(string? path)
    {
        if (path is null || !path.StartsWith("/proc/", StringComparison.Ordinal) || !path.EndsWith("/mem", StringComparison.Ordinal))
            return null;
        string[] names = path.Split('/');
        bool memory = names is ["", "proc", _, "mem"] or ["", "proc", _, "task", _, "mem"];
        return memory && int.TryParse(names[2], NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : null;
    }
}
