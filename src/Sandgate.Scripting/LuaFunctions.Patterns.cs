using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Sandgate.Scripting.Interop;
using Sandgate.Scripting.Patterns;

namespace Sandgate.Scripting;

/// <content>Patterns: <c>string.find</c>, <c>match</c>, and what the prelude makes <c>gmatch</c> and <c>gsub</c> of.</content>
internal static unsafe partial class LuaFunctions
{
    private static readonly SearchValues<byte> Specials = SearchValues.Create("^$*+?.([%-"u8);

    // find(s, pattern, init, plain)
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Find(nint state) => Guarded(state, "find", wholeMatch: true);

    // match(s, pattern, init)
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Match(nint state) => Guarded(state, "match", wholeMatch: false);

    // scan(s, pattern, at, last, mayAnchor): the next match from at on that doesn't end before last; its first place, the place behind it, captures.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Scan(nint state)
    {
        LuaState script = LuaState.Of(state);
        script.Memory.Lift();
        int results = 0;
        try
        {
            ReadOnlySpan<byte> subject = TextArgument(state, 1, "gsub"), pattern = TextArgument(state, 2, "gsub");
            long at = Lua.ToInteger(state, 3, out _) - 1;
            bool anchored = pattern.StartsWith((byte)'^') && Lua.ToBoolean(state, 5) != 0;
            LuaPattern matcher = new(subject, pattern, ref script.PatternSteps);
            int end = 0;
            int start = at > subject.Length
                ? LuaPattern.NoMatch
                : matcher.Find(anchored ? 1 : 0, (int)at, anchored, (int)Lua.ToInteger(state, 4, out _) - 1, out end);
            if (start != LuaPattern.NoMatch)
            {
                Lua.PushInteger(state, start + 1);
                Lua.PushInteger(state, end + 1);
                results = 2 + PushCaptures(state, script, subject, matcher, start, end, Math.Max(1, matcher.Captures));
            }
        }
        catch (Exception problem)
        {
            Fail(script, problem);
        }

        script.Memory.Enforce();
        return results;
    }

    // gsub(s, pattern, replacement, most), where the replacement is a text
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Substitute(nint state)
    {
        LuaState script = LuaState.Of(state);
        script.Memory.Lift();
        int results = 0;
        try
        {
            ReadOnlySpan<byte> subject = TextArgument(state, 1, "gsub"), pattern = TextArgument(state, 2, "gsub");
            ReadOnlySpan<byte> replacement = TextArgument(state, 3, "gsub");
            long most = IntegerArgument(state, 4, "gsub", subject.Length + 1L);
            ArrayBufferWriter<byte> output = new();
            long count = Substitution.Run(subject, pattern, replacement, most, output, ref script.PatternSteps, script.Memory);
            PushGoverned(state, script, output.WrittenSpan);
            Lua.PushInteger(state, count);
            results = 2;
        }
        catch (Exception problem)
        {
            Fail(script, problem);
        }

        script.Memory.Enforce();
        return results;
    }

    private static int Guarded(nint state, string name, bool wholeMatch)
    {
        LuaState script = LuaState.Of(state);
        script.Memory.Lift();
        int results;
        try
        {
            results = Search(state, script, name, wholeMatch);
        }
        catch (Exception problem)
        {
            Fail(script, problem);
            results = 0;
        }

        script.Memory.Enforce();
        return results;
    }

    private static int Search(nint state, LuaState script, string name, bool wholeMatch)
    {
        ReadOnlySpan<byte> subject = TextArgument(state, 1, name), pattern = TextArgument(state, 2, name);
        long init = IntegerArgument(state, 3, name, 1);
        long from = init > 0 ? init - 1 : init == 0 || init < -subject.Length ? 0 : subject.Length + init;
        int start = LuaPattern.NoMatch, end = 0;
        if (from > subject.Length)
        {
            Lua.PushNil(state);
            return 1;
        }

        if (wholeMatch && (Lua.ToBoolean(state, 4) != 0 || !pattern.ContainsAny(Specials)))
        {
            script.PatternSteps -= (subject.Length - from) / 16;
            if ((start = subject[(int)from..].IndexOf(pattern)) < 0)
            {
                Lua.PushNil(state);
                return 1;
            }

            Lua.PushInteger(state, from + start + 1);
            Lua.PushInteger(state, from + start + pattern.Length);
            return 2;
        }

        bool anchored = pattern.StartsWith((byte)'^');
        LuaPattern matcher = new(subject, pattern, ref script.PatternSteps);
        start = matcher.Find(anchored ? 1 : 0, (int)from, anchored, LuaPattern.NoMatch, out end);
        if (start == LuaPattern.NoMatch)
        {
            Lua.PushNil(state);
            return 1;
        }

        if (!wholeMatch)
            return PushCaptures(state, script, subject, matcher, start, end, Math.Max(1, matcher.Captures));
        Lua.PushInteger(state, start + 1);
        Lua.PushInteger(state, end);
        return 2 + PushCaptures(state, script, subject, matcher, start, end, matcher.Captures);
    }

    private static int PushCaptures(nint state, LuaState script, ReadOnlySpan<byte> subject, in LuaPattern matcher, int start, int end, int count)
    {
        if (Lua.CheckStack(state, count) == 0)
            throw new PatternProblem("too many captures");
        for (int index = 0; index < count; index++)
        {
            (int from, int length) = matcher.Capture(index, start, end);
            if (length < 0)
                Lua.PushInteger(state, from + 1);
            else
                PushGoverned(state, script, subject.Slice(from, length));
        }

        return count;
    }

    private static ReadOnlySpan<byte> TextArgument(nint state, int index, string function)
    {
        int type = Lua.TypeOf(state, index);
        if (type is not (Lua.TypeString or Lua.TypeNumber))
            throw new PatternProblem($"bad argument #{index} to '{function}' (string expected, got {(type <= Lua.TypeNil ? "nil" : "another type")})");
        return BytesAt(state, index);
    }

    private static long IntegerArgument(nint state, int index, string function, long otherwise)
    {
        if (Lua.TypeOf(state, index) <= Lua.TypeNil)
            return otherwise;
        long value = Lua.ToInteger(state, index, out int isInteger);
        return isInteger != 0 ? value : throw new PatternProblem($"bad argument #{index} to '{function}' (integer expected)");
    }

    private static void Fail(LuaState script, Exception problem) => script.Fail(problem.Message, problem is PatternProblem { IsLimit: true });
}
