using System.Globalization;
using System.Net;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Decide.Conditions;

/// <summary>One thing that a field can equal: a value, or a range of them.</summary>
public abstract record ListItem
{
    /// <summary>True for a single value, which <c>==</c> can be written for.</summary>
    public virtual bool IsSingle => true;

    /// <summary>Whether a known value is meant.</summary>
    public abstract Truth Holds(in FieldValue value);
}

/// <summary>A text, equal in every character.</summary>
/// <param name="Text">The text.</param>
public sealed record TextItem(string Text) : ListItem
{
    /// <inheritdoc/>
    public override Truth Holds(in FieldValue value)
    {
        if (value.IsPartial)
            return Text.StartsWith(value.Text!, StringComparison.Ordinal) ? Truth.Unknown : Truth.False;
        return value.Text == Text ? Truth.True : Truth.False;
    }

    /// <inheritdoc/>
    public override string ToString() => ExpressionText.Quote(Text);
}

/// <summary>A path, with the forms that it has when links in it are followed.</summary>
/// <param name="Written">As the user wrote it.</param>
/// <param name="Pattern">The same as a glob without wildcards.</param>
public sealed record PathItem(string Written, ArgumentPattern Pattern) : ListItem
{
    /// <inheritdoc/>
    public override Truth Holds(in FieldValue value) => Pattern.MatchesAnyPath(value.Text!) ? Truth.True : Truth.False;

    /// <inheritdoc/>
    public override string ToString() => ExpressionText.Quote(Written);
}

/// <summary>A number or a range of numbers, both ends included.</summary>
/// <param name="From">The lowest.</param>
/// <param name="To">The highest.</param>
public sealed record NumberItem(Int128 From, Int128 To) : ListItem
{
    /// <inheritdoc/>
    public override bool IsSingle => From == To;

    /// <inheritdoc/>
    public override Truth Holds(in FieldValue value) =>
        value.State == FieldState.Number && value.Number >= From && value.Number <= To ? Truth.True : Truth.False;

    /// <inheritdoc/>
    public override string ToString() =>
        From == To ? From.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{From}..{To}");
}

/// <summary>Internet addresses: one, a network in CIDR notation, or a range. Ports don't count.</summary>
/// <param name="Written">As it is printed.</param>
/// <param name="From">The lowest address.</param>
/// <param name="To">The highest, of the same family.</param>
public sealed record AddressItem(string Written, IPAddress From, IPAddress To) : ListItem
{
    private readonly byte[] _from = From.GetAddressBytes();
    private readonly byte[] _to = To.GetAddressBytes();

    /// <inheritdoc/>
    public override bool IsSingle => From.Equals(To);

    /// <inheritdoc/>
    public override Truth Holds(in FieldValue value)
    {
        if (value.Text is not { } text || !FieldReader.TryHost(text, out IPAddress host))
            return Truth.False;
        Span<byte> bytes = stackalloc byte[16];
        return host.TryWriteBytes(bytes, out int length) && length == _from.Length
            && bytes[..length].SequenceCompareTo(_from) >= 0 && bytes[..length].SequenceCompareTo(_to) <= 0 ? Truth.True : Truth.False;
    }

    /// <inheritdoc/>
    public bool Equals(AddressItem? other) => other is not null && Written == other.Written;

    /// <inheritdoc/>
    public override int GetHashCode() => Written.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Written;
}
