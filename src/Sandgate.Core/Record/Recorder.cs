using Sandgate.Core.Decide;

namespace Sandgate.Core.Record;

/// <summary>What becomes of events while the sinks can't keep up.</summary>
public enum Pressure
{
    /// <summary>The program waits, so that nothing is lost.</summary>
    Block,

    /// <summary>The program goes on; what does not fit is dropped, counted, and the count recorded.</summary>
    Drop,
}

/// <summary>Takes events from the loop and hands them to the sinks on a thread of its own. The queue is bounded.</summary>
public sealed class Recorder : IDisposable
{
    private const int QueueLength = 8192;

    // A person who reads along notices nothing of it.
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);

    // What a sink has not been told to hand over is lost when the supervisor is killed.
    private const int LongestBatch = 4096;

    private readonly IEventSink[] _sinks;
    private readonly ulong _detailed;
    private readonly bool[] _failed;
    private readonly Action<Exception> _onFailure;
    private readonly Pressure _pressure;
    private readonly Lock _starting = new(), _numbering = new();
    private volatile EventQueue<Item>? _queue;
    private Thread? _thread;
    private volatile bool _begun;
    private long _number, _calls, _dropped, _droppedInARow;

    private sealed record Item(RecordedEvent Event, ulong Told);

    /// <summary>Makes a recorder.</summary>
    /// <param name="sinks">Where to write; at most 64.</param>
    /// <param name="onFailure">Told once when a sink fails (a full disk); recording to that sink then ends.</param>
    /// <param name="pressure">What becomes of events while the sinks can't keep up.</param>
    public Recorder(IEnumerable<IEventSink> sinks, Action<Exception> onFailure, Pressure pressure = Pressure.Block)
    {
        _sinks = [.. sinks];
        _failed = new bool[_sinks.Length];
        for (int i = 0; i < _sinks.Length; i++)
            _detailed |= _sinks[i].WantsDetails ? 1ul << i : 0;
        (_onFailure, _pressure) = (onFailure, pressure);

        // A program could have used up the user's threads by the time of its first event.
        if (_detailed != 0)
            Start();
    }

    /// <summary>True when some sink wants calls that are allowed and not logged by a rule.</summary>
    public bool WantsAll => _sinks.Any(s => s.Wants(allowed: true, logged: false));

    /// <summary>True when some sink wants everything about a call, and the processes.</summary>
    public bool WantsDetails => _detailed != 0;

    /// <summary>True once the record has its beginning.</summary>
    public bool HasBegun => _begun;

    /// <summary>How many calls were recorded, and how many events were dropped.</summary>
    public (long Calls, long Dropped) Counts => (Interlocked.Read(ref _calls), Interlocked.Read(ref _dropped));

    /// <summary>True when some sink wants a call with this verdict.</summary>
    public bool Wants(in Verdict verdict)
    {
        foreach (IEventSink sink in _sinks)
        {
            if (sink.Wants(verdict.Allowed, verdict.Logged))
                return true;
        }

        return false;
    }

    /// <summary>Lets the sinks that can write without waiting do so. Returns a bit for each that did, or that doesn't want the call.</summary>
    public ulong TellAtOnce(CallEvent recorded)
    {
        ulong told = 0;
        for (int i = 0; i < _sinks.Length; i++)
        {
            if (!_sinks[i].Wants(recorded.Verdict.Allowed, recorded.Verdict.Logged) || _sinks[i].TryWriteAtOnce(recorded))
                told |= 1ul << i;
        }

        return told;
    }

    /// <summary>Tells what the record begins with; asked once.</summary>
    public Func<SessionStart>? Session { get; set; }

    /// <summary>Writes down what the record begins with, if that hasn't been done yet.</summary>
    public void Begin()
    {
        lock (_starting)
        {
            if (_begun)
                return;
            if (_detailed != 0 && Session?.Invoke() is { } start)
            {
                start.Number = ++_number;
                Each(~_detailed, sink =>
                {
                    sink.Write(start);
                    sink.Flush();
                });
            }

            _begun = true;
        }
    }

    /// <summary>Queues an event that is no call, for the sinks that want details.</summary>
    public void Record(RecordedEvent recorded)
    {
        if (_detailed != 0)
            Queue(recorded, ~_detailed);
    }

    /// <summary>Queues a call for the sinks that were not told at once.</summary>
    public void Record(CallEvent recorded, ulong told)
    {
        Interlocked.Increment(ref _calls);
        if (told != (1ul << _sinks.Length) - 1)
            Queue(recorded, told);
    }

    private void Queue(RecordedEvent recorded, ulong told)
    {
        if (!_begun)
            Begin();
        EventQueue<Item> queue = _queue ?? Start();

        // Events are numbered in the order in which they are written.
        bool isQueued;
        lock (_numbering)
            isQueued = TryQueue(queue, recorded, told);
        while (!isQueued)
        {
            if (!queue.WaitForRoom())
                return;
            lock (_numbering)
                isQueued = TryQueue(queue, recorded, told);
        }
    }

    // False when there is no room and the caller has to wait.
    private bool TryQueue(EventQueue<Item> queue, RecordedEvent recorded, ulong told)
    {
        if (_droppedInARow > 0 && queue.TryAdd(new(new EventsDropped { Time = recorded.Time, Count = _droppedInARow, Number = _number + 1 }, ~_detailed)))
        {
            _number++;
            _droppedInARow = 0;
        }

        recorded.Number = _number + 1;
        if (_droppedInARow == 0 && queue.TryAdd(new(recorded, told)))
        {
            _number++;
            return true;
        }

        // How a record ends is never dropped.
        if (_pressure == Pressure.Block || recorded is SessionEnded)
            return false;
        _droppedInARow++;
        Interlocked.Increment(ref _dropped);
        return true;
    }

    // Most runs have nothing to record: without sinks of details, neither queue nor thread is made before the first event.
    private EventQueue<Item> Start()
    {
        lock (_starting)
        {
            if (_queue is { } started)
                return started;
            EventQueue<Item> queue = new(QueueLength, _detailed == 0 ? TimeSpan.Zero : s_moment);
            _thread = new(() => Run(queue)) { Name = "recorder", IsBackground = true };
            _thread.Start();
            _queue = queue;
            return queue;
        }
    }

    private void Run(EventQueue<Item> queue)
    {
        while (queue.Take() is { Length: > 0 } batch)
        {
            for (int i = 0; i < batch.Length; i++)
            {
                Item next = batch[i];
                Each(next.Told, sink => Write(sink, next.Event));
                if ((i + 1) % LongestBatch == 0 || i == batch.Length - 1)
                    Each(0, sink => sink.Flush());
            }
        }
    }

    private static void Write(IEventSink sink, RecordedEvent next)
    {
        if (next is not CallEvent call || sink.Wants(call.Verdict.Allowed, call.Verdict.Logged))
            sink.Write(next);
    }

    private void Each(ulong skipped, Action<IEventSink> action)
    {
        for (int i = 0; i < _sinks.Length; i++)
        {
            if (_failed[i] || (skipped >> i & 1) != 0)
                continue;
            try
            {
                action(_sinks[i]);
            }
            catch (IOException failure)
            {
                _failed[i] = true;
                _onFailure(failure);
            }
        }
    }

    /// <summary>Writes what is queued, then closes the sinks.</summary>
    public void Dispose()
    {
        _queue?.Complete();
        _thread?.Join();
        Each(0, sink => sink.Dispose());
    }
}
