using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>What the reader of a configuration must know of the world, and can't ask it for itself.</summary>
/// <param name="StartDirectory">Where the run was started, absolute; relative patterns are relative to it.</param>
/// <param name="HomeDirectory">The user's home, absolute; null when there is none.</param>
/// <param name="RealPath">The real path of an existing file or directory, or null.</param>
/// <param name="Catalogue">The system calls that rules may name.</param>
public sealed record ReaderContext(
    string StartDirectory,
    string? HomeDirectory,
    Func<string, string?> RealPath,
    ICatalogue Catalogue);
