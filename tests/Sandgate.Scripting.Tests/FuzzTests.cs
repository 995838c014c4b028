using System.Diagnostics;
using System.Text;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Scripting.Tests;

/// <summary>Random scripts and patterns, the same at each run.</summary>
public sealed class FuzzTests
{
    private const string Comparing = """
        local function show(...)
          local t = {}
          for i = 1, select('#', ...) do t[i] = tostring((select(i, ...))) end
          return table.concat(t, '|')
        end
        local s, p, r
        local ops = {
          find = function() return string.find(s, p, 2) end,
          match = function() return string.match(s, p) end,
          gsub = function() return string.gsub(s, p, r) end,
          call = function() return string.gsub(s, p, function(a, b) return b and a .. b end, 3) end,
          gmatch = function() local t = {} for a, b in string.gmatch(s, p) do t[#t + 1] = tostring(a) .. tostring(b) end return table.concat(t, ',') end,
        }
        function matcher(call)
          s, p, r = call.path or '', call.path2 or '', call.cmdline or ''
          return show(ops[call.operation]()) == call.data
        end
        """;

    // E is an expression, S a statement; what is left at the end of the depth is a plain one.
    private static readonly string[] Expressions =
    [
        "x", "y", "t", "call", "call.path", "call.data", "call[E]", "t[E]", "1", "0", "-1", "2^53", "1e308", "math.huge", "math.mininteger", "'x'", "''", "'%'", "'(.-)%1'", "nil", "true",
        "(E .. E)", "(E == E)", "(E < E)", "(E and E or E)", "#E", "-E", "(E // E)", "(E % E)", "(E << E)", "{}", "{E, E, x = E}", "function(a, ...) S return E end",
        "tostring(E)", "type(E)", "select(E, E, E)", "setmetatable(E, t)", "setmetatable({}, {__index = E, __call = E, __close = E, __tostring = E})", "getmetatable(E)", "next(E, E)",
        "rawget(t, E)", "rawlen(E)", "string.rep(E, E)", "string.rep('xy', 100000)", "string.format(E, E, E)", "('x'):rep(9)", "(E):gsub(E, E)", "string.gsub(E, E, E)", "(E):find(E)",
        "string.match(E, E)", "string.gmatch(E, E)", "string.byte(E, E, E)", "string.pack(E, E)", "string.unpack(E, E)", "utf8.char(E)", "utf8.codepoint(E, E, E)", "table.concat(t, E)",
        "table.unpack(E, E, E)", "table.pack(E, E)", "table.move(t, E, E, E)", "f(E)", "f(f)", "E(E)", "(E)(E)", "E.x", "(E).x", "math.random(E)", "_G[E]", "_G",
    ];

    private static readonly string[] Statements =
    [
        "x = E", "y = E", "t = E", "t[E] = E", "_G[E] = E", "t.__index = E", "local x = E", "local x <close> = E", "if E then S else S end", "for i = 1, E do S end", "for k, v in E do S end",
        "for k, v in pairs(E) do S end", "while E do S end", "repeat S until E", "do S S end", "S S", "S S S", "table.insert(t, E, E)", "table.sort(t, E)", "table.sort(E)", "function f(...) S return E end",
        "error(E)", "assert(E, E)", "f(E)", "getmetatable('').__index = E", "string[E] = E", "setmetatable(t, t)", "t.__gc = E", "x = x .. x",
    ];

    [Fact]
    public void Patterns_match_as_in_Lua_itself()
    {
        using PlainLua plain = new();
        using Script script = Script.Of(Comparing);
        Random random = new(20240);
        int[] outcomes = new int[2];
        for (int round = 0; round < 8_000; round++)
        {
            byte[] subject = RandomBytes(random, "aab(b)1 -%\0\xff]"u8, 12);
            byte[] pattern = RandomBytes(random, "aab.%%()[]^$*+-?1bfsdzWA \0"u8, 9);
            byte[] replacement = RandomBytes(random, "a%%012"u8, 4);
            foreach (string operation in (ReadOnlySpan<string>)["find", "match", "gsub", "call", "gmatch"])
            {
                byte[] expected = plain.Ask(operation, subject, pattern, replacement);
                bool isError = expected.AsSpan().SequenceEqual("error"u8);
                Truth result = script.Match(new FakeCall
                {
                    [Field.Operation] = FieldValue.Of(operation),
                    [Field.Path] = FieldValue.Of(TargetText.FromBytes(subject)),
                    [Field.Path2] = FieldValue.Of(TargetText.FromBytes(pattern)),
                    [Field.Cmdline] = FieldValue.Of(TargetText.FromBytes(replacement)),
                    [Field.Data] = FieldValue.Of(TargetText.FromBytes(expected)),
                });
                outcomes[isError ? 1 : 0]++;
                if (result != (isError ? Truth.Unknown : Truth.True))
                    Assert.Fail($"{operation} '{Show(subject)}' '{Show(pattern)}' '{Show(replacement)}': Lua says {Show(expected)}, result {result}; {script.Failures.LastOrDefault()}");
            }
        }

        Assert.All(outcomes, count => Assert.InRange(count, 3_000, 40_000));
    }

    [Fact]
    public void Random_scripts_end_soon()
    {
        Random random = new(3141);
        int compiled = 0;
        for (int round = 0; round < 4_000; round++)
        {
            StringBuilder code = new("local x, y, t = 'x', 1, {} function matcher(call)\n");
            Append(code, random, "S S S return E", 7);
            code.Append("\nend");
            long start = Stopwatch.GetTimestamp();
            try
            {
                using Script script = Script.Of(code.ToString());
                compiled++;
                script.Match();
                script.Match();
            }
            catch (PatternException)
            {
                // Not all are programs.
            }

            Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }

        Assert.InRange(compiled, 2_000, 6_000);
    }

    private static void Append(StringBuilder code, Random random, string template, int depth)
    {
        foreach (char c in template)
        {
            if (c == 'E')
                Append(code, random, depth > 0 ? Expressions[random.Next(Expressions.Length)] : "x", depth - 2);
            else if (c == 'S')
                Append(code, random, depth > 0 ? Statements[random.Next(Statements.Length)] + "; " : "t = {}", depth - 1);
            else
                code.Append(c);
        }
    }

    private static byte[] RandomBytes(Random random, ReadOnlySpan<byte> alphabet, int most)
    {
        byte[] bytes = new byte[random.Next(most + 1)];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = alphabet[random.Next(alphabet.Length)];
        return bytes;
    }

    private static string Show(byte[] bytes) => Messages.From(bytes);
}
