namespace Sandgate.Core.Record.Report;

/// <summary>How often something happened, by time. How long a record is shows only at its end: when the bins are full, two become one.</summary>
public sealed class TimeBins(int bins)
{
    private readonly int[] _counts = new int[bins];

    /// <summary>How long each bin is.</summary>
    public TimeSpan Width { get; private set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Counts something that happened so long after the beginning.</summary>
    public void Add(TimeSpan at)
    {
        if (at < TimeSpan.Zero)
            at = TimeSpan.Zero;
        while (at.Ticks / Width.Ticks >= bins)
            Halve();
        ref int count = ref _counts[at.Ticks / Width.Ticks];
        count = count == int.MaxValue ? count : count + 1;
    }

    /// <summary>The bins in which something happened, with when they begin.</summary>
    public IEnumerable<(TimeSpan At, int Count)> Filled()
    {
        for (int i = 0; i < bins; i++)
        {
            if (_counts[i] > 0)
                yield return (Width * i, _counts[i]);
        }
    }

    private void Halve()
    {
        for (int i = 0; i < bins; i++)
        {
            long both = 2 * i + 1 < bins ? (long)_counts[2 * i] + _counts[(2 * i) + 1] : 2 * i < bins ? _counts[2 * i] : 0;
            _counts[i] = (int)Math.Min(int.MaxValue, both);
        }

        Width *= 2;
    }
}
