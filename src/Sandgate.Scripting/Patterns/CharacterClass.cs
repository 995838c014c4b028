namespace Sandgate.Scripting.Patterns;

/// <summary>Lua's character classes, <c>%a</c> to <c>%z</c>, in the C locale.</summary>
internal static class CharacterClass
{
    /// <summary>True when the byte belongs to the class; the class in upper case is its complement.</summary>
    public static bool Contains(byte name, byte c)
    {
        bool? inside = (name | 0x20) switch
        {
            'a' => char.IsAsciiLetter((char)c),
            'c' => c is < 32 or 127,
            'd' => char.IsAsciiDigit((char)c),
            'g' => c is > 32 and < 127,
            'l' => char.IsAsciiLetterLower((char)c),
            'p' => c is > 32 and < 127 && !char.IsAsciiLetterOrDigit((char)c),
            's' => c is 32 or (>= 9 and <= 13),
            'u' => char.IsAsciiLetterUpper((char)c),
            'w' => char.IsAsciiLetterOrDigit((char)c),
            'x' => char.IsAsciiHexDigit((char)c),
            // No longer in the manual, still in Lua.
            'z' => c == 0,
            _ => null,
        };
        // Not only letters have a twin with bit 5; what isn't a letter stands for itself.
        return inside is { } known && char.IsAsciiLetter((char)name) ? known == char.IsAsciiLetterLower((char)name) : name == c;
    }
}
