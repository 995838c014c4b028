using System.Buffers.Text;
using System.Text.Json;

namespace Sandgate.Core.Record;

/// <summary>
/// Reads the lines of one record. Who made a call, what it asked for and how it was judged stand in the pieces of a line that
/// come again and again: equal pieces are read once. What doesn't look like a call that <see cref="EventJson"/> wrote is left to <see cref="EventJsonReader"/>.
/// </summary>
public sealed class EventLineReader
{
    private readonly SeenBytes<Caller> _callers = new();
    private readonly SeenBytes<CallEvent> _rulings = new();
    private readonly SeenBytes<(CallView[] Views, CallFacts? Facts)> _views = new();

    /// <summary>One event.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public RecordedEvent Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            if (TryRead(line.Span) is { } call)
                return call;
        }
        catch (Exception bad) when (bad is FormatException or JsonException or InvalidOperationException or KeyNotFoundException or OverflowException or ArgumentException)
        {
            // The other reader says what is wrong.
        }

        return EventJsonReader.Read(line);
    }

    private CallEvent? TryRead(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("{\"event\":\"call\",\"n\":"u8) || line[^1] != (byte)'}')
            return null;
        Utf8JsonReader head = new(line);
        for (int i = 0; i < 5; i++)
            head.Read();
        long number = head.GetInt64();
        if (!head.Read() || !head.ValueTextEquals("time"u8) || !head.Read())
            return null;
        DateTimeOffset time = head.GetDateTimeOffset();

        // A quote inside a text has a backslash before it, so that these can only be keys.
        ReadOnlySpan<byte> rest = line[(int)head.BytesConsumed..^1];
        if (!Skip(ref rest, ","u8) || !Until(ref rest, ",\"tid\":"u8, out ReadOnlySpan<byte> who) || !Number(ref rest, out long thread) || !Skip(ref rest, ","u8)
            || !Until(ref rest, ",\"cost_us\":"u8, out ReadOnlySpan<byte> ruling) || !Time(ref rest, out TimeSpan cost)
            || !Skip(ref rest, ",\"held_us\":"u8) || !Time(ref rest, out TimeSpan held)
            || !Skip(ref rest, ",\"view\":"u8) || !Number(ref rest, out long view) || !Skip(ref rest, ","u8) || !rest.StartsWith("\"views\":"u8))
            return null;
        CallEvent judged = _rulings.Get(ruling, static piece => Parse(piece, EventJsonReader.ReadRuling));
        (CallView[] views, CallFacts? facts) = _views.Get(rest, static piece => Parse(piece, EventJsonReader.ReadDetails));
        return judged with
        {
            Number = number,
            Time = time,
            Caller = _callers.Get(who, static piece => Parse(piece, EventJsonReader.ReadCaller)),
            ThreadId = checked((int)thread),
            Cost = cost,
            Held = held,
            Verdict = judged.Verdict with { View = checked((int)view) },
            Views = views,
            Facts = facts,
        };
    }

    private static T Parse<T>(ReadOnlyMemory<byte> members, Func<JsonElement, T> read)
    {
        byte[] whole = [(byte)'{', .. members.Span, (byte)'}'];
        using JsonDocument document = JsonDocument.Parse(whole);
        return read(document.RootElement);
    }

    private static bool Skip(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> expected)
    {
        if (!rest.StartsWith(expected))
            return false;
        rest = rest[expected.Length..];
        return true;
    }

    private static bool Until(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> piece)
    {
        int at = rest.IndexOf(key);
        piece = at > 0 ? rest[..at] : default;
        rest = at > 0 ? rest[(at + key.Length)..] : rest;
        return at > 0;
    }

    private static bool Number(ref ReadOnlySpan<byte> rest, out long number)
    {
        ReadOnlySpan<byte> digits = rest[..LengthOfNumber(rest)];
        rest = rest[digits.Length..];
        return Utf8Parser.TryParse(digits, out number, out int used) && used == digits.Length;
    }

    private static bool Time(ref ReadOnlySpan<byte> rest, out TimeSpan time)
    {
        ReadOnlySpan<byte> digits = rest[..LengthOfNumber(rest)];
        rest = rest[digits.Length..];
        bool read = Utf8Parser.TryParse(digits, out double microseconds, out int used) && used == digits.Length;
        time = read ? EventJsonReader.TimeOf(microseconds, TimeSpan.TicksPerMicrosecond) : default;
        return read;
    }

    // As JSON has them, but for exponents; 0 when it is none.
    private static int LengthOfNumber(ReadOnlySpan<byte> text)
    {
        int start = text is [(byte)'-', ..] ? 1 : 0, at = start + Digits(text[start..]);
        if (at == start || (at > start + 1 && text[start] == (byte)'0'))
            return 0;
        if (at == text.Length || text[at] != (byte)'.')
            return at;
        int fraction = Digits(text[(at + 1)..]);
        return fraction == 0 ? 0 : at + 1 + fraction;
    }

    private static int Digits(ReadOnlySpan<byte> text) => text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') is >= 0 and var count ? count : text.Length;
}
