using System.Runtime.InteropServices;

namespace Sandgate.Scripting.Interop;

/// <summary>The processor time of threads, readable from other threads.</summary>
internal static unsafe partial class ThreadClock
{
    [ThreadStatic]
    private static int _current;

    /// <summary>The current thread's clock.</summary>
    public static int Current
    {
        get
        {
            if (_current == 0 && FindClock(Self(), out _current) != 0)
                _current = 0;
            return _current;
        }
    }

    /// <summary>What the thread has used so far; null when that can't be read.</summary>
    public static TimeSpan? Read(int clock)
    {
        long* time = stackalloc long[2];

        // SAFETY: the two words are seconds and nanoseconds. The clock of a thread that has ended is an error, no more.
        return clock != 0 && GetTime(clock, time) == 0 ? TimeSpan.FromSeconds(time[0]) + TimeSpan.FromMicroseconds(time[1] / 1000) : null;
    }

    [LibraryImport("libc", EntryPoint = "pthread_self")]
    private static partial nint Self();

    [LibraryImport("libc", EntryPoint = "pthread_getcpuclockid")]
    private static partial int FindClock(nint thread, out int clock);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, long* time);
}
