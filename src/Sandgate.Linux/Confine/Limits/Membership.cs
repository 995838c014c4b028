using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>Who writes to the files of control groups can leave one, as root can: then nothing would hold him any more.</summary>
internal static class Membership
{
    /// <summary>A process of the tree that is in none of the groups any more; 0 when all are where they belong.</summary>
    public static int FirstOutside(TreeSample sample, ControlGroups groups)
    {
        int joined = groups.Made.Count(g => g.IsJoined);
        return joined == 0 ? 0 : sample.Processes.FirstOrDefault(p => Count(p, groups.Name) < joined && IsRunning(p));
    }

    // One line for each hierarchy, with the path of the group in it.
    private static int Count(int process, ReadOnlySpan<byte> name)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], text = stackalloc byte[4096];
        new ProcPath(path).Add("/proc/"u8).Add(process).Add("/cgroup"u8);
        ReadOnlySpan<byte> rest = text[..Math.Max(0, Files.ReadWhole(path, text))];
        int count = 0;
        for (int at; (at = rest.IndexOf(name)) >= 0; count++)
            rest = rest[(at + name.Length)..];
        return count;
    }

    // Who is about to end is shown at the root of each hierarchy.
    private static bool IsRunning(int process)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], stat = stackalloc byte[1024];
        new ProcPath(path).Add("/proc/"u8).Add(process).Add("/stat"u8);
        int count = Files.ReadWhole(path, stat);
        return count > 0 && ProcessUsage.TryParse(stat[..count], out ProcessUsage usage) && !usage.IsExiting && usage.State is not ('Z' or 'X');
    }
}
