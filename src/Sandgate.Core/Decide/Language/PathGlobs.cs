using System.Collections.Immutable;
using System.Text;

namespace Sandgate.Core.Decide.Language;

/// <summary>
/// Makes globs over paths absolute, and adds the forms that they take when the links in their
/// literal beginning are followed: rules are judged on real paths, people write the usual ones.
/// </summary>
internal sealed class PathGlobs(ReaderContext context)
{
    // Longer than any path that a kernel takes.
    private const int LongestPath = 4096;

    private const string SocketPrefix = "unix:";

    private static readonly string[] s_streams = ["stdin", "stdout", "stderr"];
    private static readonly string[] s_prefixes = ["pipe:", "socket:", "anon_inode:", "memfd:", "unix:"];

    private readonly Dictionary<string, string> _real = new(StringComparer.Ordinal);

    /// <summary>The globs that a written one stands for.</summary>
    /// <param name="written">The glob as the user wrote it.</param>
    /// <param name="plain">The same, parsed.</param>
    /// <exception cref="PatternException">It begins with <c>~/</c> and there is no home.</exception>
    public ImmutableArray<Glob> Of(string written, Glob plain)
    {
        // A socket in the file system is a file like others; only its address says what it is.
        if (written.StartsWith(SocketPrefix, StringComparison.Ordinal) && written.Length > SocketPrefix.Length && written[SocketPrefix.Length] is not ('@' or '*'))
            return Of(written[SocketPrefix.Length..], plain, SocketPrefix);
        return Of(written, plain, prefix: "");
    }

    /// <summary>The file that a path means now, and the directory entry that it names.</summary>
    /// <exception cref="PatternException">It begins with <c>~/</c> and there is no home.</exception>
    public (string Real, string Entry) RealPathOf(string path)
    {
        string whole = Normalise(Anchor(path, path), whole: true);
        if (whole == "/")
            return (whole, whole);
        int slash = whole.LastIndexOf('/');
        return (Real(whole) is { Length: > 0 } real ? real : "/", Real(whole[..slash]) + whole[slash..]);
    }

    private ImmutableArray<Glob> Of(string written, Glob plain, string prefix)
    {
        string literal = LiteralBeginning(written, out string rest);
        if (written.Length == 0 || written[0] == '*' || IsName(literal, rest))
            return [plain];

        string path = Normalise(Anchor(written, literal), whole: rest.Length == 0);
        int slash = path.LastIndexOf('/');
        List<string> forms = [path];
        Add(forms, Real(path[..slash]) + path[slash..]);
        if (rest.Length == 0 && path.Length > 1)
            Add(forms, Real(path) is { Length: > 0 } real ? real : "/");

        ImmutableArray<Glob>.Builder globs = ImmutableArray.CreateBuilder<Glob>(forms.Count);
        foreach (string form in forms)
            globs.Add(Glob.Parse(prefix + form, rest));
        return globs.MoveToImmutable();
    }

    private static void Add(List<string> forms, string form)
    {
        if (!forms.Contains(form))
            forms.Add(form);
    }

    // Names that the kernel or the supervisor gives to what is not a file.
    private static bool IsName(string literal, string rest)
    {
        if (rest.Length == 0 && s_streams.Contains(literal))
            return true;
        foreach (string prefix in s_prefixes)
        {
            if (literal.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    // What stands before the first wildcard, its escapes resolved; the rest stays a glob.
    private static string LiteralBeginning(string written, out string rest)
    {
        int end = written.AsSpan().IndexOfAny("*?[\\");
        if (end < 0)
        {
            rest = "";
            return written;
        }

        StringBuilder literal = new(written, 0, end, written.Length);
        while (end < written.Length && written[end] is not ('*' or '?' or '['))
        {
            if (written[end] == '\\')
                end++;
            literal.Append(written[end++]);
        }

        rest = written[end..];
        return literal.ToString();
    }

    private string Anchor(string written, string literal)
    {
        if (literal is ['/', ..])
            return literal;
        if (written == "~" || written.StartsWith("~/", StringComparison.Ordinal))
        {
            return context.HomeDirectory is ['/', ..] home
                ? home + literal[1..]
                : throw new PatternException("~ stands for the home directory, and this user has none", "write the whole path");
        }

        return $"{context.StartDirectory}/{literal}";
    }

    // Without ".", ".." and empty names. What touches the first wildcard is only part of a name and stays.
    private static string Normalise(string path, bool whole)
    {
        int end = whole ? path.Length : path.LastIndexOf('/');
        StringBuilder result = new(path.Length);
        foreach (Range range in path.AsSpan(0, end).Split('/'))
        {
            ReadOnlySpan<char> name = path.AsSpan(0, end)[range];
            if (name is "" or ".")
                continue;
            if (name is "..")
                result.Length = Math.Max(0, LastSlash(result));
            else
                result.Append('/').Append(name);
        }

        if (!whole)
            return result.Append(path, end, path.Length - end).ToString();
        return result.Length == 0 ? "/" : result.ToString();
    }

    private static int LastSlash(StringBuilder text)
    {
        int at = text.Length - 1;
        while (at >= 0 && text[at] != '/')
            at--;
        return at;
    }

    // The real path of a path whose end need not exist yet; "" for the root.
    private string Real(string path)
    {
        if (path.Length is 0 or > LongestPath || path.Contains('\0', StringComparison.Ordinal))
            return path;
        if (_real.TryGetValue(path, out string? known))
            return known;
        int slash = path.LastIndexOf('/');
        string real = context.RealPath(path) ?? Real(path[..slash]) + path[slash..];
        return _real[path] = real == "/" ? "" : real;
    }
}
