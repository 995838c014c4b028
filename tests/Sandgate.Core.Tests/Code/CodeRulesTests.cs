using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Code;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests.Code;

/// <summary>Where code may come from, above all rules.</summary>
public class CodeRulesTests
{
    private static readonly string s_hash = new('a', 64);

    private static Verdict Judge(CodeLoading code, Call call, string rules = "{}") => new Policy(World.Read(rules), CodeRules.Of(code)).Decide(call);

    private static Call Mapping(Argument file, string protection = "PROT_READ|PROT_EXEC", string flags = "MAP_PRIVATE|MAP_FIXED", string? hash = null) => new()
    {
        ThreadId = 1,
        Syscall = "mmap",
        Views = [new(Operation.Syscall, "mmap", [Argument.FromText("0x0"), Argument.FromNumber(4096), Argument.FromText(protection), Argument.FromText(flags), file, Argument.FromNumber(0)]) { Sha256 = hash }],
    };

    private static Call Exec(string? file, string? hash = null) => new()
    {
        ThreadId = 1,
        Syscall = "execve",
        Views = [new(Operation.Exec, "exec", [file is null ? Argument.Unreadable : Argument.FromPath(file, file), Argument.FromText("x")]) { Sha256 = hash }],
    };

    [Theory]
    [InlineData("/usr/lib/libc.so", true)]
    [InlineData("/tmp/evil.so", false)]
    [InlineData("/memfd:usr (deleted)", false)]
    [InlineData("/usr/../tmp/x", true)]         // what is judged is a real path: it has no ".."
    public void Only_listed_files_are_mapped_and_executed(string file, bool allowed)
    {
        CodeLoading code = new() { OnlyFrom = ["/usr/*"] };
        Assert.Equal(allowed, Judge(code, Mapping(Argument.FromDescriptor(file))).Allowed);
        Assert.Equal(allowed, Judge(code, Exec(file)).Allowed);
    }

    [Fact]
    public void Unknown_is_refused_and_no_rule_allows_it()
    {
        CodeLoading code = new() { OnlyFrom = ["/*"] };
        const string Allow = """{ "rules": { "exec": { "*": "allow" }, "mmap": { "*": "allow" } } }""";
        Verdict verdict = Judge(code, Mapping(Argument.Unreadable), Allow);
        Assert.Equal((false, Errnos.EPERM, VerdictReason.Floor), (verdict.Allowed, verdict.Errno, verdict.Reason));
        Assert.False(Judge(code, Exec(null), Allow).Allowed);
        Assert.False(Judge(new() { OnlyFrom = ["/usr/*"] }, Exec("/tmp/x"), Allow).Allowed);
        Assert.False(Judge(code, Mapping(Argument.FromStdio("stdin")), Allow).Allowed);
        Assert.False(Judge(code, Mapping(Argument.FromDescriptor("/memfd:x (deleted)")), Allow).Allowed);
    }

    [Theory]
    [InlineData("PROT_READ", "MAP_PRIVATE")]
    [InlineData("PROT_READ|PROT_WRITE", "MAP_SHARED")]
    [InlineData("PROT_READ|PROT_EXEC", "MAP_PRIVATE|MAP_ANONYMOUS")]
    public void Only_files_as_code_are_looked_at(string protection, string flags) =>
        Assert.True(Judge(new() { OnlyFrom = [] }, Mapping(Argument.FromDescriptor("/tmp/x"), protection, flags)).Allowed);

    [Fact]
    public void Memory_files_are_never_code_and_others_are_unless_listed()
    {
        CodeLoading code = new() { WriteXorExecute = true };
        Assert.False(Judge(code, Exec("/memfd:x (deleted)")).Allowed);
        Assert.False(Judge(code, Mapping(Argument.FromDescriptor("anon_inode:x"))).Allowed);
        Assert.True(Judge(code, Exec("/tmp/own")).Allowed);
    }

    [Fact]
    public void A_hash_is_asked_for_and_compared()
    {
        CodeLoading code = new() { Hashes = Hash("/usr/bin/tool", s_hash) };
        Assert.True(Judge(code, Exec("/usr/bin/tool", s_hash)).Allowed);
        Assert.False(Judge(code, Exec("/usr/bin/tool", new string('b', 64))).Allowed);
        Assert.False(Judge(code, Exec("/usr/bin/tool")).Allowed);
        Assert.True(Judge(code, Exec("/usr/bin/other")).Allowed);
        Assert.True(Judge(code, Mapping(Argument.FromDescriptor("/usr/bin/tool"), hash: s_hash)).Allowed);
        Assert.False(Judge(code, Mapping(Argument.FromDescriptor("/usr/bin/tool"))).Allowed);
    }

    [Theory]
    [InlineData("/proc/7/mem", "rw", false)]
    [InlineData("/proc/7/task/8/mem", "w+truncate", false)]
    [InlineData("/proc/7/mem", "r", true)]
    [InlineData("/proc/7/maps", "rw", true)]
    public void Memory_is_not_written_past_its_protection(string file, string mode, bool allowed) =>
        Assert.Equal(allowed, Judge(new() { WriteXorExecute = true }, new()
        {
            ThreadId = 1,
            Syscall = "openat",
            Views = [new(Operation.Open, "open", [Argument.FromPath(file, file), Argument.FromText(mode)])],
        }).Allowed);

    [Fact]
    public void Nothing_asked_is_nothing_refused() => Assert.Empty(CodeRules.Of(new()));

    private static Dictionary<string, string> Hash(string path, string hash) => new() { [path] = hash };
}
