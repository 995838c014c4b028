using System.Globalization;
using System.Text;

namespace Sandgate.Linux.Interop;

/// <summary>Builds the NUL-terminated names of /proc entries without making strings.</summary>
internal ref struct ProcPath
{
    private readonly Span<byte> _buffer;
    private int _length;

    /// <summary>Room for every name built here.</summary>
    public const int Room = 64;

    public ProcPath(Span<byte> buffer)
    {
        _buffer = buffer;
        _length = 0;
    }

    /// <summary>Appends ASCII text.</summary>
    public ProcPath Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_buffer[_length..]);
        _length += text.Length;
        _buffer[_length] = 0;
        return this;
    }

    /// <summary>Appends a decimal number.</summary>
    public ProcPath Add(int number)
    {
        number.TryFormat(_buffer[_length..], out int written, default, CultureInfo.InvariantCulture);
        _length += written;
        _buffer[_length] = 0;
        return this;
    }
}
