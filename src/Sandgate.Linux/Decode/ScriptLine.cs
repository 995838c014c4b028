namespace Sandgate.Linux.Decode;

/// <summary>The first line of a script, as the kernel reads it (execve(2), fs/binfmt_script.c).</summary>
/// <param name="Interpreter">The interpreter's path.</param>
/// <param name="Argument">Its one argument; null when there is none.</param>
internal sealed record ScriptLine(byte[] Interpreter, byte[]? Argument)
{
    /// <summary>Reads it; null when the kernel would not run this as a script.</summary>
    /// <param name="beginning">The first 256 bytes, filled up with zeros.</param>
    public static ScriptLine? Read(ReadOnlySpan<byte> beginning)
    {
        if (!beginning.StartsWith("#!"u8))
            return null;
        int last = beginning.Length - 1;
        int end = beginning.IndexOfAny((byte)'\n', (byte)0);
        if (end < 0 || beginning[end] == 0)
        {
            // No newline: the name must end within what is looked at, or it might be cut off.
            int name = Next(beginning, 2, last);
            if (name < 0 || Terminator(beginning, name, last) < 0)
                return null;
            end = last;
        }

        while (IsBlank(beginning[end - 1]))
            end--;
        int start = Next(beginning, 2, end);
        if (start < 0 || start == end)
            return null;
        int separator = Terminator(beginning, start, end);
        int argument = separator >= 0 && separator != end && beginning[separator] != 0 ? Next(beginning, separator, end) : -1;
        byte[] interpreter = Text(beginning[start..(argument >= 0 ? separator : end)]);
        return interpreter.Length == 0 ? null : new(interpreter, argument >= 0 ? Text(beginning[argument..end]) : null);
    }

    private static bool IsBlank(byte one) => one is (byte)' ' or (byte)'\t';

    // Both look at the last place, too.
    private static int Next(ReadOnlySpan<byte> text, int from, int last)
    {
        for (int i = from; i <= last; i++)
        {
            if (!IsBlank(text[i]))
                return i;
        }

        return -1;
    }

    private static int Terminator(ReadOnlySpan<byte> text, int from, int last)
    {
        for (int i = from; i <= last; i++)
        {
            if (IsBlank(text[i]) || text[i] == 0)
                return i;
        }

        return -1;
    }

    private static byte[] Text(ReadOnlySpan<byte> text) => [.. text.IndexOf((byte)0) is >= 0 and var end ? text[..end] : text];
}
