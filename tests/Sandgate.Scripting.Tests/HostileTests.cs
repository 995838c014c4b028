using System.Diagnostics;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Scripting.Tests;

/// <summary>Scripts that attack their host. Each must end soon, and the next script must be judged as if nothing had been.</summary>
public sealed class HostileTests
{
    /// <summary>Bodies of matchers.</summary>
    public static TheoryData<string> Attacks { get; } =
    [
        // loops
        "while true do end",
        "repeat until false",
        "::again:: goto again",
        "for i = 1, math.huge do end",
        "for i = 1, 0 do end for i = math.mininteger, math.maxinteger do end",
        "for k in next, setmetatable({}, {}) do end for _ in function() return 1 end do end",
        "for i in ('x'):rep(1000000):gmatch('()') do end",

        // recursion
        "local function f() return f() end f()",
        "local function f() f() end f()",
        "local function f() return 1 + f() end f()",
        "local function f(...) return f(1, ...) end f()",
        "local function f(...) f(...) f(...) end f(table.unpack({}, 1, 9999))",
        "local f f = function() return ('x'):gsub('x', f) end f()",
        "local t = {} setmetatable(t, {__index = function(t, k) return t[k + 1] end}) return t[1]",
        "local t = {} setmetatable(t, {__newindex = function(t, k, v) t[k + 1] = v end}) t[1] = 1",
        "local t = {} setmetatable(t, {__index = t}) return t.x",
        "local t = setmetatable({}, {}) getmetatable(t).__tostring = tostring tostring(t)",
        "local m = {} local t = setmetatable({}, m) m.__tostring = function(t) return string.format('%s', t) end tostring(t)",
        "local m = {} local t = setmetatable({}, m) m.__eq = function(a, b) return a == b end return t == setmetatable({}, m)",
        "local m = {} local t = setmetatable({}, m) m.__lt = function(a, b) return a < b end return t < t",
        "local m = {} local t = setmetatable({}, m) m.__concat = function(a, b) return a .. b end return t .. t",
        "local m = {} local t = setmetatable({}, m) m.__call = t t()",
        "local m = {} local t = setmetatable({}, m) m.__call = setmetatable({}, {__call = function(...) return t(...) end}) t()",
        "local m = {} local t = setmetatable({}, m) m.__len = function(t) return #t end return #t",
        "local m = {} local t = setmetatable({}, m) m.__pairs = function(t) return pairs(t) end pairs(t)",
        "local t = {} for i = 1, 100 do t[i] = i end local function c(a, b) table.sort(t, c) end table.sort(t, c)",
        "local t = {} local p = t for i = 1, 3000 do local n = {} setmetatable(p, {__index = n}) p = n end while true do local x = t.x end",

        // memory
        "local s = 'x' while true do s = s .. s end",
        "local t = {} while true do t[#t + 1] = {} end",
        "local t = {} for i = 1, 1e6 do t[i] = 'string number ' .. i end",
        "return string.rep('x', 1 << 40)",
        "return string.rep('', 1 << 62)",
        "return string.rep('x', 1 << 20, string.rep('y', 1 << 20))",
        "local t = {} for i = 1, 1000 do t[i] = string.rep('x', 1 << 21) end",
        "while true do local s = string.rep('x', 3000000) end",
        "local t = {} for i = 1, 100000 do t[i] = 0 end for i = 1, 100000 do t[i] = call.data end",
        "local s = string.rep('x', 3000000) while true do local t = s:upper() end",
        "local s = string.rep('\\0', 3000000) local z = s .. 'a' s = s .. 'b' while true do local t = s < z end",
        "local s = string.rep('\\xe4\\xb8\\x80', 1000000) while true do local t = utf8.len(s) end",
        "return string.pack('c1000000000000', 'x')",
        "return string.pack(('i16'):rep(1000000))",
        "return #string.format(('%99.99f'):rep(100000), 1e308)",
        "return string.format('%s%s', string.rep('x', 4000000), string.rep('x', 4000000))",
        "return string.format('%99999999d', 1)",
        "return string.format(('%s'):rep(1000000), table.unpack({}, 1, 9000))",
        "return select('#', string.byte(string.rep('x', 4000000), 1, -1))",
        "return select('#', utf8.codepoint(string.rep('x', 4000000), 1, -1))",
        "return table.unpack({}, 1, 1 << 30)",
        "return table.unpack({}, math.mininteger, math.maxinteger)",
        "local t = {} for i = 1, 1 << 18 do t[i] = i end while true do next(t, 1 << 18) end",
        "local t = {} for i = 1, 200000 do t[i .. ''] = 1 end for k in pairs(t) do t[k] = nil end while true do next(t) end",

        // patterns
        "return string.find(string.rep('a', 5000), string.rep('a*', 100) .. 'b')",
        "return string.find(string.rep('a', 1000000), '.-.-.-.-b')",
        "return string.match(string.rep('(', 500000), '%b()')",
        "return string.gsub(string.rep('a', 1000000), '', 'xxxxxxxxxxxxxxxx')",
        "return string.gsub(string.rep('a', 1000000), '.*', string.rep('%0', 1000))",
        "return string.find('x', string.rep('(', 1000))",
        "return string.find('x', string.rep('[', 1000000))",
        "return string.find(string.rep('x', 1000), string.rep('x?', 1000) .. string.rep('x', 1000))",
        "while true do string.find(string.rep('a', 1000000), 'b', 1, true) end",
        "return string.find('x', string.rep('(', 250) .. string.rep(')', 250))",
        "local n = 0 return string.gsub(string.rep('a', 1000000), 'a', function() n = n + 1 return string.rep('b', n) end)",

        // C functions that loop
        "return table.concat(setmetatable({}, {__index = rawlen}), '', 1, math.maxinteger)",
        "table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 'x')",
        "table.remove(setmetatable({}, {__len = function() return 1 << 60 end}), 1)",
        "table.move({}, 1, 1 << 60, 2)",
        "table.sort(setmetatable({}, {__len = function() return 1 << 31 end, __index = rawlen, __newindex = type}))",
        "table.sort({3, 2, 1, 5, 4}, function() return true end) local t = {} for i = 1, 2000 do t[i] = i end table.sort(t, function() return true end) while true do end",
        "table.sort({1, 'x', {}, 3})",
        "utf8.char(table.unpack({}, 1, 9999))",
        "for p, c in utf8.codes(string.rep('x', 4000000)) do end",
        "while true do tonumber(string.rep('0', 3000000)) end",

        // finalizers and closing
        "setmetatable({}, {__gc = function() while true do end end})",
        "local m = {} setmetatable({}, m) m.__gc = function() while true do end end for i = 1, 1e5 do local t = {} end",
        "getmetatable('').__gc = function() while true do end end for i = 1, 1e4 do local t = i .. 'x' end",
        "setmetatable({}, setmetatable({}, {__index = {__gc = function() while true do end end}}))",
        "local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end",
        "local x <close> = setmetatable({}, {__close = function() while true do end end}) error('x')",
        "local c = setmetatable({}, {__close = function() while true do end end}) local function f() local x <close> = c f() end f()",
        "local c = setmetatable({}, {__close = function() error('again') end}) local function f() local x <close> = c f() end f()",
        "local c = setmetatable({}, {__close = function() return string.rep('x', 3000000) end}) local function f() local x <close> = c f() end f()",
        "local c = setmetatable({}, {__close = string.rep}) local function f(n) local x <close> = c if n > 0 then f(n - 1) end while true do end end f(1000)",

        // error objects
        "error({})",
        "error(setmetatable({}, {__tostring = function() while true do end end}))",
        "error(setmetatable({}, {__tostring = error, __index = error, __name = string.rep('x', 1000000)}))",
        "error(string.rep('x', 3000000))",
        "error(call)",
        "error(print)",
        "error('\\3')",
        "error()",
        "assert(false)",
        "assert(nil, {})",
        "local t = setmetatable({}, {__index = function() error('deep') end}) return t.x.y",
        "local function f(n) if n == 0 then error('deep') end f(n - 1) end f(20000)",
        "local " + "aaaaaaaaaa" + " = {} return " + "aaaaaaaaaa" + ".b.c",

        // what should not be there
        "return pcall(error)",
        "return xpcall(error, error)",
        "coroutine.wrap(function() end)()",
        "load('return 1')()",
        "debug.sethook()",
        "os.exit(0)",
        "io.write('x')",
        "require('os')",
        "string.dump(print)",
        "collectgarbage('stop')",
        "print('x')",
        "return getmetatable('').__index.dump()",
        "rawset(call, 'path', '/x')",
        "setmetatable(call, {})",
        "setmetatable('', {__gc = 1})",
        "getmetatable(call).__index = 1",
        "string.find()",
        "string.find({}, {})",
        "string.gsub('x', 'x', print)",
        "string.gmatch()",
        "string.gsub()",
        "string.gsub('x', 'x', {x = {}})",
        "string.find('x', 'x', {})",
        "string.rep()",
    ];

    /// <summary>Bodies of matchers that overwrite what later calls use.</summary>
    public static TheoryData<string> Poisons { get; } =
    [
        "for k in pairs(_G) do _G[k] = nil end return false",
        "for k in pairs(string) do string[k] = nil end return false",
        "for k in pairs(string) do string[k] = error end for k in pairs(table) do table[k] = error end return false",
        "matcher = nil return false",
        "matcher = error return false",
        "setmetatable(_G, {__index = function() while true do end end, __newindex = error}) return false",
        "type, rawget, error, tostring, next, select = nil return false",
        "getmetatable('').__index = function() while true do end end return false",
        "getmetatable('').__index = nil getmetatable('').__eq = error getmetatable('').__concat = error return false",
        "string, table, math, utf8, setmetatable = 1, 2, 3, 4, 5 error('x')",
        "kept = kept or call t = t or {} for i = 1, 1000 do t[#t + 1] = kept.data .. i end return kept.path == 'x'",
        "t = t or {} t[#t + 1] = string.rep('x', 3000000) return false",
        "setmetatable(string, {__index = function(t, k) return t[k .. 'x'] end}) local x = ('').nothing return false",
    ];

    [Theory]
    [MemberData(nameof(Attacks))]
    public void An_attack_ends_soon_and_harms_nobody(string body)
    {
        using Script good = Script.Matching("return call.path == '/etc/passwd'");
        using Script script = Script.Matching(body);

        for (int round = 0; round < 2; round++)
        {
            long start = Stopwatch.GetTimestamp();
            Assert.Equal(Truth.Unknown, script.Match());
            Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(1));
            Assert.Equal(Truth.True, good.Match());
        }

        Assert.All(script.Failures, failure => Assert.InRange(failure.Length, 1, 2500));
    }

    [Theory]
    [MemberData(nameof(Poisons))]
    public void A_poisoned_state_still_judges_or_knows_that_it_can_not(string body)
    {
        using Script script = Script.Matching(body);
        for (int i = 0; i < 12; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Assert.NotEqual(Truth.True, script.Match());
            Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void An_attack_while_the_script_is_loaded_is_refused_soon(string body)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            using Script script = Script.Of(body.Replace("return ", "local _ = ", StringComparison.Ordinal) + "\nfunction matcher() return true end");
        }
        catch (PatternException problem)
        {
            Assert.InRange(problem.Message.Length, 1, 2500);
        }

        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    // The watchdog walks the chain of calls that the script builds and lets go meanwhile.
    [Fact]
    public void A_strike_may_come_while_calls_come_and_go()
    {
        const string Code = """
            local function down(n) if n > 0 then return 1 + down(n - 1) end return 0 end
            function matcher(call)
              while true do
                down(math.random(30000))
                for i = 1, 300 do local t = {{}} end
              end
            end
            """;
        using Script script = Script.Of(Code, new(int.MaxValue, 16 << 20, TimeSpan.FromMilliseconds(5)));
        for (int round = 0; round < 60; round++)
            Assert.Equal(Truth.Unknown, script.Match());
        Assert.Contains(script.Failures, failure => failure.Contains("took longer than 5 ms", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_but_what_is_meant_can_be_reached()
    {
        using Script script = Script.Of("""
            local seen, found = {}, {}
            local function walk(value, path)
              if (type(value) ~= 'table' and type(value) ~= 'function') or seen[value] then return end
              seen[value] = true
              found[#found + 1] = path
              if type(value) == 'table' then
                for k, v in next, value do walk(k, path .. '.<key>') walk(v, path .. '.' .. tostring(k)) end
              end
              local m = getmetatable(value)
              if m then walk(m, path .. '.<meta>') end
            end
            function matcher(call)
              walk(_G, '_G')
              walk(getmetatable(''), '<string>')
              table.sort(found)
              error(table.concat(found, ' '), 0)
            end
            """);
        script.Match();

        string[] names = [.. script.Failures[0].Split('\n')[0].Split(' ').Select(name => name[(name.LastIndexOf('.') + 1)..])];
        string[] forbidden = ["pcall", "xpcall", "load", "loadstring", "loadfile", "dofile", "require", "debug", "io", "os", "package", "coroutine", "print", "warn",
            "collectgarbage", "dump", "native", "field", "scan", "failed", "__gc", "traceback", "getinfo"];
        Assert.True(names.Length > 60, script.Failures[0]);
        Assert.Empty(names.Intersect(forbidden));
    }
}
