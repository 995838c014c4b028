using System.Buffers.Text;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>The processes below the supervisor, by the kernel's own lists of children (/proc/PID/task/TID/children).</summary>
internal static class Children
{
    // The supervisor's own threads, most of which never have children, are listed anew only so often.
    private const int ListedFor = 20;

    // What forks as fast as it is read would never be read to its end.
    private const int Patience = 200;

    private static readonly bool s_known = File.Exists("/proc/thread-self/children");

    private static readonly string s_ofFirstThread = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/task/{Environment.ProcessId}/children");

    [ThreadStatic]
    private static string[]? t_ownThreads;

    [ThreadStatic]
    private static int t_used;

    /// <summary>All that descend from the supervisor; null when this kernel keeps no such lists.</summary>
    public static List<int>? OfSupervisor()
    {
        if (!s_known)
            return null;
        List<int> found = [];
        foreach (string thread in OwnThreads())
            VisitOf(thread + "/children", found.Add);
        long end = Environment.TickCount64 + Patience;
        for (int i = 0; i < found.Count && Environment.TickCount64 < end; i++)
            AddBelow(found[i], found);
        return found;
    }

    /// <summary>Calls back with each child of the supervisor as soon as it is read.</summary>
    public static void VisitOfSupervisor(Action<int> visit)
    {
        if (s_known)
        {
            foreach (string thread in OwnThreads())
                VisitOf(thread + "/children", visit);
        }
        else
            ProcessStat.DescendantsOf(Environment.ProcessId).ForEach(visit);
    }

    /// <summary>The same for those who have lost their parent: the kernel gives them to the first thread (find_alive_thread in kernel/exit.c).</summary>
    public static void VisitOrphans(Action<int> visit)
    {
        if (s_known)
            VisitOf(s_ofFirstThread, visit);
    }

    private static string[] OwnThreads()
    {
        if (t_ownThreads is null || ++t_used % ListedFor == 0)
            t_ownThreads = [.. Directory.EnumerateDirectories("/proc/self/task")];
        return t_ownThreads;
    }

    // Each thread has its own children.
    private static void AddBelow(int process, List<int> found)
    {
        try
        {
            foreach (string thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
                VisitOf(thread + "/children", found.Add);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static unsafe void VisitOf(string list, Action<int> visit)
    {
        byte[] name = [.. System.Text.Encoding.ASCII.GetBytes(list), 0];
        int descriptor = Files.Open(Files.AT_FDCWD, name, Files.O_RDONLY | Files.O_CLOEXEC);
        if (descriptor < 0)
            return;
        Span<byte> text = stackalloc byte[4096];
        int kept = 0;
        fixed (byte* start = text)
        {
            while (true)
            {
                // SAFETY: the rest of the buffer.
                int count = (int)Libc.Call(SyscallNumbers.read, descriptor, (long)(start + kept), text.Length - kept);
                int end = kept + Math.Max(0, count);
                kept = Take(text[..end], visit);
                text[(end - kept)..end].CopyTo(text);
                if (count <= 0)
                    break;
            }
        }

        Files.Close(descriptor);
    }

    // Each number is followed by a space; returns how many bytes of a cut one are left.
    private static int Take(ReadOnlySpan<byte> text, Action<int> visit)
    {
        while (text.IndexOf((byte)' ') is >= 0 and var end)
        {
            if (Utf8Parser.TryParse(text[..end], out int process, out _))
                visit(process);
            text = text[(end + 1)..];
        }

        return text.Length;
    }
}
