using System.Threading.Channels;
using Sandgate.Core.Decide;

namespace Sandgate.Core.Record;

/// <summary>
/// Takes decided calls from the loop and hands them to the sinks on a thread of its own. The queue
/// is bounded and blocks when it is full: a record without gaps is worth more than speed.
/// </summary>
public sealed class Recorder : IDisposable
{
    private const int QueueLength = 8192;

    private readonly IEventSink[] _sinks;
    private readonly bool[] _failed;
    private readonly Action<Exception> _onFailure;
    private readonly Lock _starting = new();
    private volatile Channel<Item>? _queue;
    private Thread? _thread;
    private volatile bool _begun;

    private sealed record Item(CallEvent Event, ulong Told);


    /// <summary>Starts a recorder.</summary>
    /// <param name="sinks">Where to write.</param>
    /// <param name="onFailure">Told once when a sink fails (a full disk); recording to that sink then ends.</param>
    public Recorder(IEnumerable<IEventSink> sinks, Action<Exception> onFailure)
    {
        _sinks = [.. sinks];
        _failed = new bool[_sinks.Length];
        _onFailure = onFailure;
    }

    /// <summary>True when some sink wants calls that are allowed and not logged by a rule.</summary>
    public bool WantsAll => _sinks.Any(s => s.Wants(allowed: true, logged: false));

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

    /// <summary>Lets the sinks that can write without waiting do so. Returns a bit for each that did.</summary>
    public ulong TellAtOnce(CallEvent recorded)
    {
        ulong told = 0;
        for (int i = 0; i < _sinks.Length; i++)
        {
            if (_sinks[i].Wants(recorded.Verdict.Allowed, recorded.Verdict.Logged) && _sinks[i].TryWriteAtOnce(recorded))
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
            _begun = true;
            if (Session?.Invoke() is { } start)
                Each(_failed, 0, sink => sink.Begin(start));
        }
    }

    /// <summary>Queues a call for the sinks that were not told at once; waits while the queue is full.</summary>
    public void Record(CallEvent recorded, ulong told)
    {
        if (told == (1ul << _sinks.Length) - 1)
            return;
        ChannelWriter<Item> queue = (_queue ?? Start()).Writer;
        Item item = new(recorded, told);
        if (!queue.TryWrite(item))
            queue.WriteAsync(item).AsTask().Wait();
    }

    // Most runs have nothing to record: neither queue nor thread is made before the first event.
    private Channel<Item> Start()
    {
        Begin();
        lock (_starting)
        {
            if (_queue is { } started)
                return started;
            Channel<Item> queue = Channel.CreateBounded<Item>(
                new BoundedChannelOptions(QueueLength) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
            _thread = new(() => Run(queue.Reader)) { Name = "recorder", IsBackground = true };
            _thread.Start();
            _queue = queue;
            return queue;
        }
    }

    private void Run(ChannelReader<Item> queue)
    {
        while (queue.WaitToReadAsync().AsTask().Result)
        {
            while (queue.TryRead(out Item? next))
                Each(_failed, next.Told, sink => Write(sink, next.Event));
            Each(_failed, 0, sink => sink.Flush());
        }
    }

    private static void Write(IEventSink sink, CallEvent next)
    {
        if (sink.Wants(next.Verdict.Allowed, next.Verdict.Logged))
            sink.Write(next);
    }

    private void Each(bool[] failed, ulong skipped, Action<IEventSink> action)
    {
        for (int i = 0; i < _sinks.Length; i++)
        {
            if (failed[i] || (skipped >> i & 1) != 0)
                continue;
            try
            {
                action(_sinks[i]);
            }
            catch (IOException failure)
            {
                failed[i] = true;
                _onFailure(failure);
            }
        }
    }

    /// <summary>Writes what is queued, then closes the sinks.</summary>
    public void Dispose()
    {
        _queue?.Writer.Complete();
        _thread?.Join();
        Each(_failed, 0, sink => sink.Dispose());
    }
}
