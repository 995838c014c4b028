using System.Globalization;

namespace Sandgate.Linux.Tests.Live;

/// <summary>
/// A program sees no difference: tests/fidelity gives the same inside as outside, byte for byte, under rules that need
/// every family and refuse nothing. What differs for a known reason stands, line by line, in tests/fidelity/known.txt.
/// </summary>
[Collection(nameof(Alone))]
public class FidelityTests
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

        Assert.True(themes.Count >= 50, "themes are missing");
        return themes;
    }

    [Theory]
    [MemberData(nameof(Themes))]
    public void A_program_sees_no_difference(string theme, string user)
    {
        using Sandbox box = new();
        box.Variables["USERS"] = user;
        Result compared = box.Start([s_compare, theme], TimeSpan.FromMinutes(4));
        Assert.True(compared.Status == 0, compared.ToString());
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"same  {user} {theme} ("), compared.Out);
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
}
