using System.Text;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Record.Report;

/// <summary>Text in a page. Whatever a program calls its files, it stays text: nothing here writes markup that came from outside.</summary>
internal static class Html
{
    private const int Longest = 2000;

    /// <summary>A text for an element or a quoted attribute: what doesn't print is escaped as on a terminal, then what HTML takes for markup.</summary>
    public static string Text(string text)
    {
        string printed = CallText.Printable(text.Length > Longest ? text.AsSpan(0, Longest) : text);
        StringBuilder html = new(printed.Length + 16);
        foreach (char c in printed)
        {
            _ = c switch
            {
                '&' => html.Append("&amp;"),
                '<' => html.Append("&lt;"),
                '>' => html.Append("&gt;"),
                '"' => html.Append("&quot;"),
                '\'' => html.Append("&#39;"),
                _ => html.Append(c),
            };
        }

        return text.Length > Longest ? html.Append('…').ToString() : html.ToString();
    }
}
