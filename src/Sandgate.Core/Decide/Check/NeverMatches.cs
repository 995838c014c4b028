using System.Net;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Check;

/// <summary>
/// Patterns that no call can match, because what they are compared with never looks like that: an address without its port, a
/// shell's variable, half of a signal's name. Only what is certain is said.
/// </summary>
internal static class NeverMatches
{
    private static readonly string[] s_variables = ["$HOME", "${HOME}", "$PWD", "${PWD}", "$USER", "${USER}"];

    /// <summary>What in a rule can't match, and what was probably meant.</summary>
    public static IEnumerable<(string Pattern, string Why, string Advice)> In(Rule rule, ReaderContext context)
    {
        OperationInfo? operation = rule.Scope.Operation is { } family ? Operations.Of(family) : null;
        return In(rule.When, operation, context);
    }

    private static IEnumerable<(string Pattern, string Why, string Advice)> In(Condition condition, OperationInfo? operation, ReaderContext context) => condition switch
    {
        Not not => In(not.Inner, operation, context),
        AllOf all => all.Parts.SelectMany(p => In(p, operation, context)),
        AnyOf any => any.Parts.SelectMany(p => In(p, operation, context)),
        ByPosition pattern when operation is not null => pattern.Positions.SelectMany((p, i) => p is null ? [] : Position(p, i, operation, context.Catalogue)),
        FieldTest test => Field(test, context),
        _ => [],
    };

    private static IEnumerable<(string Pattern, string Why, string Advice)> Position(ArgumentPattern pattern, int position, OperationInfo operation, ICatalogue catalogue)
    {
        (string Why, string Advice)? found = operation.KindAt(position) switch
        {
            ArgumentKind.Address => Address(pattern),
            ArgumentKind.Path or ArgumentKind.Descriptor => Variable(pattern.Written),
            ArgumentKind.Word when operation.Operation is Operation.Kill or Operation.Socket => Word(pattern, operation, position, catalogue),
            _ => null,
        };
        if (found is var (why, advice))
            yield return ($"('{pattern.Written}')", why, advice);
    }

    private static IEnumerable<(string Pattern, string Why, string Advice)> Field(FieldTest condition, ReaderContext context)
    {
        FieldInfo field = condition.Field;
        (string Why, string Advice)? found = (field.Kind, condition.Test) switch
        {
            (FieldKind.Address, LikeTest like) when field.Field == Fields.Field.Address => Address(like.Pattern),
            (FieldKind.Address, LikeTest like) => Network(like.Pattern.Written),
            (FieldKind.Address, OneOfTest equal) => equal.Items.Select(WholeAddress).FirstOrDefault(f => f is not null),
            (FieldKind.Path, LikeTest like) => Variable(like.Pattern.Written),
            (FieldKind.Path, OneOfTest equal) => equal.Items.Select(i => WholePath(i, context)).FirstOrDefault(f => f is not null),
            _ => null,
        };
        if (found is var (why, advice))
            yield return (condition.ToExpression(), why, advice);
    }

    // What addresses look like: 1.2.3.4:443, [::1]:53, unix:/x, unix:@x, netlink:1, packet:1, family:1, socket:[1], none, unspecified.
    private static (string Why, string Advice)? Address(ArgumentPattern pattern)
    {
        string written = pattern.Written;
        if (Network(written) is { } network)
            return network;
        if (pattern.Plain.Literal is { } literal && IPAddress.TryParse(literal, out IPAddress? host) && (literal.Count(c => c == '.') == 3 || literal.Contains("::", StringComparison.Ordinal)))
            return ("an address has a port", host.ToString().Contains(':', StringComparison.Ordinal) ? $"write when host == {host}" : $"write ('{host}:*'), or when host == {host}");
        if (pattern.Plain.LiteralPrefix is ['/', ..] or ['~', '/', ..] or ['.', '/', ..])
            return ("a local socket's address begins with unix:", $"write ('unix:{written}')");
        return LocalHost(written);
    }

    private static (string Why, string Advice)? Network(string written)
    {
        int slash = written.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0)
            return null;
        string bits = new([.. written[(slash + 1)..].TakeWhile(char.IsAsciiDigit)]), net = written[..slash];
        return bits.Length is > 0 and < 4 && net.Count(c => c == '.') == 3 && IPAddress.TryParse(net, out _)
            ? ("a glob knows no networks", $"write when host in ({net}/{bits})") : null;
    }

    private static (string Why, string Advice)? LocalHost(string written) => written == "localhost" || written.StartsWith("localhost:", StringComparison.Ordinal)
        ? ("addresses are numbers", $"write ('127.*{written["localhost".Length..]}')") : null;

    private static (string Why, string Advice)? WholeAddress(ListItem item)
    {
        if (item is not TextItem { Text: var text })
            return null;
        return Network(text) ?? LocalHost(text)
            ?? (text is ['/', ..] ? ("a local socket's address begins with unix:", $"write {ExpressionText.Quote("unix:" + text)}")
                : text.Contains('*', StringComparison.Ordinal) && !text.StartsWith("unix:", StringComparison.Ordinal) ? AsGlob(text) : null);
    }

    private static (string Why, string Advice)? WholePath(ListItem item, ReaderContext context) => item switch
    {
        // There are files that are called so.
        PathItem { Pattern.Paths: [{ Literal: { } literal }, ..] } when context.RealPath(literal) is not null => null,
        PathItem path => Variable(path.Written) ?? (path.Written.Contains('*', StringComparison.Ordinal) ? AsGlob(path.Written) : null),
        _ => null,
    };

    private static (string Why, string Advice) AsGlob(string written) => ("a * is only a * there", $"write like {ExpressionText.Quote(written)}");

    private static (string Why, string Advice)? Variable(string written)
    {
        string? variable = s_variables.FirstOrDefault(v => written == v || written.StartsWith(v + "/", StringComparison.Ordinal));
        if (variable is null)
            return null;
        string rest = written[variable.Length..];
        return ("variables of a shell mean nothing here", variable.Contains("PWD", StringComparison.Ordinal) ? $"write .{rest}" : variable.Contains("HOME", StringComparison.Ordinal) ? $"write ~{rest}" : "write the name itself");
    }

    private static (string Why, string Advice)? Word(ArgumentPattern pattern, OperationInfo operation, int position, ICatalogue catalogue)
    {
        if (pattern.Plain.Literal is not { Length: > 0 } literal)
            return null;
        HashSet<string> words = [.. catalogue.Syscalls.Where(s => s.Operations.Contains(operation.Operation)).SelectMany(s => s.Words)];
        string[] prefixes = operation.Operation == Operation.Kill ? ["SIG"] : position == 0 ? ["AF_"] : ["SOCK_"];

        // A type has flags: SOCK_STREAM|SOCK_CLOEXEC.
        string[] unknown = [.. literal.Split('|').Where(w => !words.Contains(w) && w is not [>= '0' and <= '9', ..])];
        if (words.Count == 0 || unknown is not [var wrong, ..])
            return null;
        string upper = wrong.ToUpperInvariant();
        string? meant = prefixes.SelectMany(p => (string[])[upper, p + upper, upper.StartsWith("PF_", StringComparison.Ordinal) ? p + upper[3..] : upper]).FirstOrDefault(words.Contains);
        return ($"there is no {operation.Arguments[position].Name} {wrong}", meant is not null ? $"write {meant}" : Suggestion.For(wrong, words) ?? $"such a word begins with {prefixes[0]}");
    }
}
