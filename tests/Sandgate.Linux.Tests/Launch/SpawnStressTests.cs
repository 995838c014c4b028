using System.Text.RegularExpressions;

namespace Sandgate.Linux.Tests.Launch;

/// <summary>The vfork launcher in ahead-of-time code, while the garbage collector runs all the time.</summary>
public sealed partial class SpawnStressTests
{
    private const int Children = 5000;

    [Fact]
    public void Thousands_of_children_start_while_memory_is_collected()
    {
        Outside run = Outside.Run(Publish(), [Children.ToString(System.Globalization.CultureInfo.InvariantCulture), "10", "55"]);
        Match figures = Figures().Match(run.Output);
        Assert.True(figures.Success, $"status {run.Status}: {run.Output}{run.Error}");
        Assert.Equal(0, run.Status);
        Assert.Equal(Children / 10, int.Parse(figures.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture));

        // Without collections in between it would have shown nothing.
        Assert.True(int.Parse(figures.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture) > 100, run.Output);
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

    [GeneratedRegex(@"^spawned 5000 filtered (\d+) failed 0 leaked 0 collections (\d+) seconds ", RegexOptions.Multiline)]
    private static partial Regex Figures();
}
