using Sandgate.Core.Decode;

namespace Sandgate.Linux.Launch;

/// <summary>The command's own bytes: the runtime turns arguments into UTF-16, which not every file name survives.</summary>
internal static class CommandLine
{
    // Who isn't dumpable can't read it any more (proc(5)), as an ordinary user.
    private static readonly Lazy<List<byte[]>> s_environment = new(() => Split(File.ReadAllBytes("/proc/self/environ")));

    /// <summary>The last arguments of this process, as they were passed to it.</summary>
    /// <param name="last">The same arguments as the runtime knows them.</param>
    public static List<byte[]> BytesOf(IReadOnlyList<string> last)
    {
        List<byte[]> all = Split(File.ReadAllBytes("/proc/self/cmdline"));
        return all.Count > last.Count
            ? all[^last.Count..]
            : [.. last.Select(System.Text.Encoding.UTF8.GetBytes)];
    }

    /// <summary>The environment of this process, as it was passed to it.</summary>
    public static List<byte[]> Environment() => [.. s_environment.Value];

    /// <summary>A variable's value; null when it is not set.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="name">The name with the <c>=</c> behind it.</param>
    public static string? Variable(IReadOnlyList<byte[]> environment, ReadOnlySpan<byte> name)
    {
        foreach (byte[] variable in environment)
        {
            if (variable.AsSpan().StartsWith(name))
                return TargetText.FromBytes(variable.AsSpan(name.Length));
        }

        return null;
    }

    private static List<byte[]> Split(ReadOnlySpan<byte> block)
    {
        List<byte[]> parts = [];
        while (!block.IsEmpty)
        {
            int end = block.IndexOf((byte)0);
            parts.Add([.. end < 0 ? block : block[..end]]);
            block = end < 0 ? [] : block[(end + 1)..];
        }

        return parts;
    }
}
