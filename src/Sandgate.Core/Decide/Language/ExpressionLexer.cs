using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sandgate.Core.Decide.Language;

/// <summary>What a token of an expression is.</summary>
internal enum TokenKind : byte
{
    End,
    Word,
    Text,
    Regex,
    Symbol,
}

/// <summary>A token of an expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The word, the text without quotes, the expression without slashes, or the symbol.</param>
/// <param name="At">The character it begins at, from 1.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int At)
{
    /// <summary>True for a symbol or word that is spelt so.</summary>
    public bool Is(string spelling) => Kind is TokenKind.Symbol or TokenKind.Word && Text == spelling;

    /// <summary>The token as messages show it.</summary>
    public override string ToString() => Kind == TokenKind.End ? "the end" : Words.Quote(Text);
}

/// <summary>Cuts an expression into tokens.</summary>
internal sealed class ExpressionLexer(string source)
{
    private static readonly SearchValues<char> s_word =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:*?@~+-%[]#$");

    private static readonly string[] s_symbols = ["==", "!=", "!~", "<=", ">=", "&&", "||", "(", ")", ",", "<", ">", "~", "!", "="];

    private int _at;

    /// <summary>True when flag i followed the last regular expression.</summary>
    public bool IgnoresCase { get; private set; }

    /// <summary>The next token.</summary>
    /// <param name="regex">True where a regular expression between slashes may stand.</param>
    /// <exception cref="PatternException">There is none that could be read.</exception>
    public Token Next(bool regex = false)
    {
        while (_at < source.Length && char.IsWhiteSpace(source[_at]))
            _at++;
        int start = _at;
        if (_at == source.Length)
            return new(TokenKind.End, "", start + 1);
        char c = source[_at];
        if (c is '"' or '\'')
            return new(TokenKind.Text, ReadText(c), start + 1);
        if (regex && c == '/')
            return new(TokenKind.Regex, ReadRegex(), start + 1);

        // ~/x is a path, ~ before anything else an operator.
        if (c != '~' || (_at + 1 < source.Length && source[_at + 1] == '/' && !regex && IsAfterOperator))
        {
            int length = source.AsSpan(_at).IndexOfAnyExcept(s_word);
            length = length < 0 ? source.Length - _at : length;
            if (length > 0)
            {
                _at += length;
                return new(TokenKind.Word, source.Substring(start, length), start + 1);
            }
        }

        foreach (string symbol in s_symbols)
        {
            if (source.AsSpan(_at).StartsWith(symbol, StringComparison.Ordinal))
            {
                _at += symbol.Length;
                return new(TokenKind.Symbol, symbol, start + 1);
            }
        }

        throw new PatternException($"unexpected {Words.Quote(source[_at..])} at character {start + 1}", "put texts in quotes");
    }

    /// <summary>Told by the parser: a value is expected next.</summary>
    public bool IsAfterOperator { get; set; }

    private string ReadText(char quote)
    {
        int start = _at++;
        StringBuilder text = new();
        while (_at < source.Length)
        {
            char c = source[_at++];
            if (c == quote)
                return text.ToString();
            if (c != '\\' || _at == source.Length)
            {
                text.Append(c);
                continue;
            }

            char escaped = source[_at++];
            switch (escaped)
            {
                case '\\' or '"' or '\'': text.Append(escaped); break;
                case 'n': text.Append('\n'); break;
                case 'r': text.Append('\r'); break;
                case 't': text.Append('\t'); break;
                case 'u' when _at + 4 <= source.Length && ushort.TryParse(source.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit):
                    text.Append((char)unit);
                    _at += 4;
                    break;

                // A regular expression's or a glob's own escape.
                default: text.Append('\\').Append(escaped); break;
            }
        }

        throw new PatternException($"the quote is not closed that begins at character {start + 1}");
    }

    private string ReadRegex()
    {
        int start = _at++;
        while (_at < source.Length && source[_at] != '/')
            _at += source[_at] == '\\' ? 2 : 1;
        if (_at >= source.Length)
        {
            _at = source.Length;
            throw new PatternException($"the regular expression is not closed that begins at character {start + 1}", "end it with /");
        }

        string expression = source[(start + 1).._at++];
        int flags = _at;
        while (_at < source.Length && (char.IsAsciiLetterOrDigit(source[_at]) || source[_at] is '/' or '.' or '_' or '*' or '-'))
            _at++;
        string given = source[flags.._at];
        if (given is not ("" or "i"))
            throw new PatternException($"unknown flag {Words.Quote(given)} after the regular expression at character {start + 1}: only i is known", "write \\/ for a slash inside");
        IgnoresCase = given == "i";
        return ExpressionText.Unslashed(expression);
    }
}
