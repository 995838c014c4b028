namespace Sandgate.Core.Decode.Names;

/// <summary>Names of hosts in the one form in which they are compared: lower case, without a dot at the end.</summary>
public static class HostName
{
    /// <summary>A name is never longer (RFC 1035, 2.3.4).</summary>
    public const int MaxLength = 253;

    private const int MaxLabel = 63;

    /// <summary>The name in its one form; null when no host can be called so.</summary>
    public static string? Normalize(ReadOnlySpan<char> name)
    {
        if (name.EndsWith('.'))
            name = name[..^1];
        if (name.IsEmpty || name.Length > MaxLength)
            return null;
        Span<char> lower = stackalloc char[MaxLength];
        int label = 0;
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            if (c == '.')
            {
                if (label == 0)
                    return null;
                label = 0;
            }
            else if (!IsPart(c) || ++label > MaxLabel)
                return null;
            lower[i] = char.ToLowerInvariant(c);
        }

        return label == 0 ? null : new string(lower[..name.Length]);
    }

    /// <summary>
    /// True for what a label is made of. Everything else that the wire could carry (a dot inside a label, a NUL,
    /// bytes beyond ASCII) could make one name look like another.
    /// </summary>
    internal static bool IsPart(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';
}
