using System.Collections.Immutable;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>
/// Reads the text form of conditions, <c>size > 1M and not (address in 10.0.0.0/8)</c>. Precedence:
/// not, and, or. What it reads prints itself as text that reads back as the same
/// (<see cref="Condition.ToExpression()"/>).
/// </summary>
public sealed class ExpressionParser
{
    private const int MaxDepth = 64, LongestExpression = 1 << 20;

    // What can follow a whole condition.
    private static readonly string[] s_after = ["and", "or", "&&", "||"];

    private readonly ExpressionLexer _lexer;
    private readonly PatternParser _patterns;
    private readonly IReadOnlyList<OperationInfo?> _operations;
    private Token _token;
    private int _depth;

    private ExpressionParser(string source, PatternParser patterns, IReadOnlyList<OperationInfo?> operations)
    {
        (_lexer, _patterns, _operations) = (new ExpressionLexer(source), patterns, operations);
        Advance();
    }

    /// <summary>The condition that an expression stands for.</summary>
    /// <param name="source">The expression.</param>
    /// <param name="patterns">Reads the patterns and paths in it.</param>
    /// <param name="operations">The families it is for; null stands for a kernel's call or every call.</param>
    /// <exception cref="PatternException">It can't be read; the message says why and where.</exception>
    internal static Condition Parse(string source, PatternParser patterns, IReadOnlyList<OperationInfo?> operations)
    {
        if (source.Length > LongestExpression)
            throw new PatternException("the expression is longer than a million characters");
        if (string.IsNullOrWhiteSpace(source))
            throw new PatternException("the expression is empty", "write true for every call");
        ExpressionParser parser = new(source, patterns, operations);
        Condition condition = parser.Or();
        if (parser._token.Kind != TokenKind.End)
            throw parser.Unexpected("and, or, or the end");
        return condition;
    }

    private void Advance(bool value = false, bool regex = false)
    {
        _lexer.IsAfterOperator = value;
        _token = _lexer.Next(regex);
    }

    private bool Skip(string spelling, string alias)
    {
        if (!_token.Is(spelling) && !_token.Is(alias))
            return false;
        Advance();
        return true;
    }

    private Condition Or()
    {
        List<Condition> parts = [And()];
        while (Skip("or", "||"))
            parts.Add(And());
        return parts.Count == 1 ? parts[0] : new AnyOf([.. parts.SelectMany(p => p is AnyOf any ? any.Parts : [p])]);
    }

    private Condition And()
    {
        List<Condition> parts = [Unary()];
        while (Skip("and", "&&"))
            parts.Add(Unary());
        return parts.Count == 1 ? parts[0] : new AllOf([.. parts.SelectMany(p => p is AllOf all ? all.Parts : [p])]);
    }

    private Condition Unary()
    {
        if (++_depth > MaxDepth)
            throw new PatternException("the expression is nested too deeply");
        Condition condition = Skip("not", "!") ? Not.Of(Unary()) : Primary();
        _depth--;
        return condition;
    }

    private Condition Primary()
    {
        if (Skip("(", "("))
        {
            Condition inner = Or();
            if (!Skip(")", ")"))
                throw Unexpected("and, or, or )");
            return inner;
        }

        if (_token.Kind != TokenKind.Word)
            throw Unexpected("a field");
        if (Skip("true", "true"))
            return new AnyCall();
        if (Skip("script", "script"))
            return _patterns.Script(Value("a script's name"));
        if (_token.Is("pattern"))
        {
            Advance(value: true);
            return _patterns.Parse(Value("a pattern in quotes"), _operations is [{ } only] ? only : null);
        }

        return Comparison();
    }

    private Condition Comparison()
    {
        Token name = _token;
        FieldInfo field = _patterns.Field(name.Text)
            ?? throw new PatternException($"unknown field {Words.Quote(name.Text)} at character {name.At}", _patterns.SuggestField(name.Text));
        FieldTests.CheckPresence(field, _operations);
        Advance();
        if (field.Kind == FieldKind.Truth && (_token.Kind == TokenKind.End || _token.Is(")") || s_after.Any(_token.Is)))
            return new FieldTest(field, FieldTests.Make(field, Relation.Is, "true", _patterns));
        bool negated = false;
        while (_token.Is("not"))
        {
            negated = !negated;
            Advance();
        }

        if (_token.Kind is not (TokenKind.Word or TokenKind.Symbol) || Relations.FromText(_token.Text) is not ({ } relation, var opposite))
            throw Unexpected($"how to compare {field.Name}: {Relations.Choice}");
        Advance(value: true, regex: relation == Relation.Matches);
        ValueTest test;
        if (_token.Kind == TokenKind.Regex)
        {
            bool ignoresCase = _lexer.IgnoresCase;
            test = FieldTests.Regex(field, Value("a regular expression"), ignoresCase);
        }
        else if (relation == Relation.In)
            test = FieldTests.OneOf(field, List(), _patterns);
        else
            test = FieldTests.Make(field, relation, field.Kind == FieldKind.Truth && Skip("true", "true") ? "true" : Value("a value"), _patterns);
        FieldTest condition = new(field, test);
        return negated == opposite ? condition : new Not(condition);
    }

    // (22, 80..90), or one item without parentheses.
    private List<string> List()
    {
        if (!_token.Is("("))
            return [Value("a value or a list in parentheses")];
        List<string> items = [];
        do
        {
            Advance(value: true);
            items.Add(Value("a value"));
        }
        while (_token.Is(","));
        return Skip(")", ")") ? items : throw Unexpected(", or )");
    }

    private string Value(string what)
    {
        if (_token.Kind is not (TokenKind.Word or TokenKind.Text or TokenKind.Regex) || (_token.Kind == TokenKind.Word && ExpressionText.Keywords.Contains(_token.Text)))
            throw Unexpected(what);
        string value = _token.Text;
        Advance();
        return value;
    }

    private PatternException Unexpected(string wanted) =>
        new($"expected {wanted} at character {_token.At}, not {_token}");
}
