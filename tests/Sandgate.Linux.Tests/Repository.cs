namespace Sandgate.Linux.Tests;

/// <summary>Files of the source tree, for tests about the source itself.</summary>
internal static class Repository
{
    private static readonly string s_root = FindRoot(AppContext.BaseDirectory);

    /// <summary>The path of a file, from its path within the tree.</summary>
    public static string PathOf(string relative) => Path.Combine(s_root, relative);

    private static string FindRoot(string from) =>
        File.Exists(Path.Combine(from, "Sandgate.slnx")) ? from
        : FindRoot(Path.GetDirectoryName(from) ?? throw new DirectoryNotFoundException("no Sandgate.slnx above the tests"));
}
