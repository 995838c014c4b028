using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decide.Scripts;

namespace Sandgate.Scripting.Tests;

public sealed class MatcherTests
{
    [Theory]
    [InlineData("return call.path == '/etc/passwd'", Truth.True)]
    [InlineData("return call.path == '/x'", Truth.False)]
    [InlineData("return call.size == 42 and math.type(call.size) == 'integer'", Truth.True)]
    [InlineData("return call.exe == nil and call.nonsense == nil and call[1] == nil and call[{}] == nil and call['path\\0'] == nil", Truth.True)]
    [InlineData("return call.signature:sub(1, 5) == 'open('", Truth.True)]
    [InlineData("return tostring(call) == call.signature and type(call) == 'userdata'", Truth.True)]
    [InlineData("return getmetatable(call) == false", Truth.True)]
    [InlineData("return ('a,b,c'):gsub(',', {[','] = ';'}) == 'a;b;c'", Truth.True)]
    [InlineData("local t = {3, 1, 2} table.sort(t) return table.concat(t, '-') == '1-2-3'", Truth.True)]
    [InlineData("local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return table.concat(t) == '321'", Truth.True)]
    [InlineData("local t = {} for w in ('one two'):gmatch('%a+') do table.insert(t, 1, w) end return t[1] == 'two' and #t == 2", Truth.True)]
    [InlineData("local t = {1, 2, 3} return table.remove(t, 1) == 1 and table.remove(t) == 3 and #t == 1 and table.remove({}) == nil", Truth.True)]
    [InlineData("return select('#', table.unpack({1, nil, 3}, 1, 3)) == 3 and table.move({1, 2, 3}, 1, 3, 2)[4] == 3", Truth.True)]
    [InlineData("return utf8.len('äö') == 2 and string.format('%5.1f|%s', 1.25, 'x') == '  1.2|x' and string.rep('ab', 2, '-') == 'ab-ab'", Truth.True)]
    [InlineData("return string.rep('', 1 << 60) == ''", Truth.True)]
    public void A_matcher_decides(string body, Truth expected)
    {
        using Script script = Script.Matching(body);

        Assert.Equal(expected, script.Match());
        Assert.Empty(script.Failures);
    }

    [Theory]
    [InlineData("return 1", "test.lua: matcher returned a number, not true or false")]
    [InlineData("", "test.lua: matcher returned nil, not true or false")]
    [InlineData("local t = nil; return t.x", "test.lua:2: attempt to index a nil value (local 't')\nstack traceback:\n\ttest.lua:2: in function <test.lua:1>")]
    [InlineData("error('bad')", "test.lua:2: bad\nstack traceback:\n\t[C]: in global 'error'")]
    [InlineData("error({})", "error object is a table value")]
    [InlineData("error()", "error object is a nil value")]
    [InlineData("error(42)", "42\nstack")]
    [InlineData("call.path = 1", "test.lua:2: attempt to index a call value")]
    [InlineData("return ('x'):find('%')", "test.lua: malformed pattern (ends with '%')")]
    [InlineData("local a = ('x'):find('%') return true", "test.lua:2: malformed pattern (ends with '%')")]
    [InlineData("local a = ('x'):find('[') return true", "test.lua:2: malformed pattern (missing ']')")]
    [InlineData("local a = string.find() return true", "test.lua:2: bad argument #1 to 'find' (string expected")]
    [InlineData("setmetatable({}, {__gc = true})", "test.lua:2: a metatable with __gc is not allowed here")]
    [InlineData("while true do end", "test.lua:2: took more than 1000000 instructions")]
    [InlineData("error('\\27[31m\\200')", @"\x1b[31m\xc8")]
    public void A_failure_is_unknown_and_is_told(string body, string message)
    {
        using Script script = Script.Matching(body);

        Assert.Equal(Truth.Unknown, script.Match());
        Assert.Contains(message, Assert.Single(script.Failures), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("function matcher(call)\nx x", "test.lua:2: syntax error near 'x'")]
    [InlineData("error('at load')", "test.lua:1: at load")]
    [InlineData("while true do end", "test.lua:1: took more than 1000000 instructions")]
    [InlineData("x = 1", "test.lua: the script defines no function \"matcher\"")]
    [InlineData("setmetatable(_G, {__index = function() return type end})", "test.lua: the script defines no function \"matcher\"")]
    [InlineData("\u001bLuaR", "test.lua: attempt to load a binary chunk (mode is 't')")]
    [InlineData("local t = {} for i = 1, 20 do t[i] = ('x'):rep(1000):rep(1000 + i) end", "test.lua: needs more than 16384 KiB of memory")]
    public void A_script_that_can_not_be_used_is_refused(string code, string message)
    {
        PatternException problem = Assert.Throws<PatternException>(() => Script.Of(code));

        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Globals_persist_between_calls()
    {
        using Script script = Script.Of("n = 0 function matcher() n = n + 1 return n == 3 end");

        Assert.Equal([Truth.False, Truth.False, Truth.True], [script.Match(), script.Match(), script.Match()]);
    }

    [Fact]
    public void A_state_that_struck_a_limit_is_made_anew()
    {
        using Script script = Script.Of("n = 0 function matcher() n = n + 1 if n == 2 then while true do end end return n == 1 end");

        Assert.Equal([Truth.True, Truth.Unknown, Truth.True], [script.Match(), script.Match(), script.Match()]);
    }

    [Fact]
    public void Numbers_and_bytes_arrive_whole()
    {
        FakeCall call = new()
        {
            [Field.Arg0] = FieldValue.Of(ulong.MaxValue),
            [Field.Arg1] = FieldValue.Of(long.MaxValue),
            [Field.Path] = FieldValue.Of("/ä\udcff€\ud83d\ude00"),
            [Field.Comm] = FieldValue.Of(new string('x', 5000)),
            [Field.Exe] = FieldValue.Unknown,
            [Field.Launch] = FieldValue.Of("false"),
        };
        using Script script = Script.Matching(
            "return call.launch == false and call.arg0 == -1 and call.arg1 == math.maxinteger and call.path == '/ä\\xff€😀' and #call.comm == 5000 and call.exe == nil");

        Assert.Equal(Truth.True, script.Match(call));
    }

    [Fact]
    public void A_field_that_throws_is_a_failure()
    {
        FakeCall call = new() { Otherwise = _ => throw new InvalidOperationException("gone") };
        using Script script = Script.Matching("return call.exe == nil");

        Assert.Equal(Truth.Unknown, script.Match(call));
        Assert.Contains("test.lua:2: a field could not be read: gone", Assert.Single(script.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_failure_is_told_at_powers_of_ten()
    {
        using Script script = Script.Matching("error('no', 0)");
        for (int i = 0; i < 150; i++)
            script.Match();

        Assert.Equal(3, script.Failures.Count);
        Assert.EndsWith("(100 times)", script.Failures[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Ever_new_failures_do_not_flood()
    {
        using Script script = Script.Of("n = 0 function matcher() n = n + 1 error('no ' .. n) end");
        for (int i = 0; i < 1000; i++)
            script.Match();

        Assert.InRange(script.Failures.Count, 32, 36);
    }

    [Fact]
    public void Time_ends_what_the_count_of_instructions_does_not()
    {
        using Script script = Script.Of("function matcher() while true do end end", ScriptLimits.Default with { Instructions = int.MaxValue });

        Assert.Equal(Truth.Unknown, script.Match());
        Assert.Contains("test.lua:1: took longer than 50 ms", Assert.Single(script.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void A_thread_with_little_stack_runs_nothing()
    {
        using Script script = Script.Matching("return true");
        Truth result = Truth.True;
        Thread small = new(() => result = script.Match(), 256 * 1024);
        small.Start();
        small.Join();

        Assert.Equal(Truth.Unknown, result);
        Assert.Contains("too little stack", Assert.Single(script.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_threads_may_ask_and_one_may_dispose()
    {
        Script script = Script.Matching("local n = 0 for i = 1, 1000 do n = n + i end return call.path == '/etc/passwd'");
        Task[] askers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 300; i++)
                Assert.NotEqual(Truth.False, script.Match());
        }, TestContext.Current.CancellationToken))];
        await Task.Delay(5, TestContext.Current.CancellationToken);
        script.Dispose();
        await Task.WhenAll(askers);

        Assert.Equal(Truth.Unknown, script.Match());
        Assert.Empty(script.Failures);
    }
}
