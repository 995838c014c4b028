using System.Security.Cryptography;

namespace Sandgate.Linux.Tests.Live;

/// <summary>Rules on what files hold.</summary>
public class HashTests
{
    private static string HashOf(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));

    private static Sandbox NewBox()
    {
        Sandbox box = new();
        File.Copy("/bin/true", box.PathOf("tool"));
        box.Write("f", "hello\n");
        box.Write("rules.json", $$"""
            { "rule_table": [
              { "on": ["exec"], "when": "sha256 == {{HashOf(box.PathOf("tool"))}}", "action": "not_allow" },
              { "on": ["open"], "when": "sha256 == {{HashOf(box.PathOf("f"))}} and mode == r", "action": "not_allow" } ] }
            """);
        return box;
    }

    [Fact]
    public void A_file_is_known_by_any_name_until_it_changes()
    {
        using Sandbox box = NewBox();
        const string Script = """
            try() { if "$@" 2> /dev/null; then echo yes; else echo no; fi; }
            try eval ': < f'; try eval ': < f'
            cp "$VICTIM" v; ln f hard; ln -s f soft; printf 'hello\n' > other
            try eval ': < hard'; try eval ': < soft'; try eval ': < other'
            printf 'jello\n' > f; try eval ': < f'
            printf 'hello\n' > f; touch -d @0 f; try eval ': < f'
            echo x >> f; try eval ': < f'
            try ./tool; cp /bin/true renamed; try ./renamed; mkdir d; mv renamed d; try d/renamed
            printf x >> d/renamed; try d/renamed
            """;
        Assert.Equal("yes\nyes\nyes\nyes\nyes\nyes\nyes\nyes\nyes\nyes\nyes\nyes\n", box.Shell("cp f save; cp tool t; " + Script + "; cp save f; rm -rf d hard soft other v").Out);
        Result inside = box.Run(["-q", "-c", "rules.json"], "bash", "-c", Script);
        Assert.Equal("no\nno\nno\nno\nno\nyes\nno\nyes\nno\nno\nno\nyes\n", inside.Out);
    }

    [Fact]
    public void What_is_no_plain_file_holds_up_nobody()
    {
        using Sandbox box = NewBox();
        Assert.Equal(0, box.Native("mknod", "fifo").Status);
        Assert.Equal("open = 3\n", box.Run(["-c", "rules.json"], Sandbox.Victim, "open", "fifo", "r+nonblock").Out);
        Result inside = box.Run(["-q", "-c", "rules.json"], "bash", "-c", "timeout 5 cat fifo & sleep 0.2; : < /dev/zero; head -c1 /dev/urandom | wc -c; : < /dev/tty; ls . | wc -l; (cat f && echo read); echo through > fifo; wait");
        Assert.Equal("1\n4\nthrough\n", inside.Out);
    }

    [Fact]
    public void A_large_file_holds_up_only_who_opens_it()
    {
        using Sandbox box = NewBox();
        Assert.Equal(0, box.Shell("truncate -s 400M large").Status);
        Result inside = box.Run(["-q", "-c", "rules.json"], "bash", "-c", "(: < large; echo large) & sleep 0.05; : < rules.json; echo small; wait");
        Assert.Equal("small\nlarge\n", inside.Out);
    }
}
