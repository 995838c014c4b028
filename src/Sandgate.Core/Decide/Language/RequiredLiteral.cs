namespace Sandgate.Core.Decide.Language;

/// <summary>Finds letters that every match of a regular expression must contain, so that calls whose text can't contain them need not be stopped.</summary>
public static class RequiredLiteral
{
    /// <summary>
    /// The longest run of letters that every match contains, or null when none is certain.
    /// Anything not understood counts as "not certain", which only costs speed.
    /// </summary>
    public static string? Of(string expression)
    {
        if (expression.Contains("(?", StringComparison.Ordinal))
            return null;
        int at = 0;
        string? best = Sequence(expression, ref at);
        return at == expression.Length && best?.Length > 0 ? best : null;
    }

    // Reads to the end or to an unmatched ')'; an alternation makes nothing certain.
    private static string? Sequence(string text, ref int at)
    {
        string best = "", run = "";
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
                    inner = Sequence(text, ref at);
                    at++;
                    break;
                case '[':
                    SkipClass(text, ref at);
                    break;
                case '\\':
                    at += 2;
                    break;
                default:
                    letter = text[at++];
                    break;
            }

            char quantifier = at < text.Length ? text[at] : '\0';
            bool optional = quantifier is '*' or '?' or '{';
            if (char.IsAsciiLetter(letter) && !optional)
                run += letter;
            if (!char.IsAsciiLetter(letter) || quantifier is '*' or '?' or '{' or '+')
            {
                best = Longer(best, run);
                run = "";
            }

            if (!optional)
                best = Longer(best, inner ?? "");
            while (at < text.Length && text[at] is '*' or '?' or '+')
                at++;
            if (at < text.Length && text[at] == '{')
                at = text.IndexOf('}', at) is >= 0 and var end ? end + 1 : text.Length;
        }

        return alternation ? "" : Longer(best, run);
    }

    private static string Longer(string a, string b) => b.Length > a.Length ? b : a;

    private static void SkipClass(string text, ref int at)
    {
        at++;
        for (bool first = true; at < text.Length && (first || text[at] != ']'); first = text[at - 1] == '^' && first)
            at += text[at] == '\\' ? 2 : 1;
        at++;
    }
}
