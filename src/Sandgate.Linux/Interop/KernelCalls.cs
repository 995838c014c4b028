namespace Sandgate.Linux.Interop;

/// <summary>The kernel's own names: of its system calls, and of their arguments.</summary>
internal static partial class KernelCalls
{
    /// <summary>
    /// The calls of x86-64 in the order of the numbers, one line for each:
    /// <c>257 openat dfd: filename flags: mode.</c>. Take them off one by one with <see cref="TryRead"/>.
    /// </summary>
    public static ReadOnlySpan<char> LinesX64 => X64;

    /// <summary>Takes the first call off these lines; false when none is left.</summary>
    /// <remarks>Letter by letter: this runs at each start, where the library's searches would first have to be compiled.</remarks>
    public static bool TryRead(ref ReadOnlySpan<char> lines, out KernelCall call)
    {
        if (lines.IsEmpty)
        {
            call = default;
            return false;
        }

        int at = 0, number = 0;
        for (; lines[at] != ' '; at++)
            number = (number * 10) + (lines[at] - '0');

        int name = ++at;
        while (at < lines.Length && lines[at] is not (' ' or '\n'))
            at++;
        int nameEnd = at;
        while (at < lines.Length && lines[at] != '\n')
            at++;

        call = new(number, lines[name..nameEnd], lines[Math.Min(nameEnd + 1, at)..at]);
        lines = lines[Math.Min(at + 1, lines.Length)..];
        return true;
    }
}

/// <summary>One call of the table.</summary>
/// <param name="number">The call's number.</param>
/// <param name="name">The call's name.</param>
/// <param name="arguments">The names of its arguments, with a space between; a colon behind one of 32 bits, a dot behind one of 16.</param>
internal readonly ref struct KernelCall(int number, ReadOnlySpan<char> name, ReadOnlySpan<char> arguments)
{
    /// <summary>The call's number.</summary>
    public int Number { get; } = number;

    /// <summary>The call's name.</summary>
    public ReadOnlySpan<char> Name { get; } = name;

    /// <summary>The names of its arguments, with a space between; a colon behind one of 32 bits, a dot behind one of 16.</summary>
    public ReadOnlySpan<char> Arguments { get; } = arguments;
}
