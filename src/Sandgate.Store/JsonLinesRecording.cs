using Sandgate.Core.Record;

namespace Sandgate.Store;

/// <summary>A record of one JSON object a line.</summary>
/// <param name="input">The lines.</param>
/// <param name="wait">Waits for more, where whoever writes is still at it; null when what is there is all.</param>
internal sealed class JsonLinesRecording(Stream input, Action? wait = null) : IRecording
{
    private const int LongestLine = 256 << 20;

    private readonly EventLineReader _reader = new();
    private byte[] _buffer = new byte[1 << 16];
    private int _begin, _searched, _end;

    /// <inheritdoc/>
    public IEnumerable<RecordedEvent> Events()
    {
        for (long at = 1; Line() is { } line; at++)
        {
            if (line.Length > 0 && Read(line, at) is { } recorded)
                yield return recorded;
        }
    }

    private RecordedEvent? Read(ReadOnlyMemory<byte> line, long at)
    {
        try
        {
            return _reader.Read(line);
        }
        catch (FormatException) when (_begin == _end && _searched > _end)
        {
            // The last line of a supervisor that was killed.
            return null;
        }
        catch (FormatException bad)
        {
            throw new FormatException($"line {at}: {bad.Message}", bad);
        }
    }

    // The next line, valid until the one after it; null when there is none.
    private ReadOnlyMemory<byte>? Line()
    {
        while (true)
        {
            int found = _searched < _end ? _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n') : -1;
            if (found >= 0)
            {
                int start = _begin, length = _searched + found - _begin;
                _begin = _searched = start + length + 1;
                return _buffer.AsMemory(start, length);
            }

            _searched = _end;
            if (Fill())
                continue;
            if (wait is not null)
            {
                wait();
                continue;
            }

            // What has no newline was cut off, or is the last of a file that somebody edited.
            ReadOnlyMemory<byte> rest = _buffer.AsMemory(_begin, _end - _begin);
            (_begin, _searched) = (_end, _end + 1);
            return rest.IsEmpty ? default(ReadOnlyMemory<byte>?) : rest;
        }
    }

    private bool Fill()
    {
        if (_begin > 0)
        {
            _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
            (_begin, _searched, _end) = (0, Math.Max(0, _searched - _begin), _end - _begin);
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _end < LongestLine ? 2 * _end : throw new FormatException("a line has no end"));
        int count = input.Read(_buffer, _end, _buffer.Length - _end);
        _end += count;
        return count > 0;
    }

    /// <inheritdoc/>
    public void Dispose() => input.Dispose();
}
