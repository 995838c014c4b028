using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// System calls that may wait for ever, made on behalf of a held thread: they end when that thread has a signal to take,
/// and when it is gone. The thread itself can't tell: while it is held only fatal signals reach it.
/// </summary>
/// <remarks>
/// A call that ends for a signal is answered with <see cref="ERESTARTSYS"/>, as the kernel's own calls are: it runs the handler, and
/// gives EINTR or makes the call again as the handler's SA_RESTART says; without a handler (stop and continue) it makes the call again.
/// The kernel looks at that value only if the thread is marked as having a signal; so it must be this thread's, for certain:
/// see <see cref="SignalState.IsForThisThread"/>.
/// </remarks>
internal static unsafe class Interruptible
{
    /// <summary>The kernel's own "a signal came; see what its handler says": never seen by a program.</summary>
    public const int ERESTARTSYS = 512;

    /// <summary>What <see cref="TryCall"/> answers for a call that it ended.</summary>
    public const int EINTR = 4;

    private const int EAGAIN = 11, ESRCH = 3;
    private const int TickMilliseconds = 10, IdleTicks = 100, EntriesPerMillisecond = 10;

    // One of the real-time signals that neither the C library (32, 33) nor the runtime (34, 35) uses.
    private const int WakeUp = 47;

    private static readonly Lock s_lock = new();
    private static readonly List<Watched> s_watched = [];
    private static readonly AutoResetEvent s_work = new(initialState: false);
    private static bool s_watching;
    private static volatile bool s_asleep;

    // Threads that make calls by TryCall, and whether one did since the last tick.
    private static readonly List<Trier> s_triers = [];
    private static volatile bool s_tried;

    [ThreadStatic]
    private static Trier? s_own;

    private sealed class Trier
    {
        public int Worker { get; } = (int)Libc.Call(SyscallNumbers.gettid);
        public bool IsInside { get; set; }
        public bool WasSeen { get; set; }
    }

    private sealed class Watched(Stop stop, int worker)
    {
        public Stop Stop { get; } = stop;
        public int Worker { get; } = worker;
        public int Reason { get; set; }
        public bool WasSeen { get; set; }
    }

    /// <summary>
    /// Makes a system call on this thread, which may wait in it. Returns what the kernel returned, <c>-ERESTARTSYS</c>
    /// when the stop is to be answered so, or <c>-ESRCH</c> when there is nobody left to answer. A call that already did something (a part
    /// of the bytes was sent) returns that. Must not run on the loop's thread.
    /// </summary>
    public static long Call(Stop stop, long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0)
    {
        Watched watched = new(stop, (int)Libc.Call(SyscallNumbers.gettid));
        if (!TryAdd(watched))
            return -EAGAIN;
        try
        {
            // Behind TryAdd: from here on EndThoseOfTheGone finds it.
            if (!stop.IsHeld)
                return -ESRCH;
            while (true)
            {
                long result = Libc.CallBlocking(number, a, b, c, d, e, f);
                if (result != -EINTR)
                    return result;
                lock (s_lock)
                {
                    // Somebody else's signal (the runtime's) interrupts what SO_SNDTIMEO bounds: go on.
                    if (watched.Reason != 0)
                        return watched.Reason;
                }
            }
        }
        finally
        {
            lock (s_lock)
                s_watched.Remove(watched);
        }
    }

    /// <summary>
    /// Makes a system call that hardly ever waits on a thread that must not wait: -<see cref="EINTR"/> when it had to for one or two ticks. Nothing was done then. For
    /// a call that doesn't wait this costs next to nothing.
    /// </summary>
    public static long TryCall(long number, long a, long b)
    {
        if ((s_own ?? Join()) is not { } own)
            return -EINTR;
        lock (own)
            (own.IsInside, own.WasSeen) = (true, false);
        s_tried = true;
        Interlocked.MemoryBarrier();
        if (s_asleep)
            s_work.Set();
        long result = Libc.CallBlocking(number, a, b);
        lock (own)
            own.IsInside = false;
        return result;
    }

    private static Trier? Join()
    {
        lock (s_lock)
        {
            if (TryBegin())
                s_triers.Add(s_own = new());
        }

        return s_own;
    }

    /// <summary>
    /// Ends the calls for threads that are gone, and waits until they have ended, a moment at most: who opens the other end of a FIFO now must not
    /// find them.
    /// </summary>
    public static void EndThoseOfTheGone()
    {
        const int MostNaps = 1000;
        for (int naps = 0; naps < MostNaps; naps++)
        {
            bool any = false;
            lock (s_lock)
            {
                foreach (Watched watched in s_watched)
                {
                    if (watched.Stop.IsHeld)
                        continue;
                    any = true;
                    watched.Reason = -ESRCH;
                    Wake(watched);
                }
            }

            if (!any)
                return;
            Thread.Sleep(TimeSpan.FromMicroseconds(100));
        }
    }

    // False when the program has used up the processes its user may have: nobody could end the call then.
    private static bool TryAdd(Watched watched)
    {
        lock (s_lock)
        {
            if (!TryBegin())
                return false;
            s_watched.Add(watched);
            return true;
        }
    }

    private static bool TryBegin()
    {
        if (s_watching)
        {
            if (s_asleep)
                s_work.Set();
            return true;
        }

        Prepare();
        try
        {
            new Thread(Watch, 256 * 1024) { Name = "signals of blocked calls", IsBackground = true }.Start();
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        return s_watching = true;
    }

    // A handler that does nothing, so that the signal does no more than end what waits. It may not be managed code:
    // the signal can come at any moment. No SA_RESTART.
    private static void Prepare()
    {
        // struct sigaction of the C library: handler, 128 bytes of mask, flags, restorer.
        nint* action = stackalloc nint[19];
        new Span<nint>(action, 19).Clear();
        action[0] = Libc.Export("abs");

        // SAFETY: the signature is sigaction(3)'s own; action is as long as its struct; abs(3) takes an int and touches nothing.
        ((delegate* unmanaged<int, nint*, nint*, int>)Libc.Export("sigaction"))(WakeUp, action, null);
    }

    private static void Watch()
    {
        List<Watched> now = [];
        for (int idle = 0; ;)
        {
            lock (s_lock)
            {
                now.Clear();
                now.AddRange(s_watched);
                idle = now.Count == 0 && !s_tried ? idle + 1 : 0;
                s_tried = false;
                s_asleep = idle >= IdleTicks;
                foreach (Trier trier in s_triers)
                    EndSecondTime(trier);
            }

            // Who tries and doesn't see that this thread sleeps is seen by it.
            Interlocked.MemoryBarrier();
            if (s_asleep && !s_tried)
                s_work.WaitOne();
            s_asleep = false;
            foreach (Watched watched in now)
            {
                if (watched.Reason == 0)
                    watched.Reason = ReasonToEnd(watched);
                if (watched.Reason == 0)
                    continue;

                // Again and again until it is out: a signal that comes just before the call is lost. Never after it is out.
                lock (s_lock)
                {
                    if (s_watched.Contains(watched))
                        Wake(watched);
                }
            }

            Thread.Sleep(Math.Max(TickMilliseconds, now.Count / EntriesPerMillisecond));
        }
    }

    private static void Wake(Watched watched) => Wake(watched.Worker);

    private static void Wake(int worker) => Libc.Call(SyscallNumbers.tgkill, Environment.ProcessId, worker, WakeUp);

    // Never when it is out: its thread's other calls must not be interrupted.
    private static void EndSecondTime(Trier trier)
    {
        lock (trier)
        {
            if (trier is { IsInside: true, WasSeen: true })
                Wake(trier.Worker);
            trier.WasSeen = trier.IsInside;
        }
    }

    private static int ReasonToEnd(Watched watched)
    {
        bool pending = SignalState.Read(watched.Stop.ThreadId) is { } state && state.IsForThisThread(out bool certain) && (certain || watched.WasSeen);
        watched.WasSeen = SignalState.Read(watched.Stop.ThreadId) is { } again && again.IsForThisThread(out _);

        // What was read of a thread that has gone is somebody else's.
        return !watched.Stop.IsHeld ? -ESRCH : pending ? -ERESTARTSYS : 0;
    }
}
