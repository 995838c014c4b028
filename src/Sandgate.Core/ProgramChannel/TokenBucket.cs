namespace Sandgate.Core.ProgramChannel;

/// <summary>Lets so many things through at once, and so many a second after that. For one thread.</summary>
public sealed class TokenBucket
{
    private readonly TimeProvider _clock;
    private readonly int _burst;
    private readonly double _rate;
    private double _tokens;
    private long _last;

    /// <summary>Makes a full one.</summary>
    /// <param name="rate">How many a second.</param>
    /// <param name="burst">How many at once.</param>
    /// <param name="clock">The time.</param>
    public TokenBucket(int rate, int burst, TimeProvider clock)
    {
        (_rate, _burst, _clock, _tokens) = (rate, burst, clock, burst);
        _last = clock.GetTimestamp();
    }

    /// <summary>How long until there is one; zero when there is.</summary>
    public TimeSpan Wait()
    {
        long now = _clock.GetTimestamp();
        _tokens = Math.Min(_burst, _tokens + (_clock.GetElapsedTime(_last, now).TotalSeconds * _rate));
        _last = now;
        return _tokens >= 1 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _tokens) / _rate);
    }

    /// <summary>Takes one, which must be there.</summary>
    public void Take() => _tokens--;
}
