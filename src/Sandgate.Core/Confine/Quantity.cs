using System.Globalization;

namespace Sandgate.Core.Confine;

/// <summary>Amounts as people write them.</summary>
public static class Quantity
{
    /// <summary>A number of bytes: <c>4096</c>, <c>512K</c>, <c>64M</c>, <c>1.5G</c>, units of 1024; null when it is none.</summary>
    public static long? Bytes(string text)
    {
        ReadOnlySpan<char> number = text.AsSpan().Trim();
        if (number.EndsWith("iB", StringComparison.OrdinalIgnoreCase))
            number = number[..^2];
        else if (number.EndsWith("B", StringComparison.OrdinalIgnoreCase))
            number = number[..^1];
        double unit = number.IsEmpty ? 0 : char.ToUpperInvariant(number[^1]) switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, 'T' => 1L << 40, _ => 1 };
        if (unit > 1)
            number = number[..^1];
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value * unit is >= 1 and <= 1L << 60
            ? (long)(value * unit) : null;
    }

    /// <summary>A length of time: <c>30</c> (seconds), <c>250ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>; null when it is none.</summary>
    public static TimeSpan? Time(string text)
    {
        ReadOnlySpan<char> number = text.AsSpan().Trim();
        (double seconds, int length) = number.EndsWith("ms", StringComparison.Ordinal) ? (0.001, 2)
            : number.IsEmpty ? (0, 0) : number[^1] switch { 's' => (1, 1), 'm' => (60, 1), 'h' => (3600, 1), 'd' => (86400, 1), _ => (1.0, 0) };
        return double.TryParse(number[..^length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value * seconds is > 0 and < 1e7
            ? TimeSpan.FromSeconds(value * seconds) : null;
    }

    /// <summary>Bytes for people: <c>1.5 GiB</c>.</summary>
    public static string OfBytes(long bytes)
    {
        (double value, string unit) = bytes switch
        {
            >= 1L << 30 => (bytes / (double)(1L << 30), " GiB"),
            >= 1L << 20 => (bytes / (double)(1L << 20), " MiB"),
            >= 1L << 10 => (bytes / (double)(1L << 10), " KiB"),
            _ => (bytes, " B"),
        };
        return value.ToString(value < 10 && value != Math.Floor(value) ? "0.0" : "0", CultureInfo.InvariantCulture) + unit;
    }

    /// <summary>A length of time for people: <c>1.50 s</c>, <c>2 min 5 s</c>.</summary>
    public static string OfTime(TimeSpan time) => time.TotalMinutes >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");
}
