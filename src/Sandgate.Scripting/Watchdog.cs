using System.Diagnostics;

namespace Sandgate.Scripting;

/// <summary>
/// Ends runs that take too long. One thread for all scripts looks every few milliseconds while any is in use, so that a run costs
/// one look at the clock; when none has run for a while it waits without a time-out.
/// </summary>
internal static class Watchdog
{
    private const int Milliseconds = 10;
    private const int IdleRounds = 100;

    private static readonly Lock Gate = new();
    private static readonly AutoResetEvent Wake = new(false);
    private static LuaState[] _states = [];
    private static bool _isStarted;
    private static int _isAsleep;

    /// <summary>The clock that runs are timed with.</summary>
    public static long Now => Stopwatch.GetTimestamp();

    /// <summary>A span on that clock.</summary>
    public static long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <summary>Begins to look after a state.</summary>
    public static void Watch(LuaState state)
    {
        lock (Gate)
        {
            _states = [.. _states, state];
            if (_isStarted)
                return;
            _isStarted = true;
            new Thread(Look, 256 * 1024) { Name = "scripts", IsBackground = true }.Start();
        }
    }

    /// <summary>Ceases to look after a state.</summary>
    public static void Forget(LuaState state)
    {
        lock (Gate)
            _states = Array.FindAll(_states, other => other != state);
    }

    /// <summary>Called when a run has begun and says so to whoever looks.</summary>
    public static void WakeIfAsleep()
    {
        if (Volatile.Read(ref _isAsleep) != 0 && Interlocked.Exchange(ref _isAsleep, 0) != 0)
            Wake.Set();
    }

    private static void Look()
    {
        int idle = 0;
        while (true)
        {
            Thread.Sleep(Milliseconds);
            idle = StopOverdue() ? 0 : idle + 1;
            if (idle < IdleRounds)
                continue;

            // First the word, then another look: a run that began in between is either seen here or sees the word.
            Interlocked.Exchange(ref _isAsleep, 1);
            if (StopOverdue())
                Interlocked.Exchange(ref _isAsleep, 0);
            else
                Wake.WaitOne();
            idle = 0;
        }
    }

    private static bool StopOverdue()
    {
        bool any = false;
        long now = Now;
        foreach (LuaState state in Volatile.Read(ref _states))
            any |= state.StopIfOverdue(now);
        return any;
    }
}
