using System.Globalization;
using System.Text;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>
/// Reads a call's text, <c>open('/etc/passwd', 'r')</c>, back into a call that never happened: paths
/// mean what they mean now, to somebody in the start directory.
/// </summary>
/// <param name="context">What must be known of the world.</param>
/// <param name="meaning">What paths mean to a process that asks; null for somebody in the start directory.</param>
public sealed class CallReader(ReaderContext context, ICallMeaning? meaning = null)
{
    private readonly OperationNames _names = new(context.Catalogue);
    private readonly PathGlobs _paths = new(context);

    /// <summary>The call.</summary>
    /// <param name="text">Operation, parenthesis, quoted arguments; <c>?</c> for one that could not be read.</param>
    /// <param name="facts">What is stated of it beyond its arguments.</param>
    /// <exception cref="PatternException">It can't be read; the message says why.</exception>
    public Call Read(string text, CallFacts facts)
    {
        string trimmed = text.Trim();
        int open = trimmed.IndexOf('(', StringComparison.Ordinal);
        if (open <= 0 || !trimmed.EndsWith(')'))
            throw new PatternException("a call is an operation with arguments in parentheses", "write one such as open('/etc/passwd', 'r')");
        string name = trimmed[..open].TrimEnd();
        if (_names.Find(name) is not ({ } scope, var family) || scope.IsEvery)
        {
            Problem unknown = _names.Unknown(name, default);
            throw new PatternException(unknown.Reason, unknown.Advice);
        }

        List<(string? Text, bool Partial)> arguments = Arguments(trimmed, open + 1);
        CallView[] views = family is null ? [KernelView(scope.Syscall!, arguments)] : [.. Views(family, arguments)];
        return new Call
        {
            ThreadId = facts.ProcessId ?? 0,
            Syscall = scope.Syscall ?? SyscallOf(family!.Operation),
            Facts = facts,
            Views = views,
            CertainErrno = meaning?.CertainErrno ?? 0,
            IsQuestion = meaning is not null,
        };
    }

    private string SyscallOf(Operation operation)
    {
        foreach (SyscallShape shape in context.Catalogue.Syscalls)
        {
            if (shape.Operations is [var first, ..] && first == operation)
                return shape.Name;
        }

        return "";
    }

    private IEnumerable<CallView> Views(OperationInfo family, List<(string? Text, bool Partial)> arguments)
    {
        if (!family.Rest && arguments.Count > family.Arguments.Length)
            throw new PatternException($"{family.Name} has the arguments {string.Join(", ", family.Arguments.Select(a => a.Name))}, and the call has {arguments.Count}");
        if (family.Operation == Operation.Open && arguments.Count == 1)
            arguments.Add(("r", false));
        List<Argument> made = [];
        bool follow = Follows(family, arguments);
        for (int i = 0; i < arguments.Count; i++)
        {
            // A process is shown with its real executable; what isn't spelt as a path stays as it is.
            string? text = arguments[i].Text;
            if (family.IsExecutableAt(i) && text is ['/' or '.' or '~', ..])
                text = Path(text).Resolved;
            made.Add(ArgumentOf(family.KindAt(i), text, arguments[i].Partial, follow));
        }

        // What was left out is as if it could not be read.
        while (!family.Rest && made.Count < family.Arguments.Length)
            made.Add(Argument.Unreadable);
        yield return new CallView(family.Operation, family.Name, [.. made]);
        if (family.Operation == Operation.Open && arguments is [_, { Text: { } mode }, ..] && mode.Contains("+truncate", StringComparison.Ordinal))
            yield return new CallView(Operation.Truncate, "truncate", [made[0], Argument.FromNumber(0)]);
    }

    // As the kernel does when nothing else is asked of it.
    private static bool Follows(OperationInfo family, List<(string? Text, bool Partial)> arguments) => family.Operation switch
    {
        Operation.Delete or Operation.Rename or Operation.Link or Operation.Symlink or Operation.Mkdir or Operation.Mknod or Operation.Readlink => false,
        Operation.Open when arguments is [_, { Text: { } mode }, ..] =>
            !mode.Contains("+nofollow", StringComparison.Ordinal) && !mode.Contains("+exclusive", StringComparison.Ordinal),
        _ => true,
    };

    private Argument Path(string text, bool follow = true)
    {
        if (meaning is not null)
            return meaning.PathOf(text, follow);
        (string real, string entry) = _paths.RealPathOf(text);
        return Argument.FromPath(text, real, entry == real ? null : entry);
    }

    private CallView KernelView(string name, List<(string? Text, bool Partial)> arguments) => new(
        Operation.Syscall, name, [.. arguments.Select(a => ArgumentOf(a.Text is ['/', ..] ? ArgumentKind.Path : ArgumentKind.Text, a.Text, a.Partial, follow: true))]);

    private Argument ArgumentOf(ArgumentKind kind, string? text, bool partial, bool follow)
    {
        if (text is null)
            return Argument.Unreadable;
        switch (kind)
        {
            case ArgumentKind.Path:
                return Path(text, follow);
            case ArgumentKind.Descriptor when text is "stdin" or "stdout" or "stderr":
                return Argument.FromStdio(text);
            case ArgumentKind.Descriptor:
                return text is ['/', ..] or ['.', ..] or ['~', ..] || !text.Contains(':', StringComparison.Ordinal)
                    ? Path(text).Resolved is { } file ? Argument.FromDescriptor(file) : Argument.Unreadable
                    : Argument.FromDescriptor(text);
            case ArgumentKind.Address when text.StartsWith("unix:", StringComparison.Ordinal) && text is not ("unix:" or ['u', 'n', 'i', 'x', ':', '@', ..]):
                return Argument.FromPath(text, Path(text["unix:".Length..]).Resolved is { } socket ? "unix:" + socket : null);
            case ArgumentKind.Number when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number):
                return Argument.FromNumber(number);
            case ArgumentKind.Number:
                throw new PatternException($"{Words.Quote(text)} is no number");
            case ArgumentKind.Data:
                return Argument.FromData(text, partial, TargetText.ToBytes(text).Length);
            default:
                return Argument.FromText(text);
        }
    }

    private static List<(string? Text, bool Partial)> Arguments(string text, int at)
    {
        List<(string?, bool)> arguments = [];
        SkipSpace(text, ref at);
        if (at == text.Length - 1)
            return arguments;
        while (true)
        {
            SkipSpace(text, ref at);
            string? value = Value(text, ref at);
            bool partial = at < text.Length && text[at] == '…';
            at += partial ? 1 : 0;
            arguments.Add((value, partial));
            SkipSpace(text, ref at);
            if (at < text.Length - 1 && text[at] == ',')
                at++;
            else if (at == text.Length - 1)
                return arguments;
            else
                throw new PatternException($"expected , or ) at {Words.Quote(text[Math.Min(at, text.Length)..])}", "put arguments in quotes");
        }
    }

    private static string? Value(string text, ref int at)
    {
        if (at >= text.Length - 1)
            throw new PatternException("an argument is missing at the end");
        char quote = text[at];
        if (quote == '?')
        {
            at++;
            return null;
        }

        int start = at;
        if (quote is not ('\'' or '"'))
        {
            while (at < text.Length && text[at] is not (',' or ')') && !char.IsWhiteSpace(text[at]))
                at++;
            return at > start ? text[start..at] : throw new PatternException("an argument is missing before a comma", "write ? for one that could not be read");
        }

        StringBuilder value = new();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == quote)
            {
                at++;
                return value.ToString();
            }

            if (text[at] == '\\' && at + 1 < text.Length)
                AppendEscaped(value, text, ref at);
            else
                value.Append(text[at]);
        }

        throw new PatternException($"the quote is not closed that begins at {Words.Quote(text[start..])}");
    }

    // The escapes that CallText prints.
    private static void AppendEscaped(StringBuilder value, string text, ref int at)
    {
        char escape = text[++at];
        switch (escape)
        {
            case 'n': value.Append('\n'); return;
            case 'r': value.Append('\r'); return;
            case 't': value.Append('\t'); return;
            case 'x' when at + 2 < text.Length && byte.TryParse(text.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte unit):
                // Control characters are themselves; other bytes stand for what isn't UTF-8 (TargetText).
                value.Append((char)(unit < 0x80 ? unit : 0xDC00 + unit));
                at += 2;
                return;
            case 'u' when at + 1 < text.Length && text[at + 1] == '{' && text.IndexOf('}', at) is > 0 and var end
                && int.TryParse(text.AsSpan(at + 2, end - at - 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int rune) && Rune.IsValid(rune):
                value.Append(new Rune(rune).ToString());
                at = end;
                return;
            default: value.Append(escape); return;
        }
    }

    private static void SkipSpace(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
    }
}
