using System.Globalization;

namespace Sandgate.Scripting;

/// <summary>Tells failures without flooding: each message when it is new, and then when it came the tenth, hundredth, … time.</summary>
internal sealed class FailureReport(Action<string> tell)
{
    private const int MostMessages = 32;

    private readonly Dictionary<string, long> _counts = [];
    private readonly Lock _gate = new();
    private long _others;

    /// <summary>A run has failed.</summary>
    public void Add(string message)
    {
        long count;
        bool known = true;
        lock (_gate)
        {
            if (_counts.TryGetValue(message, out count) || _counts.Count < MostMessages)
                _counts[message] = ++count;
            else
                (known, count) = (false, ++_others);
        }

        if (!IsPowerOfTen(count))
            return;
        string times = count.ToString("N0", CultureInfo.InvariantCulture);
        if (!known)
            tell($"{message}\n(one of {times} failures with other messages than before)");
        else
            tell(count == 1 ? message : $"{message}\n({times} times)");
    }

    private static bool IsPowerOfTen(long count)
    {
        while (count % 10 == 0)
            count /= 10;
        return count == 1;
    }
}
