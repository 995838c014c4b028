using System.Globalization;
using System.Text;

namespace Sandgate.Core.Decide.Language;

/// <summary>Prints the parts of expressions so that they read back as the same.</summary>
internal static class ExpressionText
{
    /// <summary>Words that mean something in expressions and so can't stand for themselves.</summary>
    public static readonly string[] Keywords = ["and", "or", "not", "true", "script", "pattern", "in", "like", "contains", "is", "matches"];

    /// <summary>A text in double quotes.</summary>
    public static string Quote(string text)
    {
        StringBuilder quoted = new(text.Length + 2);
        quoted.Append('"');
        foreach (char c in text)
        {
            switch (c)
            {
                case '"' or '\\': quoted.Append('\\').Append(c); break;
                case '\n': quoted.Append("\\n"); break;
                case '\r': quoted.Append("\\r"); break;
                case '\t': quoted.Append("\\t"); break;
                case < ' ' or '\x7f' or (>= '\ud800' and <= '\udfff'): quoted.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)); break;
                default: quoted.Append(c); break;
            }
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>A name as it is, or in quotes where it would mean something else.</summary>
    public static string Word(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') && !Keywords.Contains(name) ? name : Quote(name);

    /// <summary>A regular expression between slashes.</summary>
    public static string Slashed(string expression)
    {
        StringBuilder text = new(expression.Length + 2);
        text.Append('/');
        for (int at = 0; at < expression.Length; at++)
        {
            if (expression[at] == '\\' && at + 1 < expression.Length)
                text.Append(expression[at++]);
            else if (expression[at] == '/')
                text.Append('\\');
            text.Append(expression[at]);
        }

        return text.Append('/').ToString();
    }

    /// <summary>A regular expression without needless escapes of slashes, the one form in which it is kept.</summary>
    public static string Unslashed(string expression)
    {
        if (!expression.Contains("\\/", StringComparison.Ordinal))
            return expression;
        StringBuilder text = new(expression.Length);
        for (int at = 0; at < expression.Length; at++)
        {
            if (expression[at] == '\\' && at + 1 < expression.Length)
            {
                if (expression[++at] != '/')
                    text.Append('\\');
            }

            text.Append(expression[at]);
        }

        return text.ToString();
    }
}
