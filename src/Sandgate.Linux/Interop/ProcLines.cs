using System.Text;

namespace Sandgate.Linux.Interop;

/// <summary>
/// The lines of a file under /proc. They end in a line feed and in nothing else: names in them may hold every other byte, the carriage returns, too, at which the
/// runtime's own readers would begin a new line of the program's making.
/// </summary>
internal static class ProcLines
{
    // A byte order mark would be skipped.
    private static readonly UTF8Encoding s_text = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>The lines, one after the other as they are asked for, and without their ends.</summary>
    /// <param name="path">The file.</param>
    /// <param name="encoding">How its bytes are text; null for UTF-8.</param>
    /// <exception cref="IOException">There is no such file, or it can't be read to its end.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static IEnumerable<string> Of(string path, Encoding? encoding = null)
    {
        using StreamReader reader = new(path, encoding ?? s_text, detectEncodingFromByteOrderMarks: false);
        char[] buffer = new char[4096];
        StringBuilder begun = new();
        while (reader.Read(buffer) is > 0 and var count)
        {
            int start = 0;
            for (int end; (end = Array.IndexOf(buffer, '\n', start, count - start)) >= 0; start = end + 1)
            {
                yield return begun.Append(buffer, start, end - start).ToString();
                begun.Clear();
            }

            begun.Append(buffer, start, count - start);
        }

        if (begun.Length > 0)
            yield return begun.ToString();
    }
}
