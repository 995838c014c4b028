using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary>Searches the text of a call in the forms that its paths have.</summary>
internal static class CallTextForms
{
    /// <summary>Looks for an expression.</summary>
    /// <param name="view">The view whose text is searched.</param>
    /// <param name="reading">Which forms count.</param>
    /// <param name="expression">What is searched.</param>
    /// <param name="whole">True for <c>open('a', 'r')</c>, false for what stands between the parentheses.</param>
    public static Truth Search(CallView view, Reading reading, LinearRegex expression, bool whole)
    {
        bool otherForms = false, unread = false, partial = false;
        foreach (ref readonly Argument argument in view.Arguments.AsSpan())
        {
            otherForms |= argument.Kind == ArgumentKind.Path && (argument.Entry is not null || argument.Given != argument.Resolved);
            partial |= argument.IsPartial;
            unread |= argument.Kind == ArgumentKind.Unreadable || argument.Resolved is null;
        }

        if (reading != Reading.AnyForm)
        {
            // It must be proven: what was not read, and what stands in its place in the text, proves nothing.
            if (unread)
                return Truth.Unknown;
            if (partial)
                return MatchesBeginning(view, expression, whole) ? Truth.True : Truth.Unknown;
            return IsMatch(view, PathForm.Resolved, expression, whole) ? Truth.True : Truth.False;
        }

        if (IsMatch(view, PathForm.Resolved, expression, whole)
            || (otherForms && (IsMatch(view, PathForm.Given, expression, whole) || IsMatch(view, PathForm.Entry, expression, whole))))
            return Truth.True;
        return unread || partial ? Truth.Unknown : Truth.False;
    }

    private static bool IsMatch(CallView view, PathForm form, LinearRegex expression, bool whole) =>
        expression.IsMatch(Render(view, form, whole, ", "))
        || (expression.HasSeparator && view.Arguments.Length > 1 && expression.IsMatch(Render(view, form, whole, ",")));

    // Data stands last in every operation that has it.
    private static bool MatchesBeginning(CallView view, LinearRegex expression, bool whole) =>
        IsMatchOfBeginning(Render(view, PathForm.Resolved, whole, ", "), expression)
        || (expression.HasSeparator && IsMatchOfBeginning(Render(view, PathForm.Resolved, whole, ","), expression));

    private static bool IsMatchOfBeginning(string text, LinearRegex expression)
    {
        int end = text.LastIndexOf(CallText.PartialEnd, StringComparison.Ordinal);
        return end >= 0 && expression.IsMatchOfBeginning(text.AsSpan(0, end));
    }

    private static string Render(CallView view, PathForm form, bool whole, string separator) =>
        whole ? CallText.Render(view, form, separator) : CallText.RenderArguments(view, form, separator);
}
