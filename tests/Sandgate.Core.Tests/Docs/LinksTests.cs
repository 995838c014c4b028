using System.Text;
using System.Text.RegularExpressions;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decide.Scripts;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests.Docs;

/// <summary>What the documents promise: their links lead somewhere, their rules load, their tables are complete.</summary>
public partial class LinksTests
{
    private static readonly string s_root = FindRoot(AppContext.BaseDirectory);
    private static readonly string[] s_generated = ["artifacts", "node_modules", ".git", "bin", "obj"];

    private static readonly ReaderContext s_context = new("/home/u/work", "/home/u", _ => null, new NamedCalls())
    {
        // Profiles are read as they are; a script need only be named here.
        Open = (name, _) => new(name, name.EndsWith(".lua", StringComparison.Ordinal) ? [] : File.ReadAllBytes(Path.Combine(s_root, "profiles", name + ".json"))),
        ScriptEngine = new AnyScript(),
    };

    private sealed class AnyScript : IScriptEngine
    {
        public IScript Compile(ScriptSource source) => new Never(source.Name);

        private sealed record Never(string Name) : IScript
        {
            public Truth Match(ICallFields call) => Truth.False;

            public void Dispose()
            {
            }
        }
    }

    public static TheoryData<string> Documents => [.. DocumentsBelow(s_root).Select(d => Path.GetRelativePath(s_root, d))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_relative_link_leads_to_a_file(string document)
    {
        string path = Path.Combine(s_root, document), folder = Path.GetDirectoryName(path)!;
        List<string> broken = [];
        foreach (Match link in Links().Matches(WithoutCode(File.ReadAllText(path))))
        {
            string[] target = link.Groups["target"].Value.Split('#', 2);
            string file = target[0].Length == 0 ? path : Path.Combine(folder, target[0]);
            if (!Path.Exists(file) || (target.Length > 1 && !AnchorsOf(file).Contains(target[1])))
                broken.Add(link.Groups["target"].Value);
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void The_documents_were_found() => Assert.Contains(Path.Combine("docs", "rules.md"), Documents.Select(d => d.Data));

    [Theory]
    [InlineData("README.md", 1)]
    [InlineData("docs/rules.md", 10)]
    [InlineData("docs/THREAT-MODEL.md", 1)]
    [InlineData("docs/domains.md", 1)]
    [InlineData("docs/coming-from-burp.md", 3)]
    [InlineData("docs/coming-from-aws.md", 3)]
    public void Rules_in_a_document_are_read(string document, int least)
    {
        MatchCollection blocks = RuleBlocks().Matches(File.ReadAllText(Path.Combine(s_root, document)));
        foreach (Match block in blocks)
        {
            byte[] rules = Encoding.UTF8.GetBytes(block.Groups["rules"].Value);
            if (!block.Groups["wrong"].Success)
                Assert.Empty(Core.Decide.PolicyTests.Run(ConfigReader.Read(document, rules, s_context)));
            else
                Assert.Equal(block.Groups["wrong"].Value, Assert.Throws<ConfigException>(() => ConfigReader.Read("config.json", rules, s_context)).Message);
        }

        Assert.InRange(blocks.Count, least, 1000);
    }

    [Theory]
    [InlineData("README.md", "curl|wget", "exec('/usr/bin/curl', 'curl', '-s', 'x')", false)]
    [InlineData("README.md", "curl|wget", "exec('/home/u/work/wget', 'fetch')", false)]
    [InlineData("README.md", "curl|wget", "exec('/usr/bin/ls', 'curl', 'wget')", true)]
    [InlineData("README.md", "curl|wget", "exec('/usr/bin/curling', 'curl')", true)]
    [InlineData("README.md", "curl|wget", "open('/srv/made', 'r+create')", false)]
    [InlineData("README.md", "curl|wget", "open('/srv/old', 'rw')", false)]
    [InlineData("README.md", "curl|wget", "open('/srv/old', 'r+nofollow')", true)]
    [InlineData("README.md", "curl|wget", "open('/home/u/work/made', 'w+create')", true)]
    [InlineData("docs/rules.md", "// set-user-id", "chmod('/x', '04755')", false)]
    [InlineData("docs/rules.md", "// set-user-id", "chmod('/x', '06755')", false)]
    [InlineData("docs/rules.md", "// set-user-id", "chmod('/x', '05000')", false)]
    [InlineData("docs/rules.md", "// set-user-id", "chmod('/x', '07777')", false)]
    [InlineData("docs/rules.md", "// set-user-id", "chmod('/x', '02755')", true)]
    [InlineData("docs/rules.md", "// set-user-id", "chmod('/x', '0755')", true)]
    public void An_example_stops_what_it_says(string document, string example, string call, bool allowed)
    {
        Match block = RuleBlocks().Matches(File.ReadAllText(Path.Combine(s_root, document))).Single(b => b.Value.Contains(example, StringComparison.Ordinal));
        RuleSet rules = ConfigReader.Read(document, Encoding.UTF8.GetBytes(block.Groups["rules"].Value), s_context);
        Assert.Equal(allowed, new Policy(rules, []).Decide(new CallReader(s_context).Read(call, new())).Allowed);
    }

    [Fact]
    public void Every_family_is_documented()
    {
        string section = SectionOf("docs/rules.md", "Operations");
        Assert.All(Operations.All, o => Assert.Matches($@"(?m)^\| [^|]*`{o.Name}`", section));
    }

    [Fact]
    public void Every_floor_rule_is_documented()
    {
        string section = SectionOf("docs/rules.md", "The floor");
        Assert.All(Floor.Names, f => Assert.Contains($"| `{f}` |", section, StringComparison.Ordinal));
    }

    private static IEnumerable<string> DocumentsBelow(string folder) => Directory.EnumerateFiles(folder, "*.md")
        .Concat(Directory.EnumerateDirectories(folder).Where(d => !s_generated.Contains(Path.GetFileName(d))).SelectMany(DocumentsBelow));

    private static string SectionOf(string document, string heading)
    {
        string text = File.ReadAllText(Path.Combine(s_root, document));
        int start = text.IndexOf($"\n## {heading}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"{document} has no section \"{heading}\"");
        int end = text.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return end < 0 ? text[start..] : text[start..end];
    }

    // As the usual viewers make them: lower case, without punctuation, hyphens for spaces.
    private static HashSet<string> AnchorsOf(string file) => Directory.Exists(file) ? [] :
        [.. Headings().Matches(WithoutCode(File.ReadAllText(file))).Select(h => NotInAnchors().Replace(h.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    private static string WithoutCode(string text) => InlineCode().Replace(FencedCode().Replace(text, ""), "``");

    private static string FindRoot(string from) =>
        File.Exists(Path.Combine(from, "Sandgate.slnx")) ? from
        : FindRoot(Path.GetDirectoryName(from) ?? throw new DirectoryNotFoundException("no Sandgate.slnx above the tests"));

    [GeneratedRegex(@"\]\((?!https?:|mailto:)(?<target>[^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Headings();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex FencedCode();

    [GeneratedRegex(@"`[^`\n]+`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"(<!-- wrong: (?<wrong>[^\n]*) -->\n)?^```jsonc\n(?<rules>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex RuleBlocks();

    /// <summary>The kernel's names, from the same facts as the table of the Linux part.</summary>
    private sealed class NamedCalls : ICatalogue
    {
        private readonly SyscallShape[] _calls =
            [.. File.ReadLines(Path.Combine(s_root, "src/Sandgate.Linux/Interop/syscalls.x86_64.tsv"))
                .Select(l => l.Split('\t')).Where(l => l.Length > 1 && int.TryParse(l[0], out _)).Select(l => new SyscallShape(l[1], [], true, []))];

        public IReadOnlyList<SyscallShape> Syscalls => _calls;

        public int Count => _calls.Length;

        public SyscallShape? ShapeOf(int number) => _calls[number];

        public IReadOnlyList<SyscallArgument> ArgumentsOf(int number) => [];
    }
}
