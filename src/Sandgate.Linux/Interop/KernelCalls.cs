using System.Globalization;
using System.Text;

namespace Sandgate.Linux.Interop;

/// <summary>The kernel's own names: of its system calls, and of their arguments.</summary>
internal static partial class KernelCalls
{
    /// <summary>One line for each call of x86-64, in the order of the numbers; read it with <see cref="KernelCall.Parse"/>.</summary>
    public static SpanLineEnumerator LinesX64 => X64.AsSpan().EnumerateLines();
}

/// <summary>One line of the table: <c>257 openat dfd filename flags mode</c>. Makes no garbage, because all lines are read at each start.</summary>
internal readonly ref struct KernelCall
{
    /// <summary>The call's number.</summary>
    public int Number { get; private init; }

    /// <summary>The call's name.</summary>
    public ReadOnlySpan<char> Name { get; private init; }

    /// <summary>The names of its arguments, with a space between.</summary>
    public ReadOnlySpan<char> Arguments { get; private init; }

    /// <summary>Takes a line apart.</summary>
    public static KernelCall Parse(ReadOnlySpan<char> line)
    {
        int number = line.IndexOf(' ');
        ReadOnlySpan<char> rest = line[(number + 1)..];
        int name = rest.IndexOf(' ');
        return new()
        {
            Number = int.Parse(line[..number], CultureInfo.InvariantCulture),
            Name = name < 0 ? rest : rest[..name],
            Arguments = name < 0 ? default : rest[(name + 1)..],
        };
    }
}
