using System.Text.RegularExpressions;

namespace Sandgate.Core.Decide.Language;

/// <summary>What is wrong with a regular expression, in words of our own: the runtime's are not shipped.</summary>
internal static class RegexWords
{
    private static readonly string[] s_backtracking = ["(?=", "(?!", "(?<=", "(?<!", "(?>", "(?(", "\\k", "\\G"];

    /// <summary>The words for a parse error.</summary>
    public static string Of(RegexParseError error) => error switch
    {
        RegexParseError.InsufficientClosingParentheses => "a parenthesis is not closed",
        RegexParseError.InsufficientOpeningParentheses => "a closing parenthesis has no opening one",
        RegexParseError.UnterminatedBracket => "a class that begins with [ is not closed",
        RegexParseError.QuantifierAfterNothing => "a quantifier such as * or + follows nothing that could be repeated",
        RegexParseError.NestedQuantifiersNotParenthesized => "a quantifier follows another",
        RegexParseError.ReversedCharacterRange => "a range in a class runs backwards",
        RegexParseError.ReversedQuantifierRange => "a repetition's least count is above its greatest",
        RegexParseError.QuantifierOrCaptureGroupOutOfRange => "a number is too large",
        RegexParseError.UnescapedEndingBackslash => "a backslash ends it",
        RegexParseError.UnrecognizedEscape => "an unknown escape follows a backslash",
        RegexParseError.InsufficientOrInvalidHexDigits => "an escape has too few hexadecimal digits",
        RegexParseError.MissingControlCharacter or RegexParseError.UnrecognizedControlCharacter => "\\c needs a control character's letter",
        RegexParseError.InvalidUnicodePropertyEscape or RegexParseError.MalformedUnicodePropertyEscape
            or RegexParseError.UnrecognizedUnicodeProperty => "\\p needs a known Unicode category, such as \\p{L}",
        RegexParseError.UndefinedNamedReference or RegexParseError.UndefinedNumberedReference
            or RegexParseError.MalformedNamedReference => "it refers to a group that it doesn't have",
        RegexParseError.UnterminatedComment => "a comment that begins with (?# is not closed",
        RegexParseError.InvalidGroupingConstruct => "an unknown group begins with (?",
        RegexParseError.CaptureGroupNameInvalid or RegexParseError.CaptureGroupOfZero => "a group's name is not valid",
        RegexParseError.ShorthandClassInCharacterRange => "a class such as \\d can't be the end of a range",
        RegexParseError.ExclusionGroupNotLast => "a subtraction must stand last in its class",
        RegexParseError.AlternationHasComment or RegexParseError.AlternationHasMalformedCondition
            or RegexParseError.AlternationHasMalformedReference or RegexParseError.AlternationHasNamedCapture
            or RegexParseError.AlternationHasTooManyConditions or RegexParseError.AlternationHasUndefinedReference
            => "a conditional group is not valid",
        _ => "it can't be understood",
    };

    /// <summary>Why an expression that parses can't be run in time linear in the text.</summary>
    public static string NotLinear(string expression)
    {
        foreach (string construct in s_backtracking)
        {
            if (expression.Contains(construct, StringComparison.Ordinal))
                return Backtracking;
        }

        for (int at = expression.IndexOf('\\', StringComparison.Ordinal); at >= 0 && at + 1 < expression.Length; at = expression.IndexOf('\\', at + 2))
        {
            if (char.IsAsciiDigit(expression[at + 1]))
                return Backtracking;
            if (at + 2 >= expression.Length)
                break;
        }

        return "the regular expression is too large: its repetitions multiply";
    }

    private const string Backtracking =
        "regular expressions run in linear time here, so lookahead, lookbehind, atomic groups, conditions and back-references are not available";
}
