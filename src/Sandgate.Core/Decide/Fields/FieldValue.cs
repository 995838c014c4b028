using System.Globalization;

namespace Sandgate.Core.Decide.Fields;

/// <summary>What is known of a field.</summary>
public enum FieldState : byte
{
    /// <summary>The call has no such field: it equals nothing.</summary>
    Absent,

    /// <summary>The call has it, and it could not be read.</summary>
    Unknown,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Number,
}

/// <summary>The value of a field of one call.</summary>
public readonly struct FieldValue
{
    private readonly string? _text;

    private FieldValue(FieldState state, string? text, Int128 number, bool partial) => (State, _text, Number, IsPartial) = (state, text, number, partial);

    /// <summary>What is known.</summary>
    public FieldState State { get; }

    /// <summary>The number; 0 when it is none.</summary>
    public Int128 Number { get; }

    /// <summary>True when only the beginning of the text is known.</summary>
    public bool IsPartial { get; }

    /// <summary>The text, or the number in decimal; null when there is no value.</summary>
    public string? Text => State == FieldState.Number ? Number.ToString(CultureInfo.InvariantCulture) : _text;

    /// <summary>No value, because the call has no such field.</summary>
    public static FieldValue Absent { get; }

    /// <summary>A value that could not be read.</summary>
    public static FieldValue Unknown { get; } = new(FieldState.Unknown, null, 0, false);

    /// <summary>A text.</summary>
    public static FieldValue Of(string text, bool partial = false) => new(FieldState.Text, text, 0, partial);

    /// <summary>A number.</summary>
    public static FieldValue Of(Int128 number) => new(FieldState.Number, null, number, false);
}
