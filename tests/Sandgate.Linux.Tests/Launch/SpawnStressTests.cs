using System.Globalization;
using System.Text.RegularExpressions;

namespace Sandgate.Linux.Tests.Launch;

/// <summary>The vfork launcher in ahead-of-time code, while the garbage collector runs all the time.</summary>
public sealed partial class SpawnStressTests
{
    private const int Children = 5000, Filtered = 10;

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Thousands_of_children_start_while_memory_is_collected(int behind)
    {
        Outside run = Outside.Run(Publish(), [.. new[] { Children, Filtered, 55, behind }.Select(n => n.ToString(CultureInfo.InvariantCulture))]);
        Match figures = Figures().Match(run.Output);
        Assert.True(figures.Success, $"status {run.Status}: {run.Output}{run.Error}");
        Assert.Equal(0, run.Status);

        // Which number is both is behind an usher.
        int[] numbers = [.. Enumerable.Range(0, Children)];
        bool IsBehind(int n) => behind > 0 && n % behind == 0;
        Assert.Equal((numbers.Count(n => n % Filtered == 0 && !IsBehind(n)), numbers.Count(IsBehind)), (Figure(1), Figure(2)));

        // Without collections in between it would have shown nothing.
        Assert.True(Figure(3) > 100, run.Output);

        int Figure(int group) => int.Parse(figures.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    // Kept under artifacts/ for as long as its sources don't change.
    private static string Publish()
    {
        string directory = Repository.PathOf("artifacts/spawnstress"), program = Path.Combine(directory, "spawnstress"), stamp = Path.Combine(directory, ".built");
        DateTime newest = new[] { "src/Sandgate.Core", "src/Sandgate.Linux", "tests/spawnstress" }
            .SelectMany(d => Directory.EnumerateFiles(Repository.PathOf(d), "*", SearchOption.AllDirectories))
            .Max(File.GetLastWriteTimeUtc);
        if (File.Exists(stamp) && File.GetLastWriteTimeUtc(stamp) > newest)
            return program;
        DateTime begun = DateTime.UtcNow;
        Outside publish = Outside.Run(
            "dotnet", ["publish", Repository.PathOf("tests/spawnstress"), "-c", "Release", "-o", directory, "-nodeReuse:false", "-v:quiet"],
            patience: TimeSpan.FromMinutes(5));
        Assert.True(publish.Status == 0, publish.Output + publish.Error);
        File.WriteAllText(stamp, "");
        File.SetLastWriteTimeUtc(stamp, begun);
        return program;
    }

    [GeneratedRegex(@"^spawned 5000 filtered (\d+) behind (\d+) failed 0 leaked 0 collections (\d+) seconds ", RegexOptions.Multiline)]
    private static partial Regex Figures();
}
