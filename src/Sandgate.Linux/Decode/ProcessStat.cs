using System.Globalization;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>Ids of a process, from /proc/PID/stat and /proc/PID/status (proc(5)). For rare calls only: it makes strings.</summary>
/// <param name="Parent">The parent's process id.</param>
/// <param name="Group">The process group.</param>
/// <param name="Session">The session.</param>
/// <param name="RealUid">The real user id.</param>
/// <param name="EffectiveUid">The effective user id.</param>
/// <param name="SavedUid">The saved set-user id.</param>
/// <param name="Capabilities">The effective capabilities.</param>
internal sealed record ProcessStat(int Parent, int Group, int Session, uint RealUid, uint EffectiveUid, uint SavedUid, ulong Capabilities)
{
    private const int CAP_KILL = 5;

    /// <summary>True when it may signal everybody in its user namespace and in those below (capabilities(7)).</summary>
    public bool MayKill => (Capabilities & (1ul << CAP_KILL)) != 0;


    /// <summary>Every process that is visible.</summary>
    public static IEnumerable<int> AllProcesses()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                yield return id;
        }
    }

    /// <summary>The processes that descend from this one, children first found first.</summary>
    public static List<int> DescendantsOf(int ancestor)
    {
        ILookup<int, int> children = AllProcesses().Select(p => (Process: p, Stat: Read(p)))
            .Where(p => p.Stat is not null).ToLookup(p => p.Stat!.Parent, p => p.Process);
        List<int> found = [.. children[ancestor]];
        for (int i = 0; i < found.Count; i++)
            found.AddRange(children[found[i]]);
        return found;
    }

    /// <summary>Reads them; null when the process is gone.</summary>
    public static ProcessStat? Read(int processId)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{processId}/stat");

            // The name stands in parentheses and may contain anything, parentheses too.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            string[] lines = [.. ProcLines.Of($"/proc/{processId}/status")];
            string[] uids = Field(lines, "Uid:").Split('\t', StringSplitOptions.RemoveEmptyEntries);
            return new(Number(fields[1]), Number(fields[2]), Number(fields[3]), Id(uids[0]), Id(uids[1]), Id(uids[2]),
                ulong.Parse(Field(lines, "CapEff:"), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or IndexOutOfRangeException or FormatException)
        {
            return null;
        }
    }

    private static string Field(string[] lines, string name) =>
        Array.Find(lines, l => l.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim() ?? "";

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static uint Id(string text) => uint.Parse(text, CultureInfo.InvariantCulture);
}
