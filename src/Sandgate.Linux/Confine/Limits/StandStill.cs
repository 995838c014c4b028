using System.Runtime.InteropServices;
using Sandgate.Linux.Control;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>
/// Keeps the limits while the supervisor is stopped together with its program (<see cref="Launch.JobControl"/>): what is left of the tree does
/// not run on unwatched, and when the time is over the kernel wakes the supervisor.
/// </summary>
internal sealed class StandStill
{
    private const int CLOCK_MONOTONIC = 1, SIGCONT = 18;

    private readonly TreePause _rest;
    private readonly int? _timer;
    private readonly long _end;

    private StandStill(TreePause rest, TimeSpan? left)
    {
        _rest = rest;
        _end = left is { } time ? Environment.TickCount64 + (long)time.TotalMilliseconds : long.MaxValue;
        _timer = left is { } until ? StartTimer(until) : null;
        IsHeld = rest.IsWhole && (left is null || _timer is not null);
    }

    /// <summary>False when some of the tree can't be stopped, or nothing would wake the supervisor: then it must stay awake.</summary>
    public bool IsHeld { get; }

    /// <summary>Stops what still runs of the tree.</summary>
    /// <param name="groups">The run's control groups.</param>
    /// <param name="left">How much time it has left; null when that isn't limited.</param>
    public static StandStill Begin(ControlGroups groups, TimeSpan? left)
    {
        TreePause rest = new(groups);
        rest.Pause();
        return new(rest, left);
    }

    /// <summary>Lets the rest go on; false when the time is over.</summary>
    public bool End()
    {
        if (_timer is { } timer)
            Libc.Call(SyscallNumbers.timer_delete, timer);
        _rest.Resume();
        return Environment.TickCount64 < _end;
    }

    // Again and again: the first may come just before the supervisor stops.
    private static unsafe int? StartTimer(TimeSpan left)
    {
        const long NanosecondsPerTick = 100, Again = 50_000_000;
        SignalEvent signal = new() { Signal = SIGCONT };
        TimerSpec spec = new() { EveryNanoseconds = Again, FirstSeconds = left.Ticks / TimeSpan.TicksPerSecond, FirstNanoseconds = Math.Max(1, left.Ticks % TimeSpan.TicksPerSecond * NanosecondsPerTick) };
        int timer;

        // SAFETY: all three live on this stack for both calls, and have the layout of the kernel's structures.
        if (Libc.Call(SyscallNumbers.timer_create, CLOCK_MONOTONIC, (long)(&signal), (long)(&timer)) != 0)
            return null;
        return Libc.Call(SyscallNumbers.timer_settime, timer, 0, (long)(&spec)) == 0 ? timer : null;
    }

    /// <summary>struct sigevent of sigevent(3type).</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct SignalEvent
    {
        public long Value;
        public int Signal;
        public int Notify;
    }

    /// <summary>struct itimerspec of timer_settime(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimerSpec
    {
        public long EverySeconds;
        public long EveryNanoseconds;
        public long FirstSeconds;
        public long FirstNanoseconds;
    }
}
