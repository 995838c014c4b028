using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>Reads a rule from the command line: <c>open ('/etc/passwd') = not_allow</c>.</summary>
public static class InlineRule
{
    /// <summary>The rule.</summary>
    /// <param name="text">Operation, pattern, <c>=</c>, action.</param>
    /// <param name="ordinal">Which of the command line's rules it is, from 1.</param>
    /// <param name="context">What the reader must know of the world.</param>
    /// <exception cref="ConfigException">The rule can't be read.</exception>
    public static Rule Read(string text, int ordinal, ReaderContext context)
    {
        SourcePlace place = new(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"-e {ordinal}"), 0, 0);
        ReadOnlySpan<char> rule = text.AsSpan().Trim();
        int nameEnd = rule.IndexOfAny(" \t(");
        int equals = rule.LastIndexOf('=');
        if (nameEnd <= 0 || equals <= nameEnd || rule[nameEnd..equals].IsWhiteSpace() || rule[(equals + 1)..].IsWhiteSpace())
            throw new ConfigException(place, $"not a rule: {Words.Quote(text)}", "write operation, pattern, = and action, such as open ('/etc/passwd') = not_allow");

        string name = rule[..nameEnd].ToString();
        OperationNames names = new(context.Catalogue);
        if (names.Find(name) is not ({ } scope, var family))
            throw new ConfigException([names.Unknown(name, place)]);
        string pattern = rule[nameEnd..equals].Trim().ToString();
        try
        {
            return new Rule
            {
                Scope = scope,
                When = new PatternParser(context).Parse(pattern, family),
                Action = Settings.ActionOf(rule[(equals + 1)..].Trim().ToString()),
                Text = pattern,
                Place = place,
            };
        }
        catch (PatternException e)
        {
            throw new ConfigException(place, e.Message, e.Advice);
        }
    }
}
