using System.Collections.Immutable;
using Sandgate.Core.Confine;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Mounts;

/// <summary>Paths that are put into the same state.</summary>
/// <param name="name">The mechanism's name.</param>
/// <param name="paths">The paths as the program sees them.</param>
/// <param name="root">Its root; null for the supervisor's own.</param>
/// <param name="add">Appends the steps for one of them, which is a directory or not.</param>
internal sealed class PathSet(string name, ImmutableArray<string> paths, string? root, Action<LaunchPlan, string, bool> add) : IMechanism
{
    private readonly List<(string Path, bool IsDirectory)> _found = [];

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs { get; } = [FileViewParts.OwnMounts];

    /// <inheritdoc/>
    public Grant Prepare()
    {
        _found.Clear();
        foreach (string path in paths)
        {
            // By its real name: what stands on a link would be put on what it leads to anyway, and could be led elsewhere.
            string outside = root + path;
            if (RealPath.Of(outside) is not { } real)
                return Grant.Unavailable(name, $"there is no {outside}");

            // A link inside may lead to what is outside of it; there, only its own name is right.
            string inside = root is null ? real : RootSteps.NameIn(root, real) ?? path;
            _found.Add((inside, Directory.Exists(real)));
        }

        // What lies deeper comes later, so that it lies above.
        _found.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return Grant.Given(name, string.Join(", ", paths));
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan)
    {
        foreach ((string path, bool isDirectory) in _found)
            add(plan, path, isDirectory);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
