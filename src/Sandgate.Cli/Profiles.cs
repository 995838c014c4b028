using System.Reflection;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli;

/// <summary>The configurations that come with Sandgate.</summary>
internal static class Profiles
{
    private const string ResourcePrefix = "profile.", Place = "profile ";

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(Profiles).Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal)).Select(n => n[ResourcePrefix.Length..]).Order(StringComparer.Ordinal),
    ];

    /// <summary>True for what can only be a profile's name, known or not.</summary>
    public static bool IsName(string name) => !name.Contains('/', StringComparison.Ordinal) && !name.Contains('.', StringComparison.Ordinal);

    /// <summary>True for the name that messages give a profile.</summary>
    public static bool IsPlace(string fileName) => fileName.StartsWith(Place, StringComparison.Ordinal);

    /// <summary>A profile.</summary>
    /// <exception cref="IOException">There is none of this name.</exception>
    public static SourceFile Read(string name)
    {
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(ResourcePrefix + name);
        if (stream is null)
            throw new IOException($"there is no profile '{name}'; {Suggestion.For(name, Names) ?? "profiles are " + string.Join(", ", Names)}");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new(Place + name, bytes);
    }
}
