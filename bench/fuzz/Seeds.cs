using System.Text;
using System.Text.RegularExpressions;

namespace Sandgate.Bench.Fuzz;

/// <summary>The inputs to begin with: what the repository has of configurations, patterns, expressions and calls.</summary>
internal static class Seeds
{
    /// <summary>All of them, from a source tree.</summary>
    public static IReadOnlyList<byte[]> Of(string root)
    {
        List<byte[]> seeds = [.. Lines(Path.Combine(AppContext.BaseDirectory, "seeds.txt"))];
        string cases = Path.Combine(root, "tests", "Sandgate.Core.Tests", "Cases");
        foreach (string file in Directory.GetFiles(cases, "*.json*").Concat(Directory.GetFiles(Path.Combine(root, "profiles"), "*.json")))
            seeds.Add(File.ReadAllBytes(file));
        foreach (string file in Directory.GetFiles(cases, "*.txt"))
            seeds.AddRange(Lines(file));
        foreach (string file in Directory.GetFiles(Path.Combine(root, "docs"), "*.md"))
        {
            foreach (Match block in Regex.Matches(File.ReadAllText(file), "```jsonc?\n(.*?)```", RegexOptions.Singleline))
                seeds.Add(Encoding.UTF8.GetBytes(block.Groups[1].Value));
        }

        return seeds;
    }

    // In the tests' cases, what follows the arrow is the expected result.
    private static IEnumerable<byte[]> Lines(string file) =>
        File.ReadLines(file).Where(l => l.Length > 0 && l[0] != '#').Select(l => Encoding.UTF8.GetBytes(l.Split('⇶')[0].Trim()));
}
