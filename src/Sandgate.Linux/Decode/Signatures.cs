using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// THE TABLE: one row for each system call, keyed by name, so that it serves every architecture.
/// The rows stand in the Signatures.*.cs files by theme; the filter, the decoder, the fields of
/// rules and the printed text derive from them. docs/HOWTO-add-a-syscall.md says how to add one.
/// </summary>
internal static partial class Signatures
{
    // Inside this class the short name means the role and not System.IO.Path.
    private const Role Path = Role.Path;

    private static readonly Dictionary<string, Signature> s_byName = BuildNames();

    /// <summary>The rows by x86-64 number; null for numbers that the kernel does not have.</summary>
    public static Signature?[] X64 { get; } = BuildX64();

    /// <summary>All rows, in the order of the table.</summary>
    public static IReadOnlyCollection<Signature> All => s_byName.Values;

    /// <summary>The row with this name; null when there is none.</summary>
    public static Signature? Find(string name) => s_byName.GetValueOrDefault(name);

    private static Dictionary<string, Signature> BuildNames()
    {
        Dictionary<string, Signature> names = new(400, StringComparer.Ordinal);
        foreach (Signature[] theme in (Signature[][])[Files(), Descriptors(), Network(), Processes(), Signals(), Memory(), Waiting(), Mounts(), Machine()])
        {
            foreach (Signature row in theme)
                names.Add(row.Name, row);
        }

        return names;
    }

    private static Signature?[] BuildX64()
    {
        Signature?[] rows = new Signature?[512];
        int end = 0;
        ReadOnlySpan<char> lines = KernelCalls.LinesX64;
        while (KernelCalls.TryRead(ref lines, out KernelCall call))
        {
            rows[call.Number] = WithWidths(s_byName[call.Name.ToString()], call.Arguments);
            end = call.Number + 1;
        }

        return rows[..end];
    }

    private static Signature WithWidths(Signature row, ReadOnlySpan<char> arguments)
    {
        int words = 0, halves = 0, at = 0;
        foreach (char letter in arguments)
        {
            if (letter is ':' or '.')
                words |= 1 << at;
            if (letter == '.')
                halves |= 1 << at;
            if (letter == ' ')
                at++;
        }

        return words == 0 ? row : row with { Words = (byte)words, HalfWords = (byte)halves };
    }
}
