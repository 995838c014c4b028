namespace Sandgate.Core.Record;

/// <summary>A moment that a person named: with its date, or as a time of the day (UTC) on which a record begins.</summary>
/// <param name="At">The moment; null when only the time of day is known.</param>
/// <param name="OfDay">The time of day.</param>
public readonly record struct TimeBound(DateTimeOffset? At, TimeSpan OfDay)
{
    /// <summary>The moment, for a record that begins at a time.</summary>
    public DateTimeOffset In(DateTimeOffset begin) => At ?? new DateTimeOffset(begin.UtcDateTime.Date, TimeSpan.Zero) + OfDay;
}
