namespace Sandgate.Core.Decide.Index;

/// <summary>
/// Something that a text must show for a condition to match: it equals a text, or contains some.
/// Upper and lower case count as the same, so a key can be found where the condition doesn't hold, never the other way.
/// </summary>
/// <param name="Position">The argument whose texts are meant; <see cref="WholeCall"/> for the call's own text.</param>
/// <param name="Whole">What the text equals; null when only parts are known.</param>
/// <param name="Parts">Texts that all occur in it, each of at least <see cref="Grams.Short"/> characters.</param>
internal sealed record Key(int Position, string? Whole, IReadOnlyList<string> Parts)
{
    /// <summary>The position of the call's own text, <c>open('/etc/passwd', 'r')</c>.</summary>
    public const int WholeCall = -1;

    /// <summary>The key of a text that contains some letters; null when they are too few to find.</summary>
    public static Key? OfPart(int position, string? part) => part?.Length >= Grams.Short ? new(position, null, [part]) : null;
}
