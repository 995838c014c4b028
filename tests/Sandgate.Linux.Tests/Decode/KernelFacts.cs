namespace Sandgate.Linux.Tests.Decode;

/// <summary>One argument as the kernel declares it: <c>const char *</c> and <c>filename</c>.</summary>
internal sealed record KernelArgument(string Type, string Name)
{
    public bool IsPointer => Type.Contains('*', StringComparison.Ordinal) || Type.StartsWith("cap_user_", StringComparison.Ordinal);
}

/// <summary>One system call as the kernel declares it.</summary>
internal sealed record KernelCallFacts(int Number, string Name, KernelArgument[] Arguments);

/// <summary>The kernel's facts, read from the data that the generated files are made of.</summary>
internal static class KernelFacts
{
    public static IReadOnlyList<KernelCallFacts> X64 { get; } =
        [.. File.ReadLines(Repository.PathOf("src/Sandgate.Linux/Interop/syscalls.x86_64.tsv")).Where(l => l[0] != '#').Select(Parse)];

    private static KernelCallFacts Parse(string line)
    {
        string[] columns = line.Split('\t');
        return new(int.Parse(columns[0]), columns[1], [.. columns[2..].Select(ParseArgument)]);
    }

    private static KernelArgument ParseArgument(string declaration)
    {
        int name = declaration.LastIndexOfAny([' ', '*']) + 1;
        return new(declaration[..name].Replace("const ", "").Trim(), declaration[name..]);
    }
}
