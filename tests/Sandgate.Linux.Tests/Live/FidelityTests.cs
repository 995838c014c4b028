using System.Globalization;

namespace Sandgate.Linux.Tests.Live;

/// <summary>
/// A program sees no difference: tests/fidelity gives the same inside as outside, byte for byte, under rules that need
/// every family and refuse nothing. What is known to differ stands, line by line, in tests/fidelity/known.
/// </summary>
[Collection(nameof(Alone))]
public class FidelityTests(FidelityTests.Comparison comparison) : IClassFixture<FidelityTests.Comparison>
{
    private static readonly string s_compare = Repository.PathOf("tests/fidelity/compare.sh");

    public static TheoryData<string, string> Themes()
    {
        TheoryData<string, string> themes = [];
        using Sandbox box = new();
        Result list = box.Start([Repository.PathOf("artifacts/fidelity/fidelity"), "--list"]);
        Assert.Equal(0, list.Status);
        foreach (string theme in list.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            themes.Add(theme, "root");
            themes.Add(theme, "user");
        }

        // Root without CAP_SYS_PTRACE, as in a default container.
        foreach (string theme in (string[])["dropping", "proc", "exec", "threads"])
            themes.Add(theme, "bare");
        Assert.True(themes.Count >= 50, "themes are missing");
        return themes;
    }

    [Theory]
    [MemberData(nameof(Themes))]
    public void A_program_sees_no_difference(string theme, string user)
    {
        Result all = comparison.All;
        Assert.True(all.Out.Contains($"\nsame  {user} {theme} (", StringComparison.Ordinal), string.Create(CultureInfo.InvariantCulture, $"{user} {theme} differs, or is missing: {all}"));
    }

    /// <summary>All themes for all users, compared once and several at once.</summary>
    public sealed class Comparison
    {
        private readonly Lazy<Result> _all = new(() =>
        {
            using Sandbox box = new();
            Result compared = box.Start([s_compare], TimeSpan.FromMinutes(8));
            return compared with { Out = "\n" + compared.Out };
        });

        /// <summary>What the comparison said.</summary>
        internal Result All => _all.Value;
    }

    // The comparison itself must be able to fail: under rules that refuse something, it does.
    [Theory]
    [InlineData("descriptors", "open ('*/f', 'rw*') = not_allow")]
    [InlineData("unix", "connect ('unix:*') = not_allow")]
    public void A_difference_is_found(string theme, string rule)
    {
        using Sandbox box = new();
        box.Variables["USERS"] = "root";
        box.Write("rules.json", $$"""{ "rules": { "{{rule.Split(' ')[0]}}": { "{{rule[(rule.IndexOf(' ', StringComparison.Ordinal) + 1)..rule.LastIndexOf(" = ", StringComparison.Ordinal)]}}": "not_allow" } } }""");
        box.Variables["RULES"] = $"-q -c {box.PathOf("rules.json")}";
        Result compared = box.Start([s_compare, theme], TimeSpan.FromMinutes(4));
        Assert.True(compared.Status == 1 && compared.Out.Contains($"DIFFERS  root {theme}", StringComparison.Ordinal) && compared.Out.Contains("\n+", StringComparison.Ordinal), compared.ToString());
    }

    // Not chdir: that stressor is hit by signals without SA_RESTART and takes EINTR for a failure, which is
    // the difference that known/*-eintr.diff holds.
    [Theory]
    [InlineData("dentry", "500")]
    [InlineData("rename", "500")]
    [InlineData("link", "5")]
    [InlineData("symlink", "2")]
    [InlineData("access", "200")]
    [InlineData("chmod", "200")]
    [InlineData("open", "500")]
    [InlineData("fifo", "500")]
    [InlineData("sock", "20")]
    [InlineData("udp", "100")]
    [InlineData("sockfd", "100")]
    [InlineData("exec", "50")]
    [InlineData("xattr", "20")]
    public void A_stressor_ends_as_it_does_natively(string stressor, string times)
    {
        // A stressor whose time is up stops in the middle and finds fault with what it hasn't made.
        using Sandbox native = new() { Patience = TimeSpan.FromMinutes(3) }, box = new() { Patience = TimeSpan.FromMinutes(3) };
        string[] command = ["stress-ng", "--quiet", "--verify", "--temp-path", ".", $"--{stressor}", "1", $"--{stressor}-ops", times, "--timeout", "170"];
        Result free = native.Start(command);
        Assert.True(free.Status == 0, $"proves nothing, it fails natively: {free}");
        Result inside = box.Run(["-c", Repository.PathOf("tests/fidelity/rules.json"), "-c", Repository.PathOf("tests/fidelity/rules-peers.json")], command);
        Assert.Equal(free, inside);
    }
}
