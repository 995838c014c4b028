using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>Turns paths that were seen into globs: each name on the way either stays or becomes what will match in the next run.</summary>
internal sealed class PathShapes
{
    private readonly Surroundings _surroundings;
    private readonly IReadOnlySet<string> _processes;
    private readonly HashSet<string> _exclusive = new(StringComparer.Ordinal), _made = new(StringComparer.Ordinal), _gone = new(StringComparer.Ordinal);
    private readonly HashSet<string> _written = new(StringComparer.Ordinal), _fans = new(StringComparer.Ordinal), _own = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _shapes = new(StringComparer.Ordinal);

    public PathShapes(IEnumerable<Observation> observations, Surroundings surroundings, IReadOnlySet<string> processes)
    {
        (_surroundings, _processes) = (surroundings, processes);
        List<string> paths = [];
        foreach (Observation seen in observations)
        {
            if (seen.View.Operation == Operation.Bind && seen.Target is ['u', 'n', 'i', 'x', ':', '/', ..] address)
                _written.Add(address["unix:".Length..]);
            if (!LearntFamilies.IsOnPlace(seen.View.Operation) || Clean(seen.Target) is not ['/', ..] target)
                continue;
            paths.Add(target);
            Note(seen, target);
        }

        foreach (string path in paths.Concat(_written))
            NoteFan(path);
    }

    /// <summary>A directory with a made-up name that the run made: all of it is its own.</summary>
    public bool IsOwn(string path) => ShapeOf(path) is not null && _own.Contains(path);

    /// <summary>Removes what the kernel says of files without a name.</summary>
    public static string? Clean(string? path) => path is not null && path.EndsWith(" (deleted)", StringComparison.Ordinal) ? path[..^" (deleted)".Length] : path;

    /// <summary>The glob for a path; the path itself, escaped, when nothing in it changes.</summary>
    public string ShapeOf(string path)
    {
        if (_shapes.TryGetValue(path, out string? known))
            return known;
        int slash = path.LastIndexOf('/');
        string directory = path[..Math.Max(slash, 0)], name = path[(slash + 1)..];
        string above = directory.Length == 0 ? "" : ShapeOf(directory);

        // The directory that rules are relative to keeps its name, whatever it is.
        string shape = Surroundings.IsIn(_surroundings.Start, path) ? Glob.Escape(path) : $"{above}/{NameOf(path, directory, name)}";
        _shapes.Add(path, shape);
        return shape;
    }

    private string NameOf(string path, string directory, string name)
    {
        if (name.Length == 0)
            return "";
        if (NameShape.IsNumber(name) && (Surroundings.IsIn(path, "/proc") || directory == "/dev/pts"))
            return "[0-9]*";
        if (NameShape.OfHash(name) is { } hash)
            return hash;
        if (Temporary(path, directory, name) is { } temporary)
        {
            if (_made.Contains(path))
                _own.Add(path);
            return temporary;
        }

        if (NameShape.IsFan(name) && _fans.Contains(directory))
            return NameShape.Fan;
        return (_written.Contains(path) ? NameShape.OfNumbered(name) ?? NameShape.OfProcess(name, _processes) : null) ?? Glob.Escape(name);
    }

    private string? Temporary(string path, string directory, string name)
    {
        bool exclusive = _exclusive.Contains(path), made = _made.Contains(path);
        if ((exclusive || made) && _surroundings.IsTemporary(directory) && directory != _surroundings.Start)
            return NameShape.OfTemporary(name, mustLookRandom: false);
        if (exclusive && (_gone.Contains(path) || name.TrimStart('.').StartsWith("tmp", StringComparison.Ordinal)))
            return NameShape.OfTemporary(name, mustLookRandom: false);
        return exclusive || (_gone.Contains(path) && (made || _written.Contains(path))) ? NameShape.OfTemporary(name, mustLookRandom: true) : null;
    }

    private void Note(Observation seen, string target)
    {
        switch (seen.View.Operation)
        {
            case Operation.Open when seen.Word(1) is { } mode && (mode[0] == 'w' || mode.StartsWith("rw", StringComparison.Ordinal) || mode.Contains("create", StringComparison.Ordinal)):
                _written.Add(target);
                if (mode.Contains("+exclusive", StringComparison.Ordinal))
                    _exclusive.Add(target);
                break;
            case Operation.Mkdir:
                _made.Add(target);
                _written.Add(target);
                break;
            case Operation.Delete:
                _gone.Add(target);
                break;
            case Operation.Rename or Operation.Link:
                if (seen.View.Operation == Operation.Rename)
                    _gone.Add(target);
                _written.Add(target);
                if (Clean(seen.Second) is ['/', ..] second)
                    _written.Add(second);
                break;
            case Operation.Symlink or Operation.Mknod:
                _written.Add(target);
                break;
        }
    }

    // objects/ab/cdef…: where one name is spread over directories, all of them are meant.
    private void NoteFan(string path)
    {
        string[] names = path.Split('/');
        for (int i = 1; i + 1 < names.Length; i++)
        {
            bool fan = NameShape.IsFan(names[i]) && (NameShape.OfHash(names[i + 1]) is not null || (NameShape.IsFan(names[i + 1]) && i + 2 < names.Length && NameShape.OfHash(names[i + 2]) is not null));
            if (!fan)
                continue;
            string directory = string.Join('/', names[..i]);
            _fans.Add(directory);
            if (NameShape.IsFan(names[i + 1]))
                _fans.Add($"{directory}/{names[i]}");
        }
    }
}
