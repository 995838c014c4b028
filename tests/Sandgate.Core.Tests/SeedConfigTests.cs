using Sandgate.Core.Decide;

namespace Sandgate.Core.Tests;

public class SeedConfigTests
{
    private static readonly string s_seed = File.ReadAllText(Cases.PathOf("seed.jsonc"));

    [Fact]
    public void It_loads_letter_for_letter()
    {
        RuleSet set = World.Read(s_seed);
        Assert.Equal(
            ["open ('/passwd')", "open ('./*')", "* /(google.com)", "write *", "write ('koko.txt',*)"],
            set.Rules.Select(r => r.ToString()));
        Assert.Equal(
            [RuleAction.NotAllow, RuleAction.Allow, RuleAction.NotAllow, RuleAction.NotAllow, RuleAction.Allow],
            set.Rules.Select(r => r.Action));
        Assert.Equal(RuleAction.Allow, set.Default);
        Assert.Equal(RuleAction.NotAllow, set.OnUnknown);
        Assert.Equal(Evaluation.AllowOverrides, set.Evaluation);
        Assert.Equal("config.json:8:17", set.Rules[0].Place.ToString());
    }

    [Theory]
    [InlineData("run_on_all_syscalls_regardless_of_type")]
    [InlineData("*")]
    public void The_other_spellings_of_the_general_key_mean_the_same(string key)
    {
        RuleSet set = World.Read(s_seed.Replace("run_on_all_syscalls_regrdless_of_type", key, StringComparison.Ordinal));
        Assert.True(set.Rules[2].Scope.IsEvery);
        Assert.Equal("/(google.com)", set.Rules[2].When.ToString());
    }

    [Theory]
    [InlineData("/passwd", false)]
    [InlineData("/etc/passwd", true)]
    [InlineData("/home/u/work/a.txt", true)]
    [InlineData("/tmp/google.com/x", false)]
    [InlineData("/home/u/work/google.com", true)]
    public void Its_rules_on_open_hold(string path, bool allowed) =>
        Assert.Equal(allowed, World.Allows(s_seed, World.Open(path, path)));

    [Fact]
    public void Only_koko_can_be_written_to()
    {
        Assert.False(World.Allows(s_seed, World.Write(Argument.FromDescriptor("/tmp/x"), "hi")));
        Assert.True(World.Allows(s_seed, World.Write(Argument.FromDescriptor("/home/u/work/koko.txt"), "hi")));
        Assert.True(World.Allows(s_seed, World.Write(Argument.FromStdio("stdout"), "hi")));
    }
}
