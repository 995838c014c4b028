using System.Buffers;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>
/// Reads a pattern: <c>*</c>, <c>('glob', *)</c>, <c>when</c> and an expression, <c>/regex/flags</c>, or a bare regular expression.
/// Keep one parser for a whole configuration: it remembers the real paths it asked for.
/// </summary>
public sealed class PatternParser(ReaderContext context)
{
    private const string When = "when";

    private static readonly SearchValues<char> s_ofAddresses = SearchValues.Create("0123456789abcdefABCDEF:.*?%");
    private static readonly AnyCall s_anyCall = new();

    private readonly PathGlobs _paths = new(context);

    /// <summary>The condition that a pattern stands for.</summary>
    /// <param name="pattern">As the user wrote it.</param>
    /// <param name="operation">The family it is for; null for a rule on a kernel's call or on every call.</param>
    /// <exception cref="PatternException">The pattern can't be read; the message says why.</exception>
    public Condition Parse(string pattern, OperationInfo? operation)
    {
        string trimmed = pattern.Trim();
        if (trimmed.Length == 0)
            throw new PatternException("the pattern is empty", "write * for every call");
        if (trimmed == "*")
            return s_anyCall;
        if (trimmed.StartsWith(When, StringComparison.Ordinal) && trimmed.Length > When.Length && trimmed[When.Length] is ' ' or '(' or '\t' or '\n')
            return ParseExpression(trimmed[When.Length..], [operation]);
        return IsPositional(trimmed) ? ParsePositions(trimmed, operation) : RegexPattern.Parse(pattern);
    }

    /// <summary>The condition that an expression stands for.</summary>
    /// <param name="expression">As the user wrote it.</param>
    /// <param name="operations">The families it is for; null stands for a kernel's call or every call.</param>
    /// <exception cref="PatternException">It can't be read; the message says why.</exception>
    public Condition ParseExpression(string expression, IReadOnlyList<OperationInfo?> operations) =>
        ExpressionParser.Parse(expression, this, operations);

    /// <summary>The field with this name; null when expressions here have none.</summary>
    internal FieldInfo? Field(string name) => context.Fields.FirstOrDefault(f => f.Name == name);

    /// <summary>The field that was meant, or all of them.</summary>
    internal string SuggestField(string wrong) => FieldTests.SuggestField(wrong, context.Fields);

    /// <summary>The condition that a script decides.</summary>
    /// <exception cref="PatternException">There is no script of this name.</exception>
    internal ScriptMatches Script(string name) =>
        context.Scripts.TryGetValue(name, out ScriptMatches? script)
            ? script
            : throw new PatternException(
                $"there is no script {Words.Quote(name)}", Suggestion.For(name, context.Scripts.Keys) ?? "define it under \"scripts\"");

    /// <summary>A glob, over paths or over other texts.</summary>
    /// <exception cref="PatternException">It can't be read.</exception>
    internal ArgumentPattern Glob(string written, bool path)
    {
        string meant = InBrackets(written);
        try
        {
            Glob plain = Language.Glob.Parse(meant);
            return new ArgumentPattern(written, plain, path ? _paths.Of(meant, plain) : [plain]);
        }
        catch (FormatException e)
        {
            throw new PatternException(e.Message);
        }
    }

    // An IPv6 address in brackets is no class of characters: [::1]:53, [2001:db8:*]:443.
    private static string InBrackets(string written)
    {
        int end = written.IndexOf(']', StringComparison.Ordinal);
        if (written is not ['[', ..] || end < 0 || written[1..end] is not { } inside || !inside.Contains(':', StringComparison.Ordinal)
            || inside.AsSpan().IndexOfAnyExcept(s_ofAddresses) >= 0)
            return written;
        if (IPAddress.TryParse(inside, out IPAddress? address))
        {
            if (address.IsIPv4MappedToIPv6)
                throw new PatternException($"{Words.Quote(written)} is seen as an IPv4 address", $"write {address.MapToIPv4()}{written[(end + 1)..]}");
            inside = address.ToString();
        }

        return $"\\[{inside}]{written[(end + 1)..]}";
    }

    // (foo|bar) is a regular expression; nothing that begins with ('  or (* or is () would be a useful one.
    private static bool IsPositional(string pattern)
    {
        if (pattern[0] != '(')
            return false;
        ReadOnlySpan<char> inside = pattern.AsSpan(1).TrimStart();
        if (inside is ['"', ..])
            throw new PatternException("globs stand in single quotes", "write ('…'), or /(\"…/ for a regular expression");
        return inside is ['\'' or '*', ..] or ")";
    }

    private ByPosition ParsePositions(string pattern, OperationInfo? operation)
    {
        ImmutableArray<ArgumentPattern?>.Builder positions = ImmutableArray.CreateBuilder<ArgumentPattern?>();
        int at = 1;
        SkipSpace(pattern, ref at);
        if (pattern[at] != ')')
        {
            do
                positions.Add(ParsePosition(pattern, ref at, operation, positions.Count));
            while (SkipComma(pattern, ref at));
        }

        if (at < pattern.Length - 1)
            throw new PatternException($"there is more after the closing parenthesis: {Words.Quote(pattern[(at + 1)..])}", "write /…/ for a regular expression");
        if (operation is { Rest: false } && positions.Count > operation.Arguments.Length)
            throw new PatternException(TooMany(operation, positions.Count));
        return new ByPosition(positions.ToImmutable());
    }

    private ArgumentPattern? ParsePosition(string pattern, ref int at, OperationInfo? operation, int position)
    {
        SkipSpace(pattern, ref at);
        switch (at < pattern.Length ? pattern[at] : '\0')
        {
            case '*' when at + 1 == pattern.Length || pattern[at + 1] is ',' or ')' || char.IsWhiteSpace(pattern[at + 1]):
                at++;
                return null;
            case '\'':
                string written = ReadQuoted(pattern, ref at);
                return Glob(written, operation is null || operation.NamesFileAt(position)
                    || written.StartsWith("unix:", StringComparison.Ordinal));
            case ',' or ')':
                throw new PatternException("a position is empty", "write * for any value");
            case '\0' when at >= pattern.Length:
                throw new PatternException("the parenthesis is not closed");
            default:
                throw new PatternException($"expected a quoted glob or * at {Words.Quote(pattern[at..])}", "quote globs with '…'");
        }
    }

    // \' is a quote here; every other escape is the glob's.
    private static string ReadQuoted(string pattern, ref int at)
    {
        int start = at++;
        StringBuilder glob = new(pattern.Length - at);
        for (; at < pattern.Length; at++)
        {
            char c = pattern[at];
            if (c == '\'')
            {
                at++;
                return glob.ToString();
            }

            if (c == '\\' && at + 1 < pattern.Length)
            {
                if (pattern[++at] != '\'')
                    glob.Append('\\');
                c = pattern[at];
            }

            glob.Append(c);
        }

        throw new PatternException($"the quote is not closed that begins at {Words.Quote(pattern[start..])}");
    }

    private static bool SkipComma(string pattern, ref int at)
    {
        SkipSpace(pattern, ref at);
        if (at >= pattern.Length)
            throw new PatternException("the parenthesis is not closed");
        switch (pattern[at])
        {
            case ',':
                at++;
                return true;
            case ')':
                return false;
            default:
                throw new PatternException($"expected , or ) at {Words.Quote(pattern[at..])}", "write /…/ for a regular expression");
        }
    }

    private static void SkipSpace(string pattern, ref int at)
    {
        while (at < pattern.Length && char.IsWhiteSpace(pattern[at]))
            at++;
    }

    private static string TooMany(OperationInfo operation, int count)
    {
        string names = string.Join(", ", operation.Arguments.Select(a => a.Name));
        string arguments = operation.Arguments.Length == 1 ? "1 argument" : $"{operation.Arguments.Length} arguments";
        return $"{operation.Name} has {arguments} ({names}), and the pattern has {count}";
    }
}
