using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Numerics;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>Makes comparisons of a field from what was written, whichever form it was written in.</summary>
internal static class FieldTests
{
    /// <summary>The nearest field, or all of them.</summary>
    public static string SuggestField(string wrong, IReadOnlyList<FieldInfo> fields) =>
        Suggestion.For(wrong, fields.Select(f => f.Name)) ?? $"fields are {string.Join(", ", fields.Select(f => f.Name))}";

    /// <summary>Refuses a field that none of a rule's operations has: the rule could never match as it was meant.</summary>
    /// <exception cref="PatternException">None has it.</exception>
    public static void CheckPresence(FieldInfo field, IReadOnlyList<OperationInfo?> operations)
    {
        if (operations.Count == 0 || operations.Any(o => o is null || FieldReader.Has(o, field.Field)))
            return;
        string names = string.Join(" and ", operations.Select(o => o!.Name));
        string has = string.Join(", ", FieldCatalogue.All.Where(f => FieldReader.IsArgument(f.Field) && operations.Any(o => FieldReader.Has(o!, f.Field))).Select(f => f.Name));
        throw new PatternException($"{names} {(operations.Count == 1 ? "has" : "have")} no {field.Name}", has.Length > 0 ? $"its own fields are {has}" : "write a pattern by position, as in pattern \"('x', *)\"");
    }

    /// <summary>A regular expression.</summary>
    /// <exception cref="PatternException">It can't be read, or the field is a number.</exception>
    public static ValueTest Regex(FieldInfo field, string expression, bool ignoresCase)
    {
        RefuseNoText(field, "a regular expression");
        return new RegexTest(LinearRegex.Parse(ExpressionText.Unslashed(expression), ignoresCase || field.Kind == FieldKind.Name));
    }

    /// <summary>Any comparison with one value.</summary>
    /// <exception cref="PatternException">The value doesn't suit the field.</exception>
    public static ValueTest Make(FieldInfo field, Relation relation, string value, PatternParser patterns)
    {
        switch (relation)
        {
            case Relation.Is:
                return new OneOfTest([Item(field, value, patterns, ranges: false)]);
            case Relation.In:
                return OneOf(field, [value], patterns);
            case Relation.Matches:
                if (value is ['/', '^', ..] or [.., '$', '/'] or [.., '$', '/', 'i'])
                    throw new PatternException($"{Words.Quote(value)} can never match: here the slashes are part of the expression", "write it without them");
                return Regex(field, value, ignoresCase: false);
            case Relation.Contains:
                RefuseNoText(field, "contains");
                return value.Length > 0 ? new ContainsTest(Fold(field, value)) : throw new PatternException($"every {field.Name} contains the empty text");
            case Relation.Like:
                RefuseNoText(field, "like");
                return new LikeTest(patterns.Glob(Fold(field, value), IsPath(field, value)));
            default:
                if (field.Kind != FieldKind.Number)
                    throw new PatternException($"{field.Name} is no number and can't be less or greater", "compare with == != ~ contains like in");
                bool below = relation is Relation.Less or Relation.LessOrEqual;
                return new OrderTest(Number(value), below, relation is Relation.LessOrEqual or Relation.GreaterOrEqual);
        }
    }

    /// <summary>One of several values or ranges.</summary>
    /// <exception cref="PatternException">A value doesn't suit the field.</exception>
    public static ValueTest OneOf(FieldInfo field, IReadOnlyList<string> values, PatternParser patterns)
    {
        if (values.Count == 0)
            throw new PatternException("the list is empty: nothing can be in it");
        return new OneOfTest([.. values.Select(v => Item(field, v, patterns, ranges: true))]);
    }

    private static ListItem Item(FieldInfo field, string value, PatternParser patterns, bool ranges)
    {
        switch (field.Kind)
        {
            case FieldKind.Truth when value is not ("true" or "false") || ranges:
                throw new PatternException($"{field.Name} is true or false", $"write {field.Name}, or not {field.Name}");
            case FieldKind.Number:
                if (value.IndexOf("..", StringComparison.Ordinal) is > 0 and var dots && ranges)
                    return Ordered(Number(value[..dots]), Number(value[(dots + 2)..]));
                return new NumberItem(Number(value), Number(value));
            case FieldKind.Address when Addresses(value, ranges) is { } addresses:
                return addresses;
            case FieldKind.Address when field.Field == Field.Host:
                throw new PatternException($"{Words.Quote(value)} is no internet address", "write one such as 10.0.0.1 or [::1], a network such as 10.0.0.0/8, or use domain for names");
            case FieldKind.Path or FieldKind.Address when IsPath(field, value):
                return new PathItem(value, patterns.Glob(Glob.Escape(value), path: true));
            default:
                return new TextItem(Fold(field, value));
        }
    }

    private static NumberItem Ordered(Int128 from, Int128 to) =>
        from <= to ? new NumberItem(from, to) : throw new PatternException(string.Create(CultureInfo.InvariantCulture, $"the range {from}..{to} runs backwards"));

    private static AddressItem? Addresses(string value, bool ranges)
    {
        string written = value is ['[', .., ']'] ? value[1..^1] : value;
        int slash = written.IndexOf('/', StringComparison.Ordinal), dash = written.IndexOf('-', StringComparison.Ordinal);
        if (slash > 0 && IPAddress.TryParse(written.AsSpan(0, slash), out IPAddress? net) && LooksLikeAddress(written))
        {
            if (!ranges)
                throw new PatternException($"{Words.Quote(value)} is a network: an address is in it, not equal to it", "write in");
            return Network(value, net, written[(slash + 1)..]);
        }

        if (dash > 0 && ranges && IPAddress.TryParse(written.AsSpan(0, dash), out IPAddress? low) && IPAddress.TryParse(written.AsSpan(dash + 1), out IPAddress? high))
        {
            (low, high) = (AsSeen(low), AsSeen(high));
            if (low.AddressFamily != high.AddressFamily)
                throw new PatternException($"{Words.Quote(value)} mixes two kinds of addresses");
            if (low.GetAddressBytes().AsSpan().SequenceCompareTo(high.GetAddressBytes()) > 0)
                throw new PatternException($"the range {low}-{high} runs backwards");
            return new AddressItem($"{low}-{high}", low, high);
        }

        return LooksLikeAddress(written) && IPAddress.TryParse(written, out IPAddress? one) ? new AddressItem(AsSeen(one).ToString(), AsSeen(one), AsSeen(one)) : null;
    }

    // Calls show an IPv4 address as one, also where it is reached through an IPv6 socket.
    private static IPAddress AsSeen(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    // IPAddress reads "1" as 0.0.0.1, which nobody means.
    private static bool LooksLikeAddress(string text) => text.Count(c => c == '.') == 3 || text.Contains("::", StringComparison.Ordinal) || text.Count(c => c == ':') == 7;

    private static AddressItem Network(string value, IPAddress net, string bits)
    {
        byte[] from = net.GetAddressBytes(), to = net.GetAddressBytes();
        if (!int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out int prefix) || prefix > from.Length * 8)
            throw new PatternException($"{Words.Quote(value)} is no network: after the slash stands a number up to {from.Length * 8}");
        for (int bit = prefix; bit < from.Length * 8; bit++)
        {
            from[bit / 8] &= (byte)~(0x80 >> (bit % 8));
            to[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        if (!net.GetAddressBytes().AsSpan().SequenceEqual(from))
            throw new PatternException($"{Words.Quote(value)} has bits behind its prefix", $"write {new IPAddress(from)}/{prefix}");
        const int MappedPrefix = 96;
        if (net.IsIPv4MappedToIPv6 && prefix >= MappedPrefix)
            (net, prefix, from, to) = (AsSeen(net), prefix - MappedPrefix, from[12..], to[12..]);
        return new AddressItem(string.Create(CultureInfo.InvariantCulture, $"{net}/{prefix}"), new IPAddress(from), new IPAddress(to));
    }

    private static Int128 Number(string value)
    {
        ReadOnlySpan<char> digits = value;
        Int128 unit = 1;
        if (digits is [.., 'K' or 'M' or 'G'])
        {
            unit = (Int128)1 << (digits[^1] switch { 'K' => 10, 'M' => 20, _ => 30 });
            digits = digits[..^1];
        }

        if (digits.StartsWith("0x") && UInt128.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 hex) && hex <= ulong.MaxValue)
            return (Int128)hex;
        if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            return number * unit;
        return ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong large)
            ? large * unit
            : throw new PatternException($"{Words.Quote(value)} is no number", "write one such as 1048576, 1M or 0x10");
    }

    private static void RefuseNoText(FieldInfo field, string what)
    {
        if (field.Kind == FieldKind.Number)
            throw new PatternException($"{field.Name} is a number, and {what} compares texts", "compare with == != < > <= >= in");
        if (field.Kind == FieldKind.Truth)
            throw new PatternException($"{field.Name} is true or false, and {what} compares texts", $"write {field.Name}, or not {field.Name}");
    }

    // Names and hashes are known in lower case.
    private static string Fold(FieldInfo field, string value) => field.Kind == FieldKind.Name || field.Field == Field.Sha256 ? value.ToLowerInvariant() : value;

    private static bool IsPath(FieldInfo field, string value) =>
        field.Kind == FieldKind.Path || (field.Kind == FieldKind.Address && value.StartsWith("unix:", StringComparison.Ordinal));
}
