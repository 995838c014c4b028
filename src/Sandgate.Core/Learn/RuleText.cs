using System.Globalization;
using System.Text;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Learn;

/// <summary>Writes expressions of the rule language.</summary>
internal sealed class RuleText(Surroundings surroundings)
{
    /// <summary>A text in single quotes, which need no escapes in JSON.</summary>
    public static string Quote(string text)
    {
        StringBuilder quoted = new(text.Length + 2);
        quoted.Append('\'');
        foreach (char c in text)
        {
            switch (c)
            {
                case '\'' or '\\': quoted.Append('\\').Append(c); break;
                case < ' ' or '\x7f' or (>= '\ud800' and <= '\udfff'): quoted.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)); break;
                default: quoted.Append(c); break;
            }
        }

        return quoted.Append('\'').ToString();
    }

    /// <summary>A pattern by position, <c>*</c> for what is null.</summary>
    public static string Pattern(params string?[] globs)
    {
        string pattern = $"({string.Join(", ", globs.Select(g => g is null ? "*" : "'" + g.Replace("'", "\\'", StringComparison.Ordinal) + "'"))})";
        return "pattern " + ExpressionText.Quote(pattern);
    }

    /// <summary>True when an expression can't stand beside "and" as it is.</summary>
    public static bool NeedsParentheses(string expression) => expression.Contains(" or ", StringComparison.Ordinal);

    /// <summary>That a field names a file of these places.</summary>
    public string In(string field, IReadOnlyList<Place> places)
    {
        List<string> alternatives = [];
        string[] files = [.. places.Where(p => p.IsExact).Select(p => Quote(surroundings.Shown(p.Literal)))];
        if (files.Length > 0)
            alternatives.Add(files.Length == 1 ? $"{field} == {files[0]}" : $"{field} in ({string.Join(", ", files)})");
        foreach (Place place in places.Where(p => !p.IsExact))
        {
            string shape = surroundings.ShownGlob(place.Shape);
            string below = shape == "." ? "./*" : shape + "/*";
            alternatives.Add(place.Reach switch
            {
                Reach.Itself => $"{field} like {Quote(shape)}",
                Reach.Tree => $"{field} like {Quote(below)}",
                _ when places.Count == 1 => $"{field} like {Quote(below)} and not {field} like {Quote(below + "/*")}",
                _ => $"({field} like {Quote(below)} and not {field} like {Quote(below + "/*")})",
            });
        }

        return string.Join(" or ", alternatives);
    }
}
