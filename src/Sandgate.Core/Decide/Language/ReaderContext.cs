using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Scripts;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>A file that rules come from.</summary>
/// <param name="Name">Its name as messages show it.</param>
/// <param name="Bytes">What it holds.</param>
public sealed record SourceFile(string Name, byte[] Bytes);

/// <summary>What the reader of a configuration must know of the world, and can't ask it for itself.</summary>
/// <param name="StartDirectory">Where the run was started, absolute; relative patterns are relative to it.</param>
/// <param name="HomeDirectory">The user's home, absolute; null when there is none.</param>
/// <param name="RealPath">The real path of an existing file or directory, or null.</param>
/// <param name="Catalogue">The system calls that rules may name.</param>
public sealed record ReaderContext(
    string StartDirectory,
    string? HomeDirectory,
    Func<string, string?> RealPath,
    ICatalogue Catalogue)
{
    /// <summary>The scripts that rules may name.</summary>
    public IReadOnlyDictionary<string, ScriptMatches> Scripts { get; init; } = new Dictionary<string, ScriptMatches>();

    /// <summary>Reads a file that a configuration names: a profile's name or a path relative to the configuration's own file, and that file.</summary>
    /// <exception cref="IOException">It can't be read; the message says why.</exception>
    public Func<string, string, SourceFile> Open { get; init; } = (name, _) => throw new IOException($"{name}: files can't be read here");

    /// <summary>What scripts run in; null when there is nothing.</summary>
    public IScriptEngine? ScriptEngine { get; init; }

    /// <summary>The fields that expressions may name.</summary>
    public IReadOnlyList<FieldInfo> Fields { get; init; } = FieldCatalogue.All;

    /// <summary>Told what went wrong in a script.</summary>
    public Action<string> OnScriptFailure { get; init; } = _ => { };
}
