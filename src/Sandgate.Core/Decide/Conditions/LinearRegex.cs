using System.Text.RegularExpressions;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Decide.Conditions;

/// <summary>
/// A regular expression whose run time is linear in the text, because a hostile program chooses the
/// text. The automaton that guarantees it is large (some 0.4 MB) and takes milliseconds to make, so the
/// first texts that contain the letters that every match must have are searched by the ordinary engine,
/// which gives up for good the first time that it doesn't end at once.
/// </summary>
public sealed class LinearRegex
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    // The linear engine takes some 10 KB for each character.
    private const int Longest = 4096;

    // A program that searches this often is worth the automaton.
    private const int WarmUp = 500;

    // Names and words are shorter; only data is longer.
    private const int LongestQuickText = 8192;

    // The longest that a hostile text can hold the supervisor up, once for each expression.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(10);

    private readonly RegexOptions _options;
    private readonly bool _looksAtEnd;
    private volatile Regex? _quick;
    private volatile Regex? _linear;
    private int _searches;

    private LinearRegex(string source, RegexOptions options)
    {
        (Source, _options) = (source, options);

        // The Kelvin sign is a k to an expression that ignores case, and not to a plain search.
        Required = RequiredLiteral.Of(source) is { } letters && !(IgnoresCase && letters.Contains('k', StringComparison.OrdinalIgnoreCase)) ? letters : null;
        HasSeparator = source.Contains(',', StringComparison.Ordinal);
        _looksAtEnd = LooksAtEnd(source);
    }

    /// <summary>The expression.</summary>
    public string Source { get; }

    /// <summary>True when upper and lower case are the same.</summary>
    public bool IgnoresCase => (_options & RegexOptions.IgnoreCase) != 0;

    /// <summary>Letters that every match contains, in upper or lower case; null when none are certain.</summary>
    public string? Required { get; }

    /// <summary>True when a comma stands in the expression.</summary>
    public bool HasSeparator { get; }

    /// <summary>Reads an expression.</summary>
    /// <exception cref="PatternException">It can't be read, or can't be run in linear time.</exception>
    public static LinearRegex Parse(string source, bool ignoreCase)
    {
        if (source.Length == 0)
            throw new PatternException("the regular expression is empty", "write * for every call");
        if (source.Length > Longest)
            throw new PatternException($"the regular expression is longer than {Longest} characters", "write several rules, or several expressions with or");
        LinearRegex made = new(source, ignoreCase ? Linear | RegexOptions.IgnoreCase : Linear);
        try
        {
            if (IsPlain(source))
                made._quick = new Regex(source, made._options & ~RegexOptions.NonBacktracking, s_patience);
            else
                made._linear = new Regex(source, made._options);
            return made;
        }
        catch (RegexParseException e)
        {
            throw new PatternException($"bad regular expression: {RegexWords.Of(e.Error)} (at character {e.Offset})");
        }
        catch (NotSupportedException)
        {
            throw new PatternException(RegexWords.NotLinear(source));
        }
        catch (InsufficientExecutionStackException)
        {
            throw new PatternException("bad regular expression: its parentheses are nested too deeply");
        }
    }

    /// <summary>Whether the expression is found in a text.</summary>
    public bool IsMatch(ReadOnlySpan<char> text)
    {
        if (Required is { } letters && !text.Contains(letters, StringComparison.OrdinalIgnoreCase))
            return false;
        if (_quick is { } quick && text.Length <= LongestQuickText)
        {
            try
            {
                if (Interlocked.Increment(ref _searches) < WarmUp)
                    return quick.IsMatch(text);
            }
            catch (RegexMatchTimeoutException)
            {
                // The automaton takes over.
            }

            _quick = null;
        }

        return (_linear ??= new Regex(Source, _options)).IsMatch(text);
    }

    /// <summary>
    /// Whether it is found in a text of which only the beginning is known, whatever follows. A match
    /// stays one unless the expression looks at the end.
    /// </summary>
    public bool IsMatchOfBeginning(ReadOnlySpan<char> beginning) => !_looksAtEnd && IsMatch(beginning);

    // Nothing in it that only the linear engine could refuse, so that the quick check of its syntax is enough:
    // no special groups, references, or repetitions that multiply.
    private static bool IsPlain(string source)
    {
        for (int at = 0; at < source.Length; at++)
        {
            switch (source[at])
            {
                case '(' when at + 1 < source.Length && source[at + 1] == '?':
                case '{':
                    return false;
                case '\\' when at + 1 < source.Length:
                    if (!char.IsAsciiLetterOrDigit(source[at + 1]) || source[at + 1] is 'd' or 'D' or 's' or 'S' or 'w' or 'W' or 'n' or 'r' or 't')
                        at++;
                    else
                        return false;
                    break;
            }
        }

        return source.Length <= 1000;
    }

    private static bool LooksAtEnd(string expression)
    {
        if (expression.Contains('$', StringComparison.Ordinal))
            return true;
        for (int at = expression.IndexOf('\\', StringComparison.Ordinal); at >= 0 && at + 1 < expression.Length; at = expression.IndexOf('\\', at + 2))
        {
            if (expression[at + 1] is 'b' or 'B' or 'z' or 'Z')
                return true;
            if (at + 2 >= expression.Length)
                break;
        }

        return false;
    }
}
