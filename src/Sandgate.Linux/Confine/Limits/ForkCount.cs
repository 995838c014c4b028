namespace Sandgate.Linux.Confine.Limits;

/// <summary>
/// Tells the gate whether the tree may have another process or thread, where no control group does: until there are as many as may be, or until the tree
/// is to end. Shared by the threads that answer calls.
/// </summary>
/// <remarks>
/// What was let go isn't there at once, so the tree is only counted when that has been long ago; until then every call that was let go counts.
/// A thread that the kernel keeps waiting for longer is missed: each task can get one too many, and the watch ends a tree of twice the size.
/// </remarks>
internal sealed class ForkCount(int most)
{
    private const int Settled = 10;

    private readonly Lock _lock = new();
    private int _counted = 1, _since;
    private long _lastLetGo;
    private volatile bool _closed;

    /// <summary>From now on there is no room: what is being ended shall not become more.</summary>
    public void Close() => _closed = true;

    /// <summary>Takes room for one more: true when there was some, false when there is none; null when it takes a while to tell and there is none to lose.</summary>
    public bool? TryTake(bool mayBlock)
    {
        if (_closed)
            return false;
        if (most == int.MaxValue)
            return true;

        // Whoever has it may be counting.
        if (mayBlock)
            _lock.Enter();
        else if (!_lock.TryEnter())
            return null;
        try
        {
            if (_counted + _since >= most)
            {
                if (!mayBlock)
                    return null;
                Thread.Sleep((int)Math.Clamp(_lastLetGo + Settled - Environment.TickCount64, 0, Settled));
                (_counted, _since) = (TreeSample.Take(TimeSpan.Zero).Tasks, 0);
            }

            if (_counted + _since >= most)
                return false;
            _since++;
            _lastLetGo = Environment.TickCount64;
            return true;
        }
        finally
        {
            _lock.Exit();
        }
    }
}
