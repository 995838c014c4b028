using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Sandgate.Core.Decide.Index;

namespace Sandgate.Core.Decide.Language;

/// <summary>
/// A glob over one argument: <c>*</c> and <c>**</c> are any run of characters, <c>/</c> included,
/// <c>?</c> one character, <c>[a-z]</c> and <c>[!a-z]</c> a class, <c>\</c> takes the next character as it
/// is. Matching takes time proportional to pattern × text at worst, and never backtracks further
/// than to the last <c>*</c>.
/// </summary>
public sealed class Glob
{
    private enum TokenKind : byte { Character, AnyOne, AnyRun, Class }

    private readonly record struct Token(TokenKind Kind, int Character = 0, ImmutableArray<(int From, int To)> Ranges = default, bool Negated = false);

    // What follows the literal prefix.
    private readonly Token[] _tokens;

    private Glob(string prefix, ReadOnlySpan<Token> tokens)
    {
        int literals = 0;
        while (literals < tokens.Length && tokens[literals].Kind == TokenKind.Character)
            literals++;
        LiteralPrefix = literals == 0 ? prefix : prefix + TextOf(tokens[..literals]);
        _tokens = tokens[literals..].ToArray();
        Literal = _tokens.Length == 0 ? LiteralPrefix : null;
        IsPrefix = _tokens is [{ Kind: TokenKind.AnyRun }];
    }

    /// <summary>The only text that matches, when the glob has no wildcard; else null.</summary>
    public string? Literal { get; }

    /// <summary>What every match begins with.</summary>
    public string LiteralPrefix { get; }

    /// <summary>True for <c>*</c> alone.</summary>
    public bool IsEverything => IsPrefix && LiteralPrefix.Length == 0;

    /// <summary>True when everything that begins with <see cref="LiteralPrefix"/> matches.</summary>
    public bool IsPrefix { get; }

    /// <summary>What every matching text shows; null when it is too little to be found by.</summary>
    internal Key? KeyAt(int position)
    {
        if (Literal is not null)
            return new(position, Literal, []);
        List<string> parts = [];
        if (LiteralPrefix.Length >= Grams.Short)
            parts.Add(LiteralPrefix);
        for (int start = 0, end; start < _tokens.Length; start = end + 1)
        {
            end = start;
            while (end < _tokens.Length && _tokens[end].Kind == TokenKind.Character)
                end++;
            if (end > start && TextOf(_tokens.AsSpan(start, end - start)) is { Length: >= Grams.Short } part)
                parts.Add(part);
        }

        return parts.Count == 0 ? null : new(position, null, parts);
    }

    /// <summary>Reads a glob.</summary>
    /// <exception cref="FormatException">A class is not closed, or a backslash ends the pattern; the message says which.</exception>
    public static Glob Parse(string pattern) => Parse("", pattern);

    /// <summary>The glob that matches <paramref name="prefix"/> literally, then what <paramref name="rest"/> says.</summary>
    /// <exception cref="FormatException">As for <see cref="Parse(string)"/>.</exception>
    public static Glob Parse(string prefix, string rest)
    {
        int special = rest.AsSpan().IndexOfAny("*?[\\");
        return special < 0
            ? new(prefix + rest, [])
            : new(string.Concat(prefix, rest.AsSpan(0, special)), CollectionsMarshal.AsSpan(Tokens(rest[special..])));
    }

    /// <summary>The glob that matches this text and nothing else.</summary>
    public static string Escape(string text)
    {
        foreach (char special in "\\*?[")
            text = text.Replace(special.ToString(), "\\" + special, StringComparison.Ordinal);
        return text;
    }

    private static List<Token> Tokens(string pattern)
    {
        List<Token> tokens = new(pattern.Length);
        for (int i = 0; i < pattern.Length;)
        {
            switch (pattern[i])
            {
                case '*':
                    while (i < pattern.Length && pattern[i] == '*')
                        i++;
                    tokens.Add(new(TokenKind.AnyRun));
                    break;
                case '?':
                    tokens.Add(new(TokenKind.AnyOne));
                    i++;
                    break;
                case '[':
                    tokens.Add(ReadClass(pattern, ref i));
                    break;
                case '\\':
                    if (++i == pattern.Length)
                        throw new FormatException("a backslash ends the pattern; write \\\\ for a backslash");
                    tokens.Add(new(TokenKind.Character, ReadCharacter(pattern, ref i)));
                    break;
                default:
                    tokens.Add(new(TokenKind.Character, ReadCharacter(pattern, ref i)));
                    break;
            }
        }

        return tokens;
    }

    private static Token ReadClass(string pattern, ref int i)
    {
        int start = i++;
        bool negated = i < pattern.Length && pattern[i] is '!' or '^' && i++ >= 0;
        ImmutableArray<(int, int)>.Builder ranges = ImmutableArray.CreateBuilder<(int, int)>();
        for (bool first = true; ; first = false)
        {
            if (i >= pattern.Length)
                throw new FormatException($"the class that begins at '{Short(pattern[start..])}' is not closed; write \\[ for a bracket");
            if (pattern[i] == ']' && !first)
                break;
            int from = ReadClassCharacter(pattern, ref i), to = from;
            if (i + 1 < pattern.Length && pattern[i] == '-' && pattern[i + 1] != ']')
            {
                i++;
                to = ReadClassCharacter(pattern, ref i);
                if (to < from)
                    throw new FormatException($"the range in '{Short(pattern[start..i])}' runs backwards");
            }

            ranges.Add((from, to));
        }

        i++;
        return new(TokenKind.Class, Ranges: ranges.ToImmutable(), Negated: negated);
    }

    // Messages are read on terminals.
    private static string Short(string text) => Words.Quote(text)[1..^1];

    private static int ReadClassCharacter(string pattern, ref int i)
    {
        if (pattern[i] == '\\' && i + 1 < pattern.Length)
            i++;
        return ReadCharacter(pattern, ref i);
    }

    // Lone surrogates stand for bytes that are not UTF-8 and are characters of their own here.
    private static int ReadCharacter(ReadOnlySpan<char> text, ref int i)
    {
        if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
        {
            i += 2;
            return char.ConvertToUtf32(text[i - 2], text[i - 1]);
        }

        return text[i++];
    }

    /// <summary>
    /// Whether a text matches of which only this beginning is known. The last few characters are
    /// not trusted: the cut can lie inside a character.
    /// </summary>
    public Truth IsMatchOfBeginning(ReadOnlySpan<char> beginning)
    {
        ReadOnlySpan<char> known = beginning[..Math.Max(0, beginning.Length - 4)];
        if (_tokens is [.., { Kind: TokenKind.AnyRun }] && IsMatch(known))
            return Truth.True;
        if (known.Length > Literal?.Length)
            return Truth.False;
        int common = Math.Min(known.Length, LiteralPrefix.Length);
        return known[..common].SequenceEqual(LiteralPrefix.AsSpan(0, common)) ? Truth.Unknown : Truth.False;
    }

    /// <summary>How many states <see cref="Start"/> and <see cref="Step"/> know: one before each token and one after the last.</summary>
    internal int States => LiteralPoints.Length + _tokens.Length + 1;

    private int[] LiteralPoints => field ??= Points(LiteralPrefix);

    private static int[] Points(string text)
    {
        List<int> points = [];
        for (int i = 0; i < text.Length;)
            points.Add(ReadCharacter(text, ref i));
        return [.. points];
    }

    /// <summary>The states before any character was read.</summary>
    internal void Start(System.Collections.BitArray states)
    {
        states.SetAll(false);
        Enter(states, 0);
    }

    /// <summary>The states after one more character.</summary>
    internal void Step(System.Collections.BitArray states, int character, System.Collections.BitArray next)
    {
        next.SetAll(false);
        int literals = LiteralPoints.Length;
        for (int i = 0; i < states.Length - 1; i++)
        {
            if (!states[i])
                continue;
            if (i < literals)
            {
                if (LiteralPoints[i] == character)
                    Enter(next, i + 1);
            }
            else if (_tokens[i - literals].Kind == TokenKind.AnyRun)
                Enter(next, i);
            else if (Accepts(in _tokens[i - literals], character))
                Enter(next, i + 1);
        }
    }

    // A run of any characters may be empty.
    private void Enter(System.Collections.BitArray states, int state)
    {
        states[state] = true;
        int literals = LiteralPoints.Length;
        if (state >= literals && state < states.Length - 1 && _tokens[state - literals].Kind == TokenKind.AnyRun)
            Enter(states, state + 1);
    }

    /// <summary>Characters of which every set that the glob tells apart has at least one.</summary>
    internal void AddCharacters(HashSet<int> characters)
    {
        characters.UnionWith(LiteralPoints);
        foreach (ref readonly Token token in _tokens.AsSpan())
        {
            if (token.Kind == TokenKind.Character)
                characters.Add(token.Character);
            foreach ((int from, int to) in token.Ranges.IsDefault ? [] : token.Ranges)
                characters.UnionWith([from, to, from - 1, to + 1]);
        }
    }

    /// <summary>Whether the whole text matches.</summary>
    public bool IsMatch(ReadOnlySpan<char> text)
    {
        if (Literal is not null)
            return text.SequenceEqual(Literal);
        if (!text.StartsWith(LiteralPrefix, StringComparison.Ordinal))
            return false;
        if (IsPrefix)
            return true;
        text = text[LiteralPrefix.Length..];

        int token = 0, at = 0, retryToken = -1, retryAt = 0;
        while (at < text.Length)
        {
            if (token < _tokens.Length && _tokens[token].Kind == TokenKind.AnyRun)
            {
                retryToken = ++token;
                retryAt = at;
                continue;
            }

            int next = at;
            if (token < _tokens.Length && Accepts(in _tokens[token], ReadCharacter(text, ref next)))
            {
                token++;
                at = next;
                continue;
            }

            if (retryToken < 0)
                return false;
            ReadCharacter(text, ref retryAt);
            at = retryAt;
            token = retryToken;
        }

        while (token < _tokens.Length && _tokens[token].Kind == TokenKind.AnyRun)
            token++;
        return token == _tokens.Length;
    }

    private static bool Accepts(in Token token, int character)
    {
        switch (token.Kind)
        {
            case TokenKind.Character:
                return token.Character == character;
            case TokenKind.AnyOne:
                return true;
            default:
                foreach ((int from, int to) in token.Ranges)
                {
                    if (character >= from && character <= to)
                        return !token.Negated;
                }

                return token.Negated;
        }
    }

    private static string TextOf(ReadOnlySpan<Token> tokens)
    {
        StringBuilder text = new(tokens.Length);
        foreach (ref readonly Token token in tokens)
        {
            if (Rune.IsValid(token.Character))
                text.Append(new Rune(token.Character).ToString());
            else
                text.Append((char)token.Character);
        }

        return text.ToString();
    }
}
