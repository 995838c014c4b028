using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sandgate.Core.Decode;

/// <summary>Which form of its paths a text shows.</summary>
public enum PathForm : byte
{
    /// <summary>As the program passed them.</summary>
    Given,

    /// <summary>The real directory plus the last name as passed: the directory entry itself.</summary>
    Entry,

    /// <summary>The real file.</summary>
    Resolved,
}

/// <summary>
/// The canonical text of a call: <c>open('/etc/passwd', 'r')</c>. Every argument stands in single
/// quotes; a quote, a backslash and everything that doesn't print is escaped, so that a hostile
/// name can neither close its quotes nor forge a line nor send a terminal escape sequence. What
/// could not be read is a bare <c>?</c>.
/// </summary>
public static class CallText
{
    private const string Separator = ", ";

    /// <summary>How an argument ends of which only the beginning was read: its quote, and a mark outside it.</summary>
    internal const string PartialEnd = "'…";

    // Printable ASCII without the quote and the backslash.
    private static readonly SearchValues<char> s_plain =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c is not ('\'' or '\\'))]);

    /// <summary>The whole text, <c>operation('a', 'b')</c>.</summary>
    public static string Render(CallView view, PathForm form, string separator = Separator)
    {
        StringBuilder text = new(96);
        text.Append(view.Name).Append('(');
        AppendArguments(text, view, form, separator);
        return text.Append(')').ToString();
    }

    /// <summary>Only what stands between the outer parentheses; regular expressions are searched in this.</summary>
    public static string RenderArguments(CallView view, PathForm form, string separator = Separator)
    {
        StringBuilder text = new(96);
        AppendArguments(text, view, form, separator);
        return text.ToString();
    }

    private static void AppendArguments(StringBuilder text, CallView view, PathForm form, string separator)
    {
        for (int i = 0; i < view.Arguments.Length; i++)
        {
            if (i > 0)
                text.Append(separator);
            ref readonly Argument argument = ref view.Arguments[i];
            string? value = form switch
            {
                PathForm.Resolved => argument.Resolved ?? argument.Given,
                PathForm.Entry => argument.Entry ?? argument.Resolved ?? argument.Given,
                _ => argument.Given,
            };
            if (value is null)
            {
                text.Append('?');
                continue;
            }

            AppendQuoted(text, value);
            if (argument.IsPartial)
                text.Append(PartialEnd.AsSpan(1));
        }
    }

    /// <summary>Appends <paramref name="value"/> in single quotes, escaped.</summary>
    public static void AppendQuoted(StringBuilder text, string value)
    {
        text.Append('\'');
        AppendEscaped(text, value);
        text.Append('\'');
    }

    /// <summary>Appends <paramref name="value"/> escaped, without quotes: safe to print on a terminal.</summary>
    public static void AppendEscaped(StringBuilder text, ReadOnlySpan<char> value)
    {
        while (!value.IsEmpty)
        {
            int run = value.IndexOfAnyExcept(s_plain);
            if (run < 0)
                run = value.Length;
            text.Append(value[..run]);
            value = value[run..];
            if (value.IsEmpty)
                return;
            value = value[AppendSpecial(text, value)..];
        }
    }

    /// <summary>The text for a message: what doesn't print is escaped, quotes and backslashes stay as they are.</summary>
    public static string Printable(ReadOnlySpan<char> value)
    {
        StringBuilder text = new(value.Length);
        while (!value.IsEmpty)
        {
            int used = 1;
            if (value[0] is '\'' or '\\')
                text.Append(value[0]);
            else
                used = AppendSpecial(text, value);
            value = value[used..];
        }

        return text.ToString();
    }

    private static int AppendSpecial(StringBuilder text, ReadOnlySpan<char> value)
    {
        char c = value[0];
        switch (c)
        {
            case '\'' or '\\': text.Append('\\').Append(c); return 1;
            case '\n': text.Append("\\n"); return 1;
            case '\r': text.Append("\\r"); return 1;
            case '\t': text.Append("\\t"); return 1;
            case < ' ' or '\x7f': AppendHex(text, c); return 1;
        }

        if (Rune.DecodeFromUtf16(value, out Rune rune, out int used) != OperationStatus.Done)
        {
            AppendHex(text, c - 0xDC00);
            return 1;
        }

        if (Prints(rune))
            text.Append(value[..used]);
        else
            text.Append("\\u{").Append(rune.Value.ToString("x", CultureInfo.InvariantCulture)).Append('}');
        return used;
    }

    private static void AppendHex(StringBuilder text, int value) =>
        text.Append("\\x").Append((value & 0xff).ToString("x2", CultureInfo.InvariantCulture));

    // Format characters include the bidirectional overrides, which can make a line read backwards.
    private static bool Prints(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
