using System.Collections.Concurrent;
using System.Diagnostics;
using Sandgate.Core.Trap;

namespace Sandgate.Core;

/// <summary>Stops whose answer may take a while, and the workers that give it. Workers start when they are needed.</summary>
internal sealed class ParkedStops(Func<Action<Stop>> newWorker, Action<Exception> whenBroken) : IDisposable
{
    // Each may be waiting for the kernel, as long as a program likes.
    private const int MaxWorkers = 512;

    // A script that recurses through C calls as deep as its language allows takes 400 KiB, and refuses to run with less than 512 KiB
    // left. What is never touched costs address space only.
    private const int StackSize = 1024 * 1024;

    private readonly BlockingCollection<Stop> _stops = [];
    private int _workers;
    private int _idle;
    private int _unfinished;

    /// <summary>Hands a stop to a worker.</summary>
    public void Add(Stop stop)
    {
        Interlocked.Increment(ref _unfinished);
        _stops.Add(stop);
        if (Volatile.Read(ref _idle) >= _stops.Count || _workers >= MaxWorkers)
            return;
        try
        {
            new Thread(Work, StackSize) { Name = "parked", IsBackground = true }.Start();
            _workers++;
        }
        catch (OutOfMemoryException) when (_workers == 0)
        {
            // The program has used up the processes its user may have. Better the loop waits than a call stays unanswered.
            using Stop waiting = _stops.Take();
            newWorker()(waiting);
            Interlocked.Decrement(ref _unfinished);
        }
        catch (OutOfMemoryException)
        {
            // A worker that is busy now will come to it.
        }
    }

    private void Work()
    {
        Action<Stop> answer = newWorker();
        while (true)
        {
            Interlocked.Increment(ref _idle);
            bool more = _stops.TryTake(out Stop? stop, Timeout.Infinite);
            Interlocked.Decrement(ref _idle);
            if (!more)
                return;
            using (stop)
            {
                try
                {
                    answer(stop!);
                }
                catch (Exception failure) when (failure is not OutOfMemoryException)
                {
                    whenBroken(failure);
                }
                finally
                {
                    Interlocked.Decrement(ref _unfinished);
                }
            }
        }
    }

    /// <summary>Waits until all that were handed over are done with; not only answered, but recorded, too.</summary>
    /// <param name="most">How long at most.</param>
    public void AwaitAll(TimeSpan most)
    {
        for (long begin = Stopwatch.GetTimestamp(); Volatile.Read(ref _unfinished) > 0 && Stopwatch.GetElapsedTime(begin) < most;)
            Thread.Sleep(1);
    }

    /// <inheritdoc/>
    public void Dispose() => _stops.CompleteAdding();
}
