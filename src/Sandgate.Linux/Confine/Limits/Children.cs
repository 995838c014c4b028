using System.Buffers.Text;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>The processes below the supervisor, by the kernel's own lists of children (/proc/PID/task/TID/children).</summary>
internal static class Children
{
    // The supervisor's own threads, most of which never have children, are listed anew only so often.
    private const int ListedFor = 20;

    private static readonly bool s_known = File.Exists("/proc/thread-self/children");

    [ThreadStatic]
    private static string[]? t_ownThreads;

    [ThreadStatic]
    private static int t_used;

    /// <summary>All that descend from the supervisor; null when this kernel keeps no such lists.</summary>
    public static List<int>? OfSupervisor()
    {
        if (!s_known)
            return null;
        if (t_ownThreads is null || ++t_used % ListedFor == 0)
            t_ownThreads = [.. Directory.EnumerateDirectories("/proc/self/task")];
        List<int> found = [];
        foreach (string thread in t_ownThreads)
            AddOf(thread + "/children", found);
        for (int i = 0; i < found.Count; i++)
            AddBelow(found[i], found);
        return found;
    }

    // Each thread has its own children.
    private static void AddBelow(int process, List<int> found)
    {
        try
        {
            foreach (string thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
                AddOf(thread + "/children", found);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static unsafe void AddOf(string list, List<int> found)
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
                kept = Take(text[..end], found);
                text[(end - kept)..end].CopyTo(text);
                if (count <= 0)
                    break;
            }
        }

        Files.Close(descriptor);
    }

    // Each number is followed by a space; returns how many bytes of a cut one are left.
    private static int Take(ReadOnlySpan<byte> text, List<int> found)
    {
        while (text.IndexOf((byte)' ') is >= 0 and var end)
        {
            if (Utf8Parser.TryParse(text[..end], out int process, out _))
                found.Add(process);
            text = text[(end + 1)..];
        }

        return text.Length;
    }
}
