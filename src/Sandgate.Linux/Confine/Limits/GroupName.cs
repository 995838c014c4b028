using System.Globalization;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>
/// The name of a control group that Sandgate made. It tells whose it is, so that the next supervisor can tell which are left from one that was killed.
/// </summary>
/// <param name="Supervisor">The supervisor's process id.</param>
/// <param name="StartTime">When that process started, in clock ticks since boot: ids are used again.</param>
/// <param name="PidNamespace">The namespace in which the id means it.</param>
internal readonly record struct GroupName(int Supervisor, long StartTime, long PidNamespace)
{
    /// <summary>What every name begins with.</summary>
    public const string Prefix = "sandgate-";

    /// <summary>This supervisor's own.</summary>
    public static GroupName Own() => new(Environment.ProcessId, StartTimeOf(Environment.ProcessId), OwnPidNamespace());

    /// <summary>Reads a name; null when it is none of Sandgate's.</summary>
    public static GroupName? Parse(string name)
    {
        string[] parts = name.Split('-');
        return parts.Length == 5 && parts[0] + "-" == Prefix
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int process)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out long started)
            && long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out long space)
            ? new(process, started, space) : null;
    }

    /// <summary>True when its supervisor was of this namespace, and lives no more.</summary>
    public bool IsLeftOver(GroupName own) => PidNamespace == own.PidNamespace && own.StartTime > 0 && StartTimeOf(Supervisor) != StartTime;

    /// <summary>The name, with an end that nobody guesses.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Supervisor}-{StartTime}-{PidNamespace}-{RandomNumber.Draw() & 0xffff_ffff:x8}");

    /// <summary>When a process started; 0 when there is none.</summary>
    public static long StartTimeOf(int process)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], stat = stackalloc byte[1024];
        new ProcPath(path).Add("/proc/"u8).Add(process).Add("/stat"u8);
        int count = Files.ReadWhole(path, stat);
        return count > 0 && ProcessUsage.TryParse(stat[..count], out ProcessUsage usage) && usage.State is not ('Z' or 'X') ? usage.StartTime : 0;
    }

    // "pid:[4026531836]"
    private static long OwnPidNamespace()
    {
        Span<byte> name = stackalloc byte[64];
        int count = Files.ReadLink(Files.AT_FDCWD, "/proc/self/ns/pid\0"u8, name);
        return count > 6 && long.TryParse(name[5..(count - 1)], NumberStyles.None, CultureInfo.InvariantCulture, out long inode) ? inode : 0;
    }
}
