using System.Buffers;
using System.Buffers.Text;
using Sandgate.Scripting.Interop;

namespace Sandgate.Scripting.Patterns;

/// <summary>string.gsub with a text as replacement.</summary>
internal static class Substitution
{
    /// <summary>Writes the text with its matches replaced; returns how many there were.</summary>
    public static long Run(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> replacement, long most,
        ArrayBufferWriter<byte> output, ref long steps, LuaMemory memory)
    {
        bool anchored = pattern.StartsWith((byte)'^');
        LuaPattern matcher = new(subject, pattern, ref steps);
        int from = 0, last = LuaPattern.NoMatch;
        long count = 0;
        while (count < most)
        {
            int start = matcher.Find(anchored ? 1 : 0, from, anchored, last, out int end);
            if (start == LuaPattern.NoMatch)
                break;
            count++;
            output.Write(subject[from..start]);
            Expand(matcher, subject, replacement, start, end, output, ref steps);
            // The buffer doubles, and the result is copied.
            if (steps < 0 || !memory.HasRoomFor(4L * output.WrittenCount))
                throw new PatternProblem("the result of gsub is too large", isLimit: true);
            from = last = end;
            if (anchored)
                break;
        }

        output.Write(subject[from..]);
        return count;
    }

    private static void Expand(in LuaPattern matcher, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> replacement, int start, int end,
        ArrayBufferWriter<byte> output, ref long steps)
    {
        steps -= replacement.Length / 16;
        while (replacement.IndexOf((byte)'%') is var escape and >= 0)
        {
            output.Write(replacement[..escape]);
            byte what = escape + 1 < replacement.Length ? replacement[escape + 1] : (byte)0;
            if (what == '%')
                output.Write("%"u8);
            else if (what is < (byte)'0' or > (byte)'9')
                throw new PatternProblem("invalid use of '%' in replacement string");
            else
            {
                (int from, int length) = what == '0' ? (start, end - start) : matcher.Capture(what - '1', start, end);
                if (length < 0)
                    WriteNumber(from + 1, output);
                else
                {
                    steps -= length / 16;
                    // One replacement may name a capture many times.
                    if (steps < 0)
                        throw new PatternProblem("the result of gsub is too large", isLimit: true);
                    output.Write(subject.Slice(from, length));
                }
            }

            replacement = replacement[(escape + 2)..];
        }

        output.Write(replacement);
    }

    private static void WriteNumber(int number, ArrayBufferWriter<byte> output)
    {
        Utf8Formatter.TryFormat(number, output.GetSpan(11), out int written);
        output.Advance(written);
    }
}
