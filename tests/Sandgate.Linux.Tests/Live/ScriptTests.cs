namespace Sandgate.Linux.Tests.Live;

/// <summary>Rules that a script decides, and scripts that mean no good.</summary>
public class ScriptTests
{
    [Theory]
    [InlineData("function matcher(call) while true do end end", "took more than")]
    [InlineData("function matcher(call) local s = 'x' while true do s = s .. s end end", "memory")]
    [InlineData("function matcher(call) return call.nothing.x end", "stack traceback:")]
    [InlineData("function matcher(call) return 1 end", "true")]
    [InlineData("function matcher(call) return ('a'):rep(200000):find(('a*'):rep(40) .. 'b') ~= nil end", "")]
    [InlineData("function matcher(call) return matcher(call) and true end", "memory")]
    public void A_script_that_fails_proves_nothing_and_harms_nobody(string code, string said)
    {
        using Sandbox box = new();
        box.Write("f", "hello\n");
        box.Write("s.lua", code);
        box.Write("rules.json", """{ "scripts": { "s": "s.lua" }, "rule_table": [{ "on": ["mkdir"], "when": "script s", "action": "not_allow" }, { "on": ["open"], "when": "path == './g'", "action": "not_allow" }] }""");
        Result inside = box.Run(["-c", "rules.json"], "bash", "-c", "for i in $(seq 12); do mkdir d; done; cat f; : > g; : > h; [ ! -e d ] && [ -e h ] && [ ! -e g ]");
        Assert.True(inside.Status == 0, inside.ToString());
        Assert.Equal("hello\n", inside.Out);
        Assert.Equal(12, inside.Denials.Count(d => d.Contains("mkdir('d'", StringComparison.Ordinal) && d.Contains("which could not be judged", StringComparison.Ordinal)));
        Assert.Contains(said, inside.Err);
    }

    [Fact]
    public void What_a_failing_script_means_can_be_chosen()
    {
        using Sandbox box = new();
        box.Write("rules.json", """{ "on_unknown": "allow", "scripts": { "s": { "code": "function matcher(call) error('no') end" } }, "rule_table": [{ "on": ["mkdir"], "when": "script s", "action": "not_allow" }] }""");
        Assert.Equal("mkdir = 0\n", box.Run(["-c", "rules.json"], Sandbox.Victim, "mkdir", "d").Out);
    }

    [Fact]
    public void A_script_is_asked_where_the_words_in_registers_do_not_decide()
    {
        using Sandbox box = new();
        box.Write("f", "hello\n");
        box.Write("g", "hello\n");
        box.Write("rules.json", """
            { "scripts": { "f": { "code": "function matcher(call) return call.path ~= nil and call.path:find('/f$') ~= nil end" } },
              "rule_table": [{ "on": ["open"], "when": "mode like 'rw*' and script f", "action": "not_allow" }] }
            """);
        string Open(string file, string mode) => box.Run(["-c", "rules.json"], Sandbox.Victim, "open", file, mode).Out;
        Assert.Equal("open = EACCES\n", Open("f", "rw"));
        Assert.Equal("open = 3\n", Open("f", "r"));
        Assert.Equal("open = 3\n", Open("g", "rw"));
    }

    [Fact]
    public void Scripts_see_what_the_kernel_sees()
    {
        using World world = new();
        world.Sandbox.Write("s.lua", """
            function matcher(call)
              local saw = {}
              for _, name in ipairs { 'operation', 'syscall', 'fd', 'size', 'data', 'comm', 'uid', 'arg2', 'port', 'mode', 'nonsense' } do
                saw[#saw + 1] = name .. '=' .. tostring(call[name])
              end
              error(table.concat(saw, ' ') .. ' ' .. call.signature)
            end
            """);
        world.Sandbox.Write("rules.json", """{ "on_unknown": "allow", "scripts": { "s": "s.lua" }, "rule_table": [{ "on": ["write"], "when": "path == './f' and script s", "action": "not_allow" }] }""");
        Result inside = world.Sandbox.Run(["-c", "rules.json"], Sandbox.Victim, "write", "f", "abc");
        Assert.Equal("write = 3\n", inside.Out);
        Assert.Matches(@"operation=write syscall=write fd=3 size=3 data=abc comm=victim uid=[0-9]+ arg2=3 port=nil mode=nil nonsense=nil write\('.*f', 'abc'\)", inside.Err);
    }
}
