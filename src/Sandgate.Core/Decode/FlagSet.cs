using System.Globalization;
using System.Text;

namespace Sandgate.Core.Decode;

/// <summary>A name for one bit (or several), or for one value of the bits under a mask.</summary>
/// <param name="Value">The bits as they stand in the number.</param>
/// <param name="Name">The kernel's name for them.</param>
/// <param name="Mask">The bits that are compared with <paramref name="Value"/>; 0 means the bits of the value itself.</param>
public readonly record struct Flag(ulong Value, string Name, ulong Mask = 0);

/// <summary>
/// The names of a number's bits: <c>PROT_READ|PROT_WRITE</c>. Bits without a name are shown in
/// hexadecimal at the end, so no two numbers look the same.
/// </summary>
public sealed class FlagSet
{
    // The program chooses the numbers, so what is remembered has a bound: one text for each slot.
    private const int CacheSize = 64;

    private readonly Flag[] _flags;
    private readonly string _zero;
    private readonly Made?[] _cache = new Made?[CacheSize];
    private string[]? _words;

    /// <summary>A set of names.</summary>
    /// <param name="zero">The name of the number without any bit.</param>
    /// <param name="flags">The names, in the order in which they are shown; a name of several bits before those of its parts.</param>
    public FlagSet(string zero, params Flag[] flags)
    {
        _zero = zero;
        _flags = flags;
    }

    /// <summary>A set of whole values of which exactly one is meant: commands, options, families.</summary>
    public static FlagSet OfValues(params Flag[] values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = values[i] with { Mask = ulong.MaxValue };
        return new("0", values);
    }

    /// <summary>Every word that <see cref="Render"/> can show, except numbers.</summary>
    public IReadOnlyList<string> Words => _words ??= MakeWords();

    /// <summary>The names of this number's bits.</summary>
    public string Render(ulong value)
    {
        ref Made? slot = ref _cache[(int)((value ^ (value >> 6) ^ (value >> 17)) % CacheSize)];
        Made? made = slot;
        if (made is null || made.Value != value)
            slot = made = new Made(value, Make(value));
        return made.Text;
    }

    private string Make(ulong value)
    {
        StringBuilder text = new();
        ulong rest = value;
        foreach (Flag flag in _flags)
        {
            ulong mask = flag.Mask == 0 ? flag.Value : flag.Mask;
            if ((value & mask) != flag.Value || (rest & mask) != flag.Value)
                continue;
            text.Append(text.Length > 0 ? "|" : "").Append(flag.Name);
            rest &= ~mask;
        }

        if (text.Length == 0 && rest == 0)
            return _zero;
        if (rest != 0)
            text.Append(text.Length > 0 ? "|" : "").Append("0x").Append(rest.ToString("x", CultureInfo.InvariantCulture));
        return text.ToString();
    }

    private string[] MakeWords() =>
        char.IsAsciiDigit(_zero[0]) ? [.. _flags.Select(f => f.Name)] : [_zero, .. _flags.Select(f => f.Name)];

    private sealed record Made(ulong Value, string Text);
}
