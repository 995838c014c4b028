using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>What was done where, first path by path, then generalised: docs/learn.md states the rules.</summary>
internal sealed class PlaceTable(Surroundings surroundings)
{
    /// <summary>So many entries of one directory, used alike, are the directory.</summary>
    public const int Many = 8;

    // Directories that only the system's own packages fill.
    private static readonly string[] s_system =
    [
        "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/share", "/usr/include", "/usr/bin", "/usr/sbin", "/usr/local/lib", "/usr/local/share", "/usr/local/include",
        "/usr/local/bin", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/nix/store",
    ];

    private readonly Dictionary<Place, Use> _places = [], _executed = [];

    // Names that files are moved between; they are one place each, and must not be told apart.
    private readonly Dictionary<Place, HashSet<Place>> _moved = [];

    private readonly Dictionary<Place, long> _moves = [];

    /// <summary>How often a file of a place got another name.</summary>
    public long MovesOf(Place place) => _moves.GetValueOrDefault(place);

    /// <summary>The places with what was done there.</summary>
    public IReadOnlyDictionary<Place, Use> Places => _places;

    /// <summary>What was executed; never generalised beyond names that change.</summary>
    public IReadOnlyDictionary<Place, Use> Executed => _executed;

    /// <summary>True for a directory of the system that becomes one rule for reading.</summary>
    public static bool IsSystem(Place place) => place.Reach == Reach.Tree && s_system.Contains(place.Shape);

    /// <summary>Notes one use of a file.</summary>
    public void Add(Place place, string path, Operation operation, Access access, Observation seen)
    {
        Dictionary<Place, Use> table = operation == Operation.Exec ? _executed : _places;
        if (!table.TryGetValue(place, out Use? use))
            table.Add(place, use = new());
        use.Access |= access;
        if (operation is not (Operation.Open or Operation.Exec))
            use.Operations.Add(operation);
        use.Count += seen.Count;
        use.Programs.Add(seen.Program ?? "?");
        use.Seen.Add(path);
    }

    /// <summary>Notes that files of one place get names of another.</summary>
    public void Move(Place from, Place to, long count)
    {
        _moves[from] = _moves.GetValueOrDefault(from) + count;
        if (!_moved.TryGetValue(from, out HashSet<Place>? left))
            _moved.Add(from, left = [from]);
        if (_moved.TryGetValue(to, out HashSet<Place>? right))
            left.UnionWith(right);
        left.Add(to);
        foreach (Place member in left)
            _moved[member] = left;
    }

    /// <summary>The sets of places between which files are moved.</summary>
    public IEnumerable<HashSet<Place>> Moves => _moved.Values.Distinct();

    /// <summary>Generalises over siblings, then sees to it that files which change names are treated alike.</summary>
    public void Generalise()
    {
        foreach (string system in s_system)
            Fold(new(system, Reach.Tree), (place, use) => use.OnlyReads && place.Shape.StartsWith(system + "/", StringComparison.Ordinal));
        FoldReads();
        FoldWrites();
        Join();
        Level();
        Absorb();
    }

    /// <summary>What is allowed of a path by places other than some.</summary>
    public Use AllowedOf(string path, ICollection<Place> but)
    {
        Use all = new();
        foreach ((Place place, Use use) in _places)
        {
            if (!but.Contains(place) && place.Holds(path))
                all.Add(use);
        }

        return all;
    }

    private void Fold(Place into, Func<Place, Use, bool> which)
    {
        Place[] folded = [.. _places.Where(p => p.Key != into && !_moved.ContainsKey(p.Key) && which(p.Key, p.Value)).Select(p => p.Key)];
        if (folded.Length == 0)
            return;
        if (!_places.TryGetValue(into, out Use? use))
            _places.Add(into, use = new());
        foreach (Place place in folded)
        {
            use.Add(_places[place]);
            _places.Remove(place);
        }
    }

    // The highest directory of which many entries were read becomes one rule, with all below.
    private void FoldReads()
    {
        Dictionary<string, HashSet<string>> entries = new(StringComparer.Ordinal);
        foreach ((Place place, Use use) in _places)
        {
            if (place.Reach != Reach.Itself || !use.OnlyReads || place.Shape[0] != '/')
                continue;
            for (int slash = place.Shape.LastIndexOf('/'), end = place.Shape.Length; slash > 0; end = slash, slash = place.Shape.LastIndexOf('/', slash - 1))
            {
                string directory = place.Shape[..slash];
                if (!entries.TryGetValue(directory, out HashSet<string>? names))
                    entries.Add(directory, names = new(StringComparer.Ordinal));
                names.Add(place.Shape[..end]);
            }
        }

        foreach (string directory in entries.Where(e => e.Value.Count >= Many && surroundings.MayBecomeOne(e.Key)).Select(e => e.Key).OrderBy(d => d.Length).ToArray())
            Fold(new(directory, Reach.Tree), (place, use) => use.OnlyReads && place.Shape.StartsWith(directory + "/", StringComparison.Ordinal));
    }

    // Of what is changed, only the entries of one directory, and only with what was done to them.
    private void FoldWrites()
    {
        foreach (IGrouping<string, Place> siblings in _places.Where(p => p.Key.Reach == Reach.Itself && p.Key.Shape[0] == '/' && !p.Value.OnlyReads && !_moved.ContainsKey(p.Key))
            .GroupBy(p => p.Key.Shape[..Math.Max(0, p.Key.Shape.LastIndexOf('/'))], p => p.Key).ToArray())
        {
            foreach (IGrouping<string, Place> alike in siblings.GroupBy(p => _places[p].Kind))
            {
                if (alike.Count() >= Many && surroundings.MayBecomeOne(siblings.Key))
                    Fold(new(siblings.Key, Reach.Entries), (place, _) => alike.Contains(place));
            }
        }
    }

    // Names that one glob and another hold are the same names.
    private void Join()
    {
        foreach (Place wide in _moved.Keys.Where(p => !p.IsExact).ToArray())
        {
            foreach (Place other in _moved.Keys.Where(p => !_moved[wide].Contains(p)).ToArray())
            {
                if (_places.TryGetValue(other, out Use? use) && use.Seen.Any(wide.Holds))
                    Move(wide, other, 0);
            }
        }
    }

    // A name may never permit what the name before refused (the floor's other_names), so both permit the same.
    private void Level()
    {
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (HashSet<Place> names in Moves)
            {
                Use all = new();
                foreach (Place name in names)
                {
                    if (_places.TryGetValue(name, out Use? use))
                        all.Add(use);
                    foreach ((Place below, Use its) in name.Reach == Reach.Tree ? _places : [])
                    {
                        if (below.Shape.StartsWith(name.Shape + "/", StringComparison.Ordinal))
                            all.Add(its);
                    }

                    foreach (string path in use?.Seen ?? [])
                        all.Add(AllowedOf(path, names));
                }

                LevelExecution(names);
                foreach (Place name in names)
                {
                    if (!_places.TryGetValue(name, out Use? use))
                        _places.Add(name, use = new());
                    changed |= !use.Includes(all) || use.Access != Access.Both;
                    use.Access = Access.Both;
                    use.Operations.UnionWith(all.Operations);
                    use.Programs.UnionWith(all.Programs);
                }
            }
        }
    }

    private void LevelExecution(HashSet<Place> names)
    {
        if (names.Select(n => _executed.GetValueOrDefault(n)).FirstOrDefault(u => u is not null) is not { } executed)
            return;
        foreach (Place name in names)
            _executed.TryAdd(name, executed);
    }

    // What a wider place says, too, needs no words of its own.
    private void Absorb()
    {
        Place[] wide = [.. _places.Keys.Where(p => !p.IsExact)];
        foreach ((Place place, Use use) in _places.ToArray())
        {
            if (_moved.ContainsKey(place) || wide.FirstOrDefault(w => w != place && _places.ContainsKey(w) && Covers(w, place) && _places[w].Includes(use)) is not { } wider)
                continue;
            Use taken = _places[wider];
            taken.Count += use.Count;
            _places.Remove(place);
        }
    }

    private static bool Covers(Place wide, Place narrow) =>
        narrow.IsExact ? wide.Holds(narrow.Literal)
        : wide.Reach == Reach.Tree && narrow.Shape.StartsWith(wide.Shape + "/", StringComparison.Ordinal)
        || (wide.Reach == Reach.Tree && wide.Shape == narrow.Shape && narrow.Reach == Reach.Entries);
}
