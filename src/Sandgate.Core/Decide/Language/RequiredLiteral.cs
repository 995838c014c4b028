using System.Text;

namespace Sandgate.Core.Decide.Language;

/// <summary>Finds letters that every match of a regular expression must contain, so that calls whose text can't contain them need not be stopped.</summary>
public static class RequiredLiteral
{
    private const int MaxDepth = 100;

    /// <summary>
    /// The longest run of letters that every match contains, or null when none is certain.
    /// Anything not understood counts as "not certain", which only costs speed.
    /// </summary>
    public static string? Of(string expression)
    {
        if (expression.Contains("(?", StringComparison.Ordinal))
            return null;
        int at = 0;
        string? best = Sequence(expression, ref at, depth: 0);
        return at == expression.Length && best?.Length > 0 ? best : null;
    }

    // Reads to the end or to an unmatched ')'; an alternation makes nothing certain. Null when the
    // text holds something that is not understood: then nothing after it is certain either.
    private static string? Sequence(string text, ref int at, int depth)
    {
        if (depth > MaxDepth)
            return null;

        string best = "";
        StringBuilder run = new();
        bool alternation = false;
        while (at < text.Length && text[at] != ')')
        {
            string? inner = null;
            char letter = '\0';
            switch (text[at])
            {
                case '|':
                    alternation = true;
                    at++;
                    break;
                case '(':
                    at++;
                    inner = Sequence(text, ref at, depth + 1);
                    if (inner is null)
                        return null;
                    at++;
                    break;
                case '[':
                    if (!SkipClass(text, ref at))
                        return null;
                    break;
                case '\\':
                    // An escape that spells a character by letters and digits would be taken for these.
                    if (at + 1 == text.Length || text[at + 1] is 'x' or 'u' or 'c' or 'k' or 'p' or 'P')
                        return null;
                    at += 2;
                    break;
                default:
                    letter = text[at++];
                    break;
            }

            char quantifier = at < text.Length ? text[at] : '\0';
            bool optional = quantifier is '*' or '?' or '{';
            if (char.IsAsciiLetter(letter) && !optional)
                run.Append(letter);
            if (!char.IsAsciiLetter(letter) || quantifier is '*' or '?' or '{' or '+')
            {
                best = Longer(best, run);
                run.Clear();
            }

            if (!optional)
                best = Longer(best, inner ?? "");
            while (at < text.Length && text[at] is '*' or '?' or '+')
                at++;
            if (at < text.Length && text[at] == '{' && !SkipCount(text, ref at))
                return null;
        }

        return alternation ? "" : Longer(best, run);
    }

    private static string Longer(string a, string b) => b.Length > a.Length ? b : a;

    private static string Longer(string a, StringBuilder b) => b.Length > a.Length ? b.ToString() : a;

    // {2}, {2,} or {2,3}; any other brace is a character.
    private static bool SkipCount(string text, ref int at)
    {
        int end = at + 1;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == ','))
            end++;
        if (end == text.Length || text[end] != '}')
            return false;
        at = end + 1;
        return true;
    }

    // A bracket inside a class may be a subtraction, which has a class of its own.
    private static bool SkipClass(string text, ref int at)
    {
        at++;
        if (at < text.Length && text[at] == '^')
            at++;
        if (at < text.Length && text[at] == ']')
            at++;
        while (at < text.Length && text[at] != ']')
        {
            if (text[at] == '[')
                return false;
            at += text[at] == '\\' ? 2 : 1;
        }

        at++;
        return at <= text.Length;
    }
}
