namespace Sandgate.Core.Decide.Language;

/// <summary>Turns offsets into lines and columns. Asking in the order of the file costs one pass over it.</summary>
internal ref struct PlaceFinder(string file, ReadOnlySpan<byte> utf8)
{
    private readonly ReadOnlySpan<byte> _utf8 = utf8;
    private int _at;
    private int _line = 1;
    private int _column = 1;

    /// <summary>The place of a byte.</summary>
    public SourcePlace At(int offset)
    {
        if (offset < _at)
            (_at, _line, _column) = (0, 1, 1);
        for (; _at < offset; _at++)
        {
            byte b = _utf8[_at];
            if (b == '\n')
            {
                _line++;
                _column = 1;
            }
            else if ((b & 0xc0) != 0x80)
            {
                // Every character has one byte that does not continue another.
                _column++;
            }
        }

        return new SourcePlace(file, _line, _column);
    }
}
