using Sandgate.Core.Trap;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Threads for calls that may wait as long as the program likes (a connection that nobody answers). Each has one to itself, so that
/// they don't hold up others; beyond the bound there is none.
/// </summary>
internal static class BlockingThreads
{
    private const int EAGAIN = 11;
    private const int Most = 4096, StackSize = 256 * 1024, IdleMilliseconds = 2000;

    private static readonly object s_lock = new();
    private static Queue<Action> s_waiting = new();
    private static int s_threads;

    // Those that wait for work, also those that have been woken for it and don't know yet.
    private static int s_idle;

    /// <summary>Has a thread do this, which must not throw. False when there is no thread to be had.</summary>
    public static bool TryDo(Action call)
    {
        lock (s_lock)
        {
            s_waiting.Enqueue(call);
            if (s_idle >= s_waiting.Count)
                Monitor.Pulse(s_lock);
            else if (s_threads >= Most || (!TryStart() && s_threads == 0))
            {
                // Those who have one may never be done.
                s_waiting = new(s_waiting.SkipLast(1));
                return false;
            }

            return true;
        }
    }

    /// <summary>Has a thread answer a stop. What becomes of it is not known here.</summary>
    public static Outcome Answer(SeccompStop stop, Action<SeccompStop> answer)
    {
        SeccompStop parked = (SeccompStop)stop.Park();
        bool begun = TryDo(() =>
        {
            using (parked)
                answer(parked);
        });
        if (begun)
            return Outcome.Continued;
        using (parked)
            return parked.Fail(EAGAIN);
    }

    private static bool TryStart()
    {
        try
        {
            new Thread(Work, StackSize) { Name = "blocked call", IsBackground = true }.Start();
            s_threads++;
            return true;
        }
        catch (OutOfMemoryException)
        {
            // The program has used up the processes its user may have. Somebody who is busy now will come to it.
            return false;
        }
    }

    private static void Work()
    {
        while (Next() is { } call)
            call();
    }

    private static Action? Next()
    {
        lock (s_lock)
        {
            while (s_waiting.Count == 0)
            {
                s_idle++;
                bool woken = Monitor.Wait(s_lock, IdleMilliseconds);
                s_idle--;
                if (!woken && s_waiting.Count == 0)
                {
                    s_threads--;
                    return null;
                }
            }

            return s_waiting.Dequeue();
        }
    }
}
