namespace Sandgate.Linux.Tests.Live;

/// <summary>The examples do what their READMEs say.</summary>
[Collection(nameof(Alone))]
public class ExampleTests
{
    [Theory]
    [InlineData("seed", "17 of 17 steps as expected|19 of 19 steps as expected")]
    [InlineData("npm", "ok    it did not get the key")]
    [InlineData("malware", "ok    it got nothing done")]
    public void An_example_succeeds(string name, string says)
    {
        using Sandbox box = new();
        Result played = box.Start(["bash", Repository.PathOf($"examples/{name}/run.sh")], TimeSpan.FromMinutes(2));
        Assert.True(played.Status == 0, played.ToString());
        Assert.Contains(says.Split('|'), s => played.Out.Contains(s, StringComparison.Ordinal));
        Assert.DoesNotContain("WRONG", played.Out);
        Assert.NotEmpty(played.Denials);
    }

    [Theory]
    [InlineData("npm")]
    [InlineData("malware")]
    public void Without_Sandgate_the_example_shows_the_damage(string name)
    {
        using Sandbox box = new();
        Result bare = box.Start(["bash", Repository.PathOf($"examples/{name}/run.sh"), "--bare"], TimeSpan.FromMinutes(2));
        Assert.Equal(1, bare.Status);
        Assert.Contains("WRONG", bare.Out);
    }
}
