using Sandgate.Core.Decode;

namespace Sandgate.Core;

/// <summary>What an argument of a call is, and so how patterns look at it.</summary>
public enum ArgumentKind : byte
{
    /// <summary>The value could not be read from the program; it is printed as a bare <c>?</c>.</summary>
    Unreadable,

    /// <summary>Free text that the program hands over: one element of argv, a link's text.</summary>
    Text,

    /// <summary>A word that stands for a register's value: a mode, a signal name.</summary>
    Word,

    /// <summary>A socket's address or peer.</summary>
    Address,

    /// <summary>An integer; its text is its decimal form.</summary>
    Number,

    /// <summary>A path name, with the form the program gave and the file it means.</summary>
    Path,

    /// <summary>The file behind a descriptor; its name comes from the kernel, not from the program.</summary>
    Descriptor,

    /// <summary>One of the standard streams that the program inherited: <c>stdin</c>, <c>stdout</c>, <c>stderr</c>.</summary>
    Stdio,

    /// <summary>Bytes that the program sends or writes.</summary>
    Data,
}

/// <summary>One argument of a <see cref="CallView"/>, as rules and records see it.</summary>
public readonly struct Argument
{
    private readonly long _number;
    private readonly string? _given;

    private Argument(ArgumentKind kind, string? given, string? resolved = null, string? entry = null, long number = 0, bool partial = false)
    {
        Kind = kind;
        _given = given;
        Resolved = kind == ArgumentKind.Path ? resolved : given;
        Entry = entry;
        _number = number;
        IsPartial = partial;
    }

    /// <summary>What the argument is.</summary>
    public ArgumentKind Kind { get; }

    /// <summary>True when only the beginning of the value was read (data longer than the bound).</summary>
    public bool IsPartial { get; }

    /// <summary>The value as the program passed it; null when it could not be read.</summary>
    public string? Given => Kind == ArgumentKind.Number ? _number.ToString(System.Globalization.CultureInfo.InvariantCulture) : _given;

    /// <summary>The object that the value means: for a path the real file, else the same as <see cref="Given"/>. Null when it was not resolved.</summary>
    public string? Resolved => Kind == ArgumentKind.Number ? Given : field;

    /// <summary>For a path that ends in a symbolic link: the real directory plus the link's own name. Null when it equals <see cref="Resolved"/>.</summary>
    public string? Entry { get; }

    /// <summary>The value of a <see cref="ArgumentKind.Number"/>; of <see cref="ArgumentKind.Data"/> the length in bytes, also of what was not read; else 0.</summary>
    public long Number => _number;

    /// <summary>A value that could not be read.</summary>
    public static Argument Unreadable { get; } = new(ArgumentKind.Unreadable, null);

    /// <summary>A word or free text.</summary>
    public static Argument FromText(string text) => new(ArgumentKind.Text, text);

    /// <summary>An integer.</summary>
    public static Argument FromNumber(long value) => new(ArgumentKind.Number, null, number: value);

    /// <summary>A path; <paramref name="resolved"/> is null when nothing needed it resolved, or when it could not be.</summary>
    public static Argument FromPath(string given, string? resolved, string? entry = null) =>
        new(ArgumentKind.Path, given, resolved, entry);

    /// <summary>A socket's address that can't be told; only the socket's own name is known.</summary>
    public static Argument FromUnknownAddress(string socket) => new(ArgumentKind.Address, socket);

    /// <summary>The file behind a descriptor, named by the kernel.</summary>
    public static Argument FromDescriptor(string name) => new(ArgumentKind.Descriptor, name);

    /// <summary>An inherited standard stream.</summary>
    public static Argument FromStdio(string name) => new(ArgumentKind.Stdio, name);

    /// <summary>Bytes, already turned into text by <see cref="TargetText"/>.</summary>
    /// <param name="text">The text of the bytes that were read.</param>
    /// <param name="partial">True when there was more.</param>
    /// <param name="length">How many bytes there are in all.</param>
    public static Argument FromData(string text, bool partial, long length) => new(ArgumentKind.Data, text, partial: partial, number: length);
}
