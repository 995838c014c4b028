using Sandgate.Core.Control;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Control;

/// <summary>One client of the control socket.</summary>
/// <param name="socket">The connection.</param>
/// <param name="by">Who is at its other end.</param>
internal sealed class Connection(int socket, string by) : IControlClient, IDisposable
{
    private const int EINTR = 4, Chunk = 16 * 1024;

    private readonly LineBuffer _input = new();
    private byte[]? _line;
    private int _written;

    /// <summary>The connection's descriptor.</summary>
    public int Socket => socket;

    /// <inheritdoc/>
    public string By => by;

    /// <inheritdoc/>
    public Feed Feed { get; set; }

    /// <summary>What it has yet to read.</summary>
    public Outbox Outbox { get; } = new();

    /// <summary>True when there is something to write to it.</summary>
    public bool HasOutput => _line is not null || Outbox.HasLines;

    /// <summary>Takes what has come, a piece at a time, so that nobody is kept waiting. False when it is over.</summary>
    public bool Read(Func<ReadOnlyMemory<byte>, byte[]> reply)
    {
        Span<byte> piece = stackalloc byte[Chunk];
        int count = UnixSocket.Receive(socket, piece);
        if (count is -UnixSocket.EAGAIN or -EINTR)
            return true;
        if (count <= 0)
            return false;
        bool fits = true;
        if (_input.Take(piece[..count], line => fits &= Outbox.Reply(reply(line))))
            return fits;
        Outbox.Reply(ControlDispatch.Refusal(null, "a line may have 65536 bytes at most"));
        Write();
        return false;
    }

    /// <summary>Writes as much as there is room for. False when nobody reads any more.</summary>
    public bool Write()
    {
        while ((_line ??= Outbox.Next()) is { } line)
        {
            int count = UnixSocket.Send(socket, line.AsSpan(_written));
            if (count is -UnixSocket.EAGAIN or -EINTR)
                return true;
            if (count < 0)
                return false;
            _written += count;
            if (_written == line.Length)
                (_line, _written) = (null, 0);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => Files.Close(socket);
}
