namespace Sandgate.Core.Control;

/// <summary>Cuts what a client sends into lines. What has no end yet stays, up to <see cref="ControlRequest.LongestLine"/>.</summary>
public sealed class LineBuffer
{
    private byte[] _held = [];
    private int _length;

    /// <summary>Takes bytes, and hands out each line that they complete. False when a line is too long: nothing more can be understood then.</summary>
    public bool Take(ReadOnlySpan<byte> bytes, Action<ReadOnlyMemory<byte>> line)
    {
        while (bytes.IndexOf((byte)'\n') is >= 0 and var end)
        {
            if (!Hold(bytes[..end]))
                return false;

            // Whoever handles it may keep it.
            byte[] whole = _held.AsSpan(0, _length).ToArray();
            _length = 0;
            bytes = bytes[(end + 1)..];
            if (!whole.AsSpan().Trim(" \t\r"u8).IsEmpty)
                line(whole);
        }

        return Hold(bytes);
    }

    private bool Hold(ReadOnlySpan<byte> bytes)
    {
        int length = _length + bytes.Length;
        if (length > ControlRequest.LongestLine)
            return false;
        if (length > _held.Length)
            Array.Resize(ref _held, Math.Max(length, Math.Min(2 * _held.Length, ControlRequest.LongestLine)));
        bytes.CopyTo(_held.AsSpan(_length));
        _length = length;
        return true;
    }
}
