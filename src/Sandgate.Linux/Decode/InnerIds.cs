using System.Buffers.Text;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>What an id means that a thread in a PID namespace of its own names (pid_namespaces(7)).</summary>
internal static class InnerIds
{
    // A namespace can be 32 deep in others (pid_namespaces(7)), and then there is the initial one.
    private const int MostLevels = 33;

    private static ReadOnlySpan<byte> s_ofProcess => "\nNStgid:\t"u8;

    /// <summary>
    /// The process, as the supervisor counts, that a thread's id for a process or thread means; 0 when there is none. It has the same id on the thread's
    /// level, in the thread's namespace or in one below it.
    /// </summary>
    public static int ProcessMeant(int threadId, int id)
    {
        Span<int> own = stackalloc int[MostLevels];
        int level = Read(threadId, own) - 1;
        if (level < 0)
            return 0;
        string? space = ProcessFacts.PidNamespaceOf(threadId);
        int below = 0;
        foreach (int process in ProcessStat.AllProcesses())
        {
            if (!HasId(process, level, id))
                continue;
            if (ProcessFacts.PidNamespaceOf(process) == space)
                return process;
            below = process;
        }

        return below;
    }

    /// <summary>The ids by which a thread knows another thread and its process; 0 for what is gone, or outside of the namespace it is in.</summary>
    public static (int Process, int Thread) KnownTo(int observer, int threadId)
    {
        Span<int> ids = stackalloc int[MostLevels];
        int level = Read(observer, ids) - 1;
        int thread = level >= 0 && Read(threadId, ids) > level ? ids[level] : 0;
        return (level >= 0 && Read(threadId, ids, s_ofProcess) > level ? ids[level] : 0, thread);
    }

    /// <summary>How many PID namespaces a thread is in below the supervisor's.</summary>
    public static int LevelOf(int threadId)
    {
        Span<int> ids = stackalloc int[MostLevels];
        return Math.Max(0, Read(threadId, ids) - 1);
    }

    /// <summary>The ids of a thread's process, from the supervisor's PID namespace to its own; none when it is gone.</summary>
    public static int[] OfProcess(int threadId)
    {
        Span<int> ids = stackalloc int[MostLevels];
        return ids[..Read(threadId, ids, s_ofProcess)].ToArray();
    }

    private static bool HasId(int process, int level, int id)
    {
        Span<int> ids = stackalloc int[MostLevels];
        int count = Read(process, ids);
        if (count <= level)
            return false;
        if (ids[level] == id)
            return true;
        foreach (int thread in ThreadsOf(process))
        {
            if (thread != process && Read(thread, ids) > level && ids[level] == id)
                return true;
        }

        return false;
    }

    private static IEnumerable<int> ThreadsOf(int process)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{process}/task").Select(d => int.Parse(Path.GetFileName(d), System.Globalization.CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    // From the outermost namespace to the innermost, with tabs between (proc(5)).
    private static int Read(int threadId, Span<int> ids) => Read(threadId, ids, "\nNSpid:\t"u8);

    private static int Read(int threadId, Span<int> ids, ReadOnlySpan<byte> label)
    {
        ReadOnlySpan<byte> rest = ProcStatus.Line(ProcStatus.Read(threadId, stackalloc byte[ProcStatus.Room]), label);
        int count = 0;
        while (count < ids.Length && Utf8Parser.TryParse(rest, out int id, out int digits))
        {
            ids[count++] = id;
            if (digits >= rest.Length || rest[digits] != (byte)'\t')
                break;
            rest = rest[(digits + 1)..];
        }

        return count;
    }
}
