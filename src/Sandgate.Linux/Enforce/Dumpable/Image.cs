using System.Globalization;

namespace Sandgate.Linux.Enforce.Dumpable;

/// <summary>Where a process's program and stack lie, which tells one execve from the next (proc(5), /proc/PID/stat).</summary>
/// <param name="Places">The fields from startcode to startstack, and those from start_data on.</param>
internal readonly record struct Image(string Places)
{
    /// <summary>Where the program's own code begins: of the file that was executed, not of its loader.</summary>
    public ulong StartOfCode => ulong.Parse(Places[..Places.IndexOf(' ', StringComparison.Ordinal)], CultureInfo.InvariantCulture);

    private const int StartCode = 26, StartStack = 28, StartData = 45, EnvironmentEnd = 51;

    /// <summary>Reads it; null when the process is gone or may not be looked into.</summary>
    public static Image? Of(int process)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));

            // The third field follows the name, which stands in parentheses and may contain anything.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            string places = string.Join(' ', [.. fields[(StartCode - 3)..(StartStack - 2)], .. fields[(StartData - 3)..(EnvironmentEnd - 2)]]);
            return fields[StartStack - 3] is "0" or "1" ? null : new(places);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
