using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests;

public class CallTextTests
{
    private static readonly Gen<byte[]> s_names = Gen.Elements(
            "'", "\\", "\n", "\r", "\t", "\x1b[2J", "\0", "\x7f", ",", ", ", "')", "x41", "a", "ä", "😀", "\u202e", "\u2066", "\u2028", "\u0085", "\u200b", "\ue000", "?", "…", "n")
        .Select(s => Encoding.UTF8.GetBytes(s)).Or(Gen.Choose(0, 255).Select(b => new[] { (byte)b }))
        .ListOf(6).Select(l => l.SelectMany(b => b).ToArray());

    [Fact]
    public void A_call_reads_as_people_write_it() =>
        Assert.Equal("open('/etc/passwd', 'r')", CallText.Render(World.Open("/etc/passwd", "/etc/passwd"), PathForm.Given));

    [Fact]
    public void What_could_not_be_read_is_bare_and_what_was_cut_is_marked()
    {
        CallView view = new(Operation.Write, "write", [Argument.Unreadable, Argument.FromText("?"), Argument.FromData("x", partial: true, 100)]);
        Assert.Equal("write(?, '?', 'x'…)", CallText.Render(view, PathForm.Resolved));
        Assert.Equal("?,'?','x'…", CallText.RenderArguments(view, PathForm.Resolved, ","));
    }

    [Fact]
    public void Each_form_shows_its_own_path()
    {
        CallView view = World.Open("l", "/real", entry: "/dir/l");
        Assert.Equal(["'l', 'r'", "'/dir/l', 'r'", "'/real', 'r'"], new[] { PathForm.Given, PathForm.Entry, PathForm.Resolved }.Select(f => CallText.RenderArguments(view, f)));
    }

    [Fact]
    public void A_hostile_name_can_neither_close_its_quotes_nor_forge_a_line_nor_steer_a_terminal() =>
        Prop.ForAll(s_names.ToArbitrary(), bytes =>
        {
            string text = CallText.RenderArguments(World.Open(TargetText.FromBytes(bytes), null), PathForm.Given);
            return text.EnumerateRunes().All(Prints) && Unescape(text) is ([_, "r"], true);
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(5_000));

    [Fact]
    public void Different_arguments_give_different_texts() =>
        Prop.ForAll(s_names.ToArbitrary(), s_names.ToArbitrary(), (a, b) =>
        {
            CallView view = new(Operation.Syscall, "x", [Argument.FromText(TargetText.FromBytes(a)), Argument.FromText(TargetText.FromBytes(b))]);
            (List<string> values, bool whole) = Unescape(CallText.RenderArguments(view, PathForm.Given));
            return whole && TargetText.ToBytes(values[0]).AsSpan().SequenceEqual(a) && TargetText.ToBytes(values[1]).AsSpan().SequenceEqual(b);
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(5_000));

    [Fact]
    public void Bytes_survive_as_text() =>
        Prop.ForAll(s_names.ToArbitrary(), bytes => TargetText.ToBytes(TargetText.FromBytes(bytes)).AsSpan().SequenceEqual(bytes))
            .Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(5_000));

    [Theory]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    [InlineData(new byte[] { 0xc0, 0xaf })]
    [InlineData(new byte[] { 0xf4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xe2, 0x82 })]
    public void Forged_UTF8_is_kept_byte_for_byte(byte[] bytes)
    {
        string text = TargetText.FromBytes(bytes);
        Assert.Equal(bytes.Length, text.Length);
        Assert.Equal(bytes, TargetText.ToBytes(text));
    }

    [Fact]
    public void Messages_keep_quotes_but_nothing_that_steers() =>
        Assert.Equal("('a\\b')\\n\\x1b", CallText.Printable("('a\\b')\n\x1b"));

    private static bool Prints(Rune rune) => !Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    // The text's inverse, written apart from it: that it exists shows that no two arguments share a text.
    private static (List<string> Values, bool Whole) Unescape(string text)
    {
        List<string> values = [];
        int at = 0;
        while (at < text.Length && text[at] == '\'')
        {
            StringBuilder value = new();
            for (at++; at < text.Length && text[at] != '\''; at++)
            {
                if (text[at] != '\\')
                {
                    value.Append(text[at]);
                    continue;
                }

                switch (text[++at])
                {
                    case 'n': value.Append('\n'); break;
                    case 'r': value.Append('\r'); break;
                    case 't': value.Append('\t'); break;
                    case 'x':
                        int code = int.Parse(text.AsSpan(at + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                        value.Append((char)(code < 0x80 ? code : 0xDC00 + code));
                        at += 2;
                        break;
                    case 'u':
                        int end = text.IndexOf('}', at);
                        value.Append(new Rune(int.Parse(text.AsSpan(at + 2, end - at - 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString());
                        at = end;
                        break;
                    case var c: value.Append(c); break;
                }
            }

            values.Add(value.ToString());
            at++;
            if (at < text.Length && text.AsSpan(at).StartsWith(", "))
                at += 2;
        }

        return (values, at == text.Length);
    }
}
