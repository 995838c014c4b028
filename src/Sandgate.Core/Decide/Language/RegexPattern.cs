using System.Buffers;
using Sandgate.Core.Decide.Conditions;

namespace Sandgate.Core.Decide.Language;

/// <summary>Reads a pattern that is a regular expression, bare or between slashes.</summary>
internal static class RegexPattern
{
    // What other languages know; /google/g must not quietly become the expression google/g.
    private static readonly SearchValues<char> s_otherFlags = SearchValues.Create("gimsuvxy");

    /// <summary>The condition for an expression.</summary>
    /// <exception cref="PatternException">The expression can't be read.</exception>
    public static TextMatches Parse(string pattern)
    {
        bool ignoreCase = false;
        string expression = pattern[0] == '/' ? WithoutSlashes(pattern, out ignoreCase) : pattern;
        return new TextMatches(pattern, LinearRegex.Parse(expression, ignoreCase));
    }

    // The closing slash is optional, and paths are full of slashes: the last slash ends the expression
    // only when nothing but flags follows it. /etc/passwd is the expression etc/passwd.
    private static string WithoutSlashes(string pattern, out bool ignoreCase)
    {
        ignoreCase = false;
        int last = pattern.LastIndexOf('/');
        if (last == 0 || IsEscaped(pattern, last))
            return pattern[1..];
        ReadOnlySpan<char> flags = pattern.AsSpan(last + 1);
        if (flags.ContainsAnyExcept('i'))
        {
            if (flags.Length <= 2 && !flags.ContainsAnyExcept(s_otherFlags))
                throw new PatternException($"unknown flag in {Words.Quote(pattern[last..])}: only i is known", $"end the expression with / if {Words.Quote(flags.ToString())} belongs to it");
            return pattern[1..];
        }

        ignoreCase = !flags.IsEmpty;
        return pattern[1..last];
    }

    private static bool IsEscaped(string pattern, int at)
    {
        int backslashes = 0;
        while (pattern[at - 1 - backslashes] == '\\')
            backslashes++;
        return backslashes % 2 == 1;
    }
}
