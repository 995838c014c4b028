using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Fields;

namespace Sandgate.Scripting.Tests;

/// <summary>The examples of docs/scripts.md, run.</summary>
public sealed class DocumentTests
{
    private static readonly string[] Examples = ExamplesOf(Path.Combine(FindRoot(AppContext.BaseDirectory), "docs", "scripts.md"));

    [Fact]
    public void The_first_example_matches_one_file()
    {
        using Script script = Script.Of(Examples[0]);

        Assert.Equal([Truth.True, Truth.False], [script.Match(Open("/etc/shadow")), script.Match(Open("/etc/passwd"))]);
    }

    [Fact]
    public void Source_files_match_by_their_extension()
    {
        using Script script = Script.Of(Examples[1]);
        string[] paths = ["/src/a.c", "/src/a.h", "/src/a.txt", "/src/c", "/other/a.c"];

        Assert.Equal([Truth.True, Truth.True, Truth.False, Truth.False, Truth.False], paths.Select(path => script.Match(Open(path))));
        Assert.Equal(Truth.False, script.Match(new FakeCall()));
    }

    [Fact]
    public void The_eleventh_connection_matches()
    {
        using Script script = Script.Of(Examples[2]);
        FakeCall call = new() { [Field.Host] = FieldValue.Of("10.0.0.1") };

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal(Truth.False, script.Match(call)));
        Assert.Equal(Truth.True, script.Match(call));
        Assert.Equal(Truth.False, script.Match(new FakeCall()));
    }

    [Fact]
    public void A_private_key_is_seen()
    {
        using Script script = Script.Of(Examples[3]);

        Assert.Equal(Truth.True, script.Match(new FakeCall { [Field.Data] = FieldValue.Of("x\n-----BEGIN RSA PRIVATE KEY-----\n") }));
        Assert.Equal(Truth.False, script.Match(new FakeCall { [Field.Data] = FieldValue.Of("BEGIN CERTIFICATE") }));
        Assert.Equal(Truth.False, script.Match(new FakeCall()));
    }

    private static FakeCall Open(string path) => new() { [Field.Path] = FieldValue.Of(path) };

    private static string[] ExamplesOf(string document) =>
        [.. File.ReadAllText(document).Split("```lua\n").Skip(1).Select(block => block.Split("```", 2)[0])];

    private static string FindRoot(string from) =>
        File.Exists(Path.Combine(from, "Sandgate.slnx")) ? from : FindRoot(Path.GetDirectoryName(from) ?? throw new DirectoryNotFoundException());
}
