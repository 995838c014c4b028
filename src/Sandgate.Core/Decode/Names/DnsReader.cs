using System.Buffers.Binary;

namespace Sandgate.Core.Decode.Names;

/// <summary>Reads the fields of a DNS message one after the other.</summary>
internal ref struct DnsReader(ReadOnlySpan<byte> bytes, int position)
{
    private const int MaxLabels = 127, MaxJumps = 16, PointerMark = 0xc0;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Where the next field begins.</summary>
    public int Position { get; private set; } = position;

    /// <summary>Reads 16 bits.</summary>
    public bool TryUInt16(out ushort value)
    {
        value = 0;
        if (!TryBytes(2, out ReadOnlySpan<byte> two))
            return false;
        value = BinaryPrimitives.ReadUInt16BigEndian(two);
        return true;
    }

    /// <summary>Reads 32 bits.</summary>
    public bool TryUInt32(out uint value)
    {
        value = 0;
        if (!TryBytes(4, out ReadOnlySpan<byte> four))
            return false;
        value = BinaryPrimitives.ReadUInt32BigEndian(four);
        return true;
    }

    /// <summary>Reads so many bytes.</summary>
    public bool TryBytes(int count, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (_bytes.Length - Position < count)
            return false;
        value = _bytes.Slice(Position, count);
        Position += count;
        return true;
    }

    /// <summary>
    /// Reads a name. Null is a well-formed one that no host can have. A name may continue at an earlier place of the
    /// message; every jump must lead further back, and there are few, so that no message keeps the reader busy.
    /// </summary>
    public bool TryName(out string? name)
    {
        name = null;
        Span<char> text = stackalloc char[HostName.MaxLength + 2];
        int length = 0, at = Position, end = -1, start = Position, jumps = 0;
        bool speakable = true;
        for (int labels = 0; labels <= MaxLabels;)
        {
            if (at >= _bytes.Length)
                return false;
            int size = _bytes[at];
            if ((size & PointerMark) == PointerMark)
            {
                if (at + 1 >= _bytes.Length || ++jumps > MaxJumps)
                    return false;
                if (end < 0)
                    end = at + 2;
                at = (size & ~PointerMark) << 8 | _bytes[at + 1];
                if (at >= start)
                    return false;
                start = at;
                continue;
            }

            if ((size & PointerMark) != 0)
                return false;
            at++;
            if (size == 0)
            {
                Position = end < 0 ? at : end;
                name = speakable ? HostName.Normalize(text[..length]) : null;
                return true;
            }

            if (at + size > _bytes.Length || length + size + 1 > text.Length)
                return false;
            foreach (byte b in _bytes.Slice(at, size))
            {
                speakable &= HostName.IsPart((char)b);
                text[length++] = (char)b;
            }

            text[length++] = '.';
            at += size;
            labels++;
        }

        return false;
    }
}
