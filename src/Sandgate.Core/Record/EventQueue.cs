namespace Sandgate.Core.Record;

/// <summary>
/// A bounded queue from many threads to one, which takes what has come together in a moment. Whoever writes wakes nobody but for a
/// batch's first item and when the queue is half full: to wake a thread costs more than to write an event down, and one that runs
/// all the time drives the program and the loop to different processors.
/// </summary>
/// <param name="capacity">How many items it holds.</param>
/// <param name="moment">How long a batch's first item waits for others.</param>
internal sealed class EventQueue<T>(int capacity, TimeSpan moment)
    where T : class
{
    private readonly object _gate = new();
    private T?[] _items = new T?[capacity], _taken = new T?[capacity];
    private int _count, _lastTaken;
    private bool _isOver;

    /// <summary>Adds an item if there is room.</summary>
    public bool TryAdd(T item)
    {
        lock (_gate)
        {
            if (_count == capacity)
                return false;
            _items[_count++] = item;
            if (_count == 1 || _count == capacity / 2)
                Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>Waits until there is room, or the queue is over. False when it is over.</summary>
    public bool WaitForRoom()
    {
        lock (_gate)
        {
            while (_count == capacity && !_isOver)
                Monitor.Wait(_gate);
            return !_isOver;
        }
    }

    /// <summary>Waits for items and takes all there are; empty when the queue is over and nothing is left. Valid until the next time.</summary>
    public ReadOnlySpan<T> Take()
    {
        Array.Clear(_taken, 0, _lastTaken);
        lock (_gate)
        {
            while (_count == 0 && !_isOver)
                Monitor.Wait(_gate);
            if (_count < capacity / 2 && !_isOver && moment > TimeSpan.Zero)
                Monitor.Wait(_gate, moment);
            (_items, _taken) = (_taken, _items);
            (_lastTaken, _count) = (_count, 0);
            Monitor.PulseAll(_gate);
            return _taken.AsSpan(0, _lastTaken)!;
        }
    }

    /// <summary>Nothing is added any more.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.PulseAll(_gate);
        }
    }
}
