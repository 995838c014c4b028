using System.Runtime.CompilerServices;

namespace Sandgate.Scripting.Patterns;

/// <summary>
/// Lua's patterns, as in lstrlib.c but with a budget of steps: the original can take exponential time in one C call,
/// which no count of instructions sees.
/// </summary>
/// <remarks>Positions are offsets from 0; <see cref="NoMatch"/> is none.</remarks>
internal ref struct LuaPattern(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern, ref long steps)
{
    public const int NoMatch = -1;
    private const byte Escape = (byte)'%';
    private const int Unfinished = -1;
    private const int Position = -2;
    private const int MaxCaptures = 32;

    // As in Lua; a frame of Match takes some 200 bytes of stack.
    private const int MaxDepth = 200;

    private readonly ReadOnlySpan<byte> _subject = subject;
    private readonly ReadOnlySpan<byte> _pattern = pattern;
    private readonly ref long _steps = ref steps;
    private CaptureList _captures;
    private int _depth;

    /// <summary>How many captures the last match has.</summary>
    public int Captures { get; private set; }

    /// <summary>
    /// The first match at or after <paramref name="start"/>; the pattern begins at <paramref name="skip"/>, behind its anchor
    /// if it has one. A match that ends at <paramref name="notEndingAt"/> doesn't count.
    /// </summary>
    public int Find(int skip, int start, bool anchored, int notEndingAt, out int end)
    {
        for (int at = start; at <= _subject.Length; at++)
        {
            Captures = 0;
            _depth = MaxDepth;
            end = Match(at, skip);
            if (end != NoMatch && end != notEndingAt)
                return at;
            if (anchored)
                break;
        }

        end = NoMatch;
        return NoMatch;
    }

    /// <summary>A capture of the last match; for a position capture the length is negative.</summary>
    public readonly (int Start, int Length) Capture(int index, int start, int end)
    {
        if (index >= Captures)
            return index == 0 ? (start, end - start) : throw new PatternProblem($"invalid capture index %{index + 1}");
        (int Start, int Length) capture = _captures[index];
        return capture.Length == Unfinished ? throw new PatternProblem("unfinished capture") : capture;
    }

    private int Match(int s, int p)
    {
        if (_depth-- == 0)
            throw new PatternProblem("pattern too complex");
        int result = MatchHere(s, p);
        _depth++;
        return result;
    }

    private int MatchHere(int s, int p)
    {
        while (p < _pattern.Length)
        {
            Step();
            byte next = p + 1 < _pattern.Length ? _pattern[p + 1] : (byte)0;
            switch (_pattern[p])
            {
                case (byte)'(':
                    return next == ')' ? OpenCapture(s, p + 2, Position) : OpenCapture(s, p + 1, Unfinished);
                case (byte)')':
                    return CloseCapture(s, p + 1);
                case (byte)'$' when p + 1 == _pattern.Length:
                    return s == _subject.Length ? s : NoMatch;
                case Escape when next == 'b':
                    if ((s = Balance(s, p + 2)) == NoMatch)
                        return NoMatch;
                    p += 4;
                    continue;
                case Escape when next == 'f':
                    p += 2;
                    if (At(_pattern, p) != '[' || p >= _pattern.Length)
                        throw new PatternProblem("missing '[' after '%f' in pattern");
                    int close = ClassEnd(p);
                    byte previous = s == 0 ? (byte)0 : _subject[s - 1];
                    if (MatchSet(previous, p, close - 1) || !MatchSet(At(_subject, s), p, close - 1))
                        return NoMatch;
                    p = close;
                    continue;
                case Escape when next is >= (byte)'0' and <= (byte)'9':
                    if ((s = BackReference(s, next)) == NoMatch)
                        return NoMatch;
                    p += 2;
                    continue;
            }

            int end = ClassEnd(p);
            byte suffix = At(_pattern, end);
            if (suffix == '*')
                return Greedy(s, p, end);
            if (suffix == '-')
                return Lazy(s, p, end);
            bool one = MatchesOne(s, p, end);
            if (suffix == '+')
                return one ? Greedy(s + 1, p, end) : NoMatch;
            if (suffix == '?')
            {
                if (one && Match(s + 1, end + 1) is var result and not NoMatch)
                    return result;
                p = end + 1;
                continue;
            }

            if (!one)
                return NoMatch;
            s++;
            p = end;
        }

        return s;
    }

    private int Greedy(int s, int p, int end)
    {
        int count = 0;
        while (MatchesOne(s + count, p, end))
            count++;
        for (; count >= 0; count--)
        {
            Step();
            if (Match(s + count, end + 1) is var result and not NoMatch)
                return result;
        }

        return NoMatch;
    }

    private int Lazy(int s, int p, int end)
    {
        while (true)
        {
            Step();
            if (Match(s, end + 1) is var result and not NoMatch)
                return result;
            if (!MatchesOne(s, p, end))
                return NoMatch;
            s++;
        }
    }

    private int OpenCapture(int s, int p, int what)
    {
        if (Captures >= MaxCaptures)
            throw new PatternProblem("too many captures");
        _captures[Captures++] = (s, what);
        int result = Match(s, p);
        if (result == NoMatch)
            Captures--;
        return result;
    }

    private int CloseCapture(int s, int p)
    {
        int open = Captures - 1;
        while (open >= 0 && _captures[open].Length != Unfinished)
            open--;
        if (open < 0)
            throw new PatternProblem("invalid pattern capture");
        _captures[open].Length = s - _captures[open].Start;
        int result = Match(s, p);
        if (result == NoMatch)
            _captures[open].Length = Unfinished;
        return result;
    }

    private int Balance(int s, int p)
    {
        if (p + 1 >= _pattern.Length)
            throw new PatternProblem("malformed pattern (missing arguments to '%b')");
        if (s >= _subject.Length || _subject[s] != _pattern[p])
            return NoMatch;
        byte begin = _pattern[p], end = _pattern[p + 1];
        int depth = 1;
        for (int at = s + 1; at < _subject.Length; at++)
        {
            Step();
            byte c = _subject[at];
            if (c == end)
            {
                if (--depth == 0)
                    return at + 1;
            }
            else if (c == begin)
                depth++;
        }

        return NoMatch;
    }

    private readonly int BackReference(int s, byte digit)
    {
        int index = digit - '1';
        if (index < 0 || index >= Captures || _captures[index].Length == Unfinished)
            throw new PatternProblem($"invalid capture index %{index + 1}");
        (int start, int length) = _captures[index];
        // Lua compares the length without its sign, so a position capture, whose length is negative, never fits.
        if (length < 0 || _subject.Length - s < length)
            return NoMatch;
        Step(length / 16);
        return _subject.Slice(start, length).SequenceEqual(_subject.Slice(s, length)) ? s + length : NoMatch;
    }

    private readonly int ClassEnd(int p)
    {
        byte first = _pattern[p++];
        if (first == Escape)
            return p < _pattern.Length ? p + 1 : throw new PatternProblem("malformed pattern (ends with '%')");
        if (first != '[')
            return p;
        if (At(_pattern, p) == '^')
            p++;
        do
        {
            if (p >= _pattern.Length)
                throw new PatternProblem("malformed pattern (missing ']')");
            Step();
            if (_pattern[p++] == Escape)
                p++;
        }
        while (p >= _pattern.Length || _pattern[p] != ']');
        return p + 1;
    }

    private readonly bool MatchesOne(int s, int p, int end)
    {
        Step();
        if (s >= _subject.Length)
            return false;
        byte c = _subject[s];
        return _pattern[p] switch
        {
            (byte)'.' => true,
            Escape => CharacterClass.Contains(_pattern[p + 1], c),
            (byte)'[' => MatchSet(c, p, end - 1),
            byte literal => literal == c,
        };
    }

    // p is the opening bracket, close the closing one.
    private readonly bool MatchSet(byte c, int p, int close)
    {
        bool found = true;
        if (_pattern[p + 1] == '^')
        {
            found = false;
            p++;
        }

        while (++p < close)
        {
            Step();
            if (_pattern[p] == Escape)
            {
                p++;
                if (CharacterClass.Contains(_pattern[p], c))
                    return found;
            }
            else if (_pattern[p + 1] == '-' && p + 2 < close)
            {
                p += 2;
                if (_pattern[p - 2] <= c && c <= _pattern[p])
                    return found;
            }
            else if (_pattern[p] == c)
                return found;
        }

        return !found;
    }

    private readonly void Step(long count = 1)
    {
        if ((_steps -= count) < 0)
            throw new PatternProblem("patterns took too many steps", isLimit: true);
    }

    // Lua's strings end with a zero byte that is none of theirs.
    private static byte At(ReadOnlySpan<byte> text, int index) => index < text.Length ? text[index] : (byte)0;

    [InlineArray(MaxCaptures)]
    private struct CaptureList
    {
        private (int Start, int Length) _first;
    }
}
