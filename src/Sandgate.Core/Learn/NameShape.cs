using System.Text;
using System.Text.RegularExpressions;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Learn;

/// <summary>What of a file's name will be another one in the next run, and the glob that stands for it. docs/learn.md states the rules.</summary>
public static partial class NameShape
{
    // Names that end so are made exclusively, too, and are the same in every run.
    private static readonly string[] s_fixedEndings = [".lock", ".lck", ".new", ".bak", ".orig", ".swp", ".pid"];

    private const int ShortestRandom = 6, PythonRandom = 8;

    /// <summary>A name that was made up for a temporary file: what mkstemp(3) and its kin fill in becomes as many <c>?</c>. Null when nothing in it looks made up.</summary>
    /// <param name="name">The name.</param>
    /// <param name="mustLookRandom">True when six letters are not enough: they must look as no word does.</param>
    public static string? OfTemporary(string name, bool mustLookRandom)
    {
        if (s_fixedEndings.Any(e => name.EndsWith(e, StringComparison.Ordinal)))
            return null;
        string ending = Ending().Match(name).Value, stem = name[..^ending.Length];
        (int start, int length) = RandomIn(stem);
        if (length == 0 || (mustLookRandom && !LooksRandom(stem.AsSpan(start, length))))
            return null;
        return Glob.Escape(stem[..start]) + new string('?', length) + Glob.Escape(stem[(start + length)..] + ending);
    }

    // Where the letters begin that were made up, and how many they are.
    private static (int Start, int Length) RandomIn(string stem)
    {
        if (PythonName().IsMatch(stem))
            return (3, PythonRandom);
        if (PythonWhole().IsMatch(stem))
            return (0, PythonRandom);
        if (stem.Length > PythonRandom && stem[^(PythonRandom + 1)] is '-' or '.' or '_' && PythonTail().IsMatch(stem.AsSpan(stem.Length - PythonRandom)))
            return (stem.Length - PythonRandom, PythonRandom);
        int end = stem.Length;
        while (end > 0 && !char.IsAsciiLetterOrDigit(stem[end - 1]))
            end--;
        int start = end;
        while (start > 0 && char.IsAsciiLetterOrDigit(stem[start - 1]))
            start--;
        int length = end - start;
        if (length < ShortestRandom)
            return (0, 0);

        // ccXXXXXX, sedXXXXXX: a template's own letters stand right before.
        return start == 0 && length is 7 or 8 or 9 ? (end - ShortestRandom, ShortestRandom) : (start, length);
    }

    /// <summary>True when letters and digits are mixed as in no word: not all of one case, not a word with a number at its end.</summary>
    public static bool LooksRandom(ReadOnlySpan<char> text) => !Word().IsMatch(text);

    /// <summary>Hexadecimal digits (16 and more), UUIDs: whatever was made with it has another one next time, of the same length.</summary>
    public static string? OfHash(string name) =>
        Hash().IsMatch(name) ? Replace(name, Hash(), m => HexDigit().Replace(m, "?")) : null;

    /// <summary>The ids of processes.</summary>
    public static string? OfProcess(string name, IReadOnlySet<string> processes) =>
        Digits().Matches(name).Any(m => m.Length > 1 && processes.Contains(m.Value)) ? Replace(name, Digits(), m => m.Length > 1 && processes.Contains(m) ? "[0-9]*" : Glob.Escape(m)) : null;

    /// <summary>Dates and counters in a name that was written: with four digits in a row, all numbers in it will be others.</summary>
    public static string? OfNumbered(string name) => FourDigits().IsMatch(name) ? Collapsed().Replace(Replace(name, Digits(), _ => "[0-9]*"), "[0-9]*") : null;

    /// <summary>A number and nothing else, as below <c>/proc</c>.</summary>
    public static bool IsNumber(string name) => name.Length > 0 && name.All(char.IsAsciiDigit);

    /// <summary>Two hexadecimal digits, by which many files are spread over directories.</summary>
    public static bool IsFan(string name) => name.Length == 2 && name.All(char.IsAsciiHexDigitLower);

    /// <summary>What stands for two such digits.</summary>
    public const string Fan = "[0-9a-f][0-9a-f]";

    private static string Replace(string name, Regex what, Func<string, string> by)
    {
        StringBuilder glob = new();
        int at = 0;
        foreach (Match match in what.Matches(name))
        {
            glob.Append(Glob.Escape(name[at..match.Index])).Append(by(match.Value));
            at = match.Index + match.Length;
        }

        return glob.Append(Glob.Escape(name[at..])).ToString();
    }

    [GeneratedRegex(@"(\.[A-Za-z][A-Za-z0-9_]{0,4})*$")]
    private static partial Regex Ending();

    [GeneratedRegex("^[a-z0-9_]{8}$")]
    private static partial Regex PythonWhole();

    [GeneratedRegex("^tmp[a-z0-9_]{8}$")]
    private static partial Regex PythonName();

    [GeneratedRegex("^[a-z0-9_]*_[a-z0-9_]*$")]
    private static partial Regex PythonTail();

    [GeneratedRegex("^([A-Z]?[a-z]*|[A-Z]*)[0-9]*$")]
    private static partial Regex Word();

    [GeneratedRegex("(?<![0-9a-fA-F])([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?=[a-fA-F]*[0-9])[0-9a-fA-F]{16,})(?![0-9a-fA-F])")]
    private static partial Regex Hash();

    [GeneratedRegex("[0-9a-fA-F]")]
    private static partial Regex HexDigit();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();

    [GeneratedRegex("[0-9]{4}")]
    private static partial Regex FourDigits();

    [GeneratedRegex(@"\[0-9\]\*([-_.:T]\[0-9\]\*)+")]
    private static partial Regex Collapsed();
}
