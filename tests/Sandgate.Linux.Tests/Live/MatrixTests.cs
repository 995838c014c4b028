namespace Sandgate.Linux.Tests.Live;

/// <summary>
/// Each mechanism around the gate, wherever it is asked for: it works, which is seen inside; or something stands in for it, which is seen and said;
/// or nothing is run. What is expected stands where users look it up, in the table of docs/isolation.md; what is there is found by tests/matrix/probe.sh.
/// </summary>
[Collection(nameof(Alone))]
public class MatrixTests(Daemon daemon) : IClassFixture<Daemon>
{
    private const string Heading = "## What works where";

    private static string[][] Rows() =>
    [
        .. File.ReadLines(Repository.PathOf("docs/isolation.md"))
            .SkipWhile(l => l != Heading).SkipWhile(l => !l.StartsWith('|')).TakeWhile(l => l.StartsWith('|'))
            .Select(l => (string[])[.. l.Trim('|').Split('|').Select(c => c.Trim())]),
    ];

    public static TheoryData<string> Places => ["root", "a user", "container, root", "container, a user", "container, root with `SYS_ADMIN`"];

    [Fact]
    public void The_table_speaks_of_these_places_and_of_every_namespace_and_limit()
    {
        string[][] rows = Rows();
        Assert.Equal(["", .. Places.Select(p => p.Data)], rows[0]);
        string[] names = [.. rows.Skip(2).Select(r => r[0].Trim('`'))];
        string[] expected = [.. Core.Confine.NamespaceNames.All.Select(k => "namespace " + k), .. LimitNames().Select(l => "limit " + l)];
        Assert.Empty(expected.Except(names));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Each_mechanism_does_what_the_table_says_and_is_never_silently_off(string place)
    {
        string[][] rows = Rows();
        int column = Array.IndexOf(rows[0], place);
        string[] names = [.. rows.Skip(2).Select(r => r[0].Trim('`'))];
        Result probed = Probe(place, names);
        string[][] found = [.. probed.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\t'))];
        Assert.Equal(rows.Skip(2).Select(r => $"{r[0].Trim('`')}: {r[column]}"), found.Select(f => f[1] == "WRONG" ? $"{f[0]}: {f[2]}" : $"{f[0]}: {f[1]}"));
        Assert.DoesNotContain(found, f => f[1] != "yes" && f[2].Length == 0);
    }

    private Result Probe(string place, string[] names)
    {
        if (place.StartsWith("container", StringComparison.Ordinal))
            return daemon.Run(place.Contains("root", StringComparison.Ordinal) ? "0" : "1000", place.Contains("SYS_ADMIN", StringComparison.Ordinal) ? "--cap-add SYS_ADMIN" : "", ["bash", "/opt/matrix/probe.sh", .. names]);
        using Limited run = new(place == "root" ? Limited.Root : Limited.User);
        File.Copy(Repository.PathOf("tests/matrix/probe.sh"), run.Box.PathOf("probe.sh"));
        return run.Script("probe.sh", names);
    }

    // As docs/limits.md has them.
    private static IEnumerable<string> LimitNames() =>
        File.ReadLines(Repository.PathOf("docs/limits.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(l => l.Split('|')[1].Split(',').Select(n => n.Trim(' ', '`')));
}
