using System.Globalization;

namespace Sandgate.Bench.Decide;

/// <summary>Patterns that differ from each other in one number, in the shapes that long lists of rules have.</summary>
internal static class Shapes
{
    /// <summary>The shapes, each as a pattern made of a rule's number.</summary>
    public static IReadOnlyList<(string Name, Func<int, string> Pattern)> All { get; } =
    [
        ("literal", i => Of($"('/srv/data/tenant{i % 97}/file{i}.txt')")),
        ("prefix", i => Of($"('/srv/data/tenant{i}/*')")),
        ("suffix", i => Of($"('*/shared/name{i}.key')")),
        ("infix", i => Of($"('/srv/*/tenant{i}/*.pem')")),
        ("regex, letters", i => $"/secret{Letters(i)}[0-9]+/"),
        ("regex, none", i => Of($"/[0-9]{i}x(a|b)/")),
    ];

    private static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // Digits would be no letters that a match is known to have.
    private static string Letters(int number)
    {
        Span<char> letters = stackalloc char[4];
        for (int at = 0; at < letters.Length; at++, number /= 10)
            letters[at] = (char)('a' + (number % 10));
        return letters.ToString();
    }
}
