using System.Globalization;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce.Dumpable;

/// <summary>
/// Which processes believe that they aren't dumpable (prctl(2), PR_SET_DUMPABLE). A blind supervisor
/// (<see cref="TargetCredentials.IsBlind"/>) could read no argument of such a process and would have to refuse whatever rules look at, so the kernel isn't told.
/// </summary>
/// <remarks>
/// The kernel keeps it with the memory: a fork inherits it, an execve ends it. Here it belongs to the places of the program's image and stack,
/// which a fork copies and an execve picks anew at random.
/// </remarks>
internal sealed class DumpableBook
{
    private const int Most = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Entry> _entries = [];
    private readonly Queue<int> _oldest = [];
    private volatile bool _isEmpty = true;

    private readonly record struct Entry(Image Image, int Value, string? CoreFilter);

    /// <summary>What a process is told that changed its ids without executing anything (proc(5), /proc/sys/fs/suid_dumpable).</summary>
    public static int AfterChangeOfIds => ReadSetting();

    /// <summary>What a process was told; null when the kernel knows better.</summary>
    public int? Of(int process)
    {
        if (_isEmpty || Image.Of(process) is not { } image)
            return null;
        lock (_lock)
            return Find(process, image)?.Value;
    }

    /// <summary>Remembers what a process is told.</summary>
    /// <param name="process">The process.</param>
    /// <param name="value">0 or 2, as PR_GET_DUMPABLE tells it; 1 when it is dumpable again.</param>
    /// <param name="keepsMemory">True when its memory must not stand in a core dump, either.</param>
    public void Set(int process, int value, bool keepsMemory = false)
    {
        if (Image.Of(process) is not { } image)
            return;
        lock (_lock)
        {
            string? filter = Find(process, image)?.CoreFilter;
            if (value == 1 && filter is not null)
            {
                Write(process, filter);
                filter = null;
            }
            else if (keepsMemory && filter is null)
                filter = Hide(process);
            if (_entries.TryAdd(process, default))
                _oldest.Enqueue(process);
            _entries[process] = new(image, value, filter);
            if (_entries.Count > Most)
                _entries.Remove(_oldest.Dequeue());
            _isEmpty = false;
        }
    }

    /// <summary>True when a thread may not look into a process, though the kernel would let it.</summary>
    public bool Closes(int process, int thread) => !_isEmpty && Of(process) is 0 or 2 && ProcessFacts.ProcessOf(thread) != process;

    /// <summary>True when a thread may not have this file from the supervisor's hands: the kernel would give it to root at most.</summary>
    /// <param name="path">The file's real path.</param>
    /// <param name="reads">True when it is only to be read.</param>
    /// <param name="thread">The program's thread.</param>
    public bool Hides(string path, bool reads, int thread)
    {
        if (_isEmpty || ProcEntry.Of(path) is not { } entry || Of(entry.Process) is not (0 or 2))
            return false;
        bool isOwn = ProcessFacts.ProcessOf(thread) == entry.Process;
        return isOwn ? ProcessFacts.UserOf(thread) != 0 && (!reads || entry.IsOwners) : !reads || !entry.IsEverybodys;
    }

    // A child that was forked since has its parent's image and no entry of its own.
    private Entry? Find(int process, Image image)
    {
        if (_entries.TryGetValue(process, out Entry own) && own.Image == image)
            return own;
        foreach (Entry entry in _entries.Values)
        {
            if (entry.Image == image)
                return entry;
        }

        return null;
    }

    // No mapping at all (core(5)). Programs that it executes keep that.
    private static string? Hide(int process)
    {
        try
        {
            string before = File.ReadAllText(FilterOf(process)).Trim();
            Write(process, "0");
            return "0x" + before;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Write(int process, string filter)
    {
        try
        {
            File.WriteAllText(FilterOf(process), filter);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // Its cores are no longer anybody's.
        }
    }

    private static string FilterOf(int process) => string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/coredump_filter");

    private static int ReadSetting()
    {
        Span<byte> text = stackalloc byte[16];
        return Files.ReadWhole("/proc/sys/fs/suid_dumpable\0"u8, text) > 0 && text[0] == (byte)'2' ? 2 : 0;
    }
}
