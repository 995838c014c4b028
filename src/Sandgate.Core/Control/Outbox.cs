namespace Sandgate.Core.Control;

/// <summary>
/// What a client has yet to read. Answers to its own requests wait for it; what it merely subscribed to is dropped when it doesn't keep up, and it
/// is told how much. Any thread may add.
/// </summary>
public sealed class Outbox
{
    /// <summary>How many bytes of news may wait.</summary>
    public const int Room = 1 << 20;

    // A client that asks without reading the answers is no client.
    private const int MostReplies = 4 << 20;

    private readonly Queue<byte[]> _lines = [];
    private readonly Lock _lock = new();
    private long _bytes, _dropped;

    /// <summary>True when there is something to write.</summary>
    public bool HasLines
    {
        get
        {
            lock (_lock)
                return _lines.Count > 0;
        }
    }

    /// <summary>Adds an answer; false when so much waits that the client can be given up.</summary>
    public bool Reply(byte[] line)
    {
        lock (_lock)
        {
            Add(line);
            return _bytes <= MostReplies;
        }
    }

    /// <summary>Adds news, or drops it. True when there was nothing before.</summary>
    public bool Tell(byte[] line)
    {
        lock (_lock)
        {
            bool first = _lines.Count == 0;
            if (_bytes + line.Length > Room)
            {
                _dropped++;
                return first;
            }

            if (_dropped > 0)
            {
                long count = _dropped;
                _dropped = 0;
                Add(ControlLine.Of(json =>
                {
                    json.WriteString("event", "dropped");
                    json.WriteNumber("count", count);
                }));
            }

            Add(line);
            return first;
        }
    }

    /// <summary>The next line; null when there is none.</summary>
    public byte[]? Next()
    {
        lock (_lock)
        {
            if (!_lines.TryDequeue(out byte[]? line))
                return null;
            _bytes -= line.Length;
            return line;
        }
    }

    private void Add(byte[] line)
    {
        _lines.Enqueue(line);
        _bytes += line.Length;
    }
}
